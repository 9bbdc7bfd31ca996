// What a compiled program depends on besides the program: this package, the runtime, the processor.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { packageVersion } from '../../base/index.js';
import { digestOf } from './program-digest.js';

export interface Machine {
  /** Instruction sets of the processor, sorted. */
  readonly features: string;
  readonly cores: number;
  /** Version of ONNX Runtime. */
  readonly runtime: string;
  /** Names the code that lowers: this package's version, and its files as they are installed. */
  readonly lowering: string;
}

const withVersion = z.object({ version: z.string() });

function featuresOf(): string {
  const model = cpus()[0]?.model ?? 'unknown';
  try {
    const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1];
    return flags === undefined ? model : flags.trim().split(/\s+/).sort().join(' ');
  } catch {
    return model;
  }
}

function runtimeVersion(): string {
  const path = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  return withVersion.parse(JSON.parse(readFileSync(path, 'utf8'))).version;
}

/** Sizes and dates of this room's files: a developer's change of a rule must not meet yesterday's programs. */
function loweringCode(): string {
  const room = fileURLToPath(new URL('..', import.meta.url));
  const files = readdirSync(room, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.js'));
  return digestOf(
    files.sort().map(file => {
      const { size, mtimeMs } = statSync(`${room}/${file}`);
      return `${file} ${size} ${mtimeMs}`;
    }),
  );
}

let known: Machine | undefined;

/** This machine; read once for a process, about 3 ms. */
export function thisMachine(): Machine {
  known ??= Object.freeze({
    features: `${process.arch} ${featuresOf()}`,
    cores: availableParallelism(),
    runtime: runtimeVersion(),
    lowering: `${packageVersion()} ${loweringCode()}`,
  });
  return known;
}
