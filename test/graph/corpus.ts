// The conformance cases of ONNX itself, as Debian's libonnx-testdata installs them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = process.env.ONNX_TESTDATA ?? '/usr/share/libonnx-testdata/data';

export const hasCorpus = existsSync(root);

if (!hasCorpus) {
  console.warn(`SKIPPED: the conformance cases of ONNX are not in ${root}. Run: apt-get install libonnx-testdata`);
}

export interface Case {
  readonly name: string;
  readonly folder: string;
  readonly bytes: Uint8Array;
}

const suites = ['node', 'simple', 'pytorch-converted', 'pytorch-operator'];

/** All cases, in a fixed order. */
export function corpus(): Case[] {
  if (!hasCorpus) return [];
  return suites.flatMap(suite =>
    readdirSync(join(root, suite))
      .toSorted()
      .filter(name => existsSync(join(root, suite, name, 'model.onnx')))
      .map(name => {
        const folder = join(root, suite, name);
        return { name: `${suite}/${name}`, folder, bytes: readFileSync(join(folder, 'model.onnx')) };
      }),
  );
}
