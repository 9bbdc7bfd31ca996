import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readReleaseFile } from '../../dist/cli/release/document-file.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'galerkin-documents-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const file = async (name: string, text: string | Uint8Array): Promise<string> => {
  await writeFile(join(folder, name), text);
  return join(folder, name);
};

const document = { model: 'darcy', strategy: { kind: 'canary', steps: [{ weight: '5%', hold: '1m' }] } };

describe('a release document', () => {
  test('is the same from YAML, JSON and a module', async () => {
    const yaml = 'model: darcy\nstrategy:\n  kind: canary\n  steps:\n    - { weight: 5%, hold: 1m }\n';
    expect(await readReleaseFile(await file('a.yaml', yaml))).toEqual(document);
    expect(await readReleaseFile(await file('a.json', JSON.stringify(document)))).toEqual(document);
    expect(await readReleaseFile(await file('a.mjs', `export default ${JSON.stringify(document)}`))).toEqual(document);
  });

  const ten = (name: string) => `[${Array.from({ length: 10 }, () => `*${name}`)}]`;
  test.each([
    ['broken YAML, with its line', 'b.yaml', 'model: darcy\nstrategy: [unclosed\n', /line 3|line 2/],
    ['a key that comes twice', 't.yaml', 'model: a\nmodel: b\n', /unique/],
    ['a list', 'l.yaml', '- model: darcy\n', /got a list/],
    ['nothing', 'n.yaml', '', /got nothing/],
    ['a text', 's.json', '"darcy"', /got a string/],
    [
      'aliases that would fill the memory',
      'z.yaml',
      `a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b ${ten('a')}\nc: &c ${ten('b')}\nd: ${ten('c')}\n`,
      /alias/i,
    ],
    ['a module without a default', 'd.mjs', 'export const release = {};', /got nothing/],
    ['a module that throws', 'e.mjs', 'throw new Error("not today");', /not today/],
    [
      'bytes that are no text',
      'x.yaml',
      Uint8Array.from({ length: 64 }, (_, k) => (k * 37) % 256),
      /RELEASE_INVALID|is no release/,
    ],
  ])('is not %s', async (_what, name, text, said) => {
    await expect(readReleaseFile(await file(name, text))).rejects.toMatchObject({
      code: 'RELEASE_INVALID',
      message: expect.stringMatching(said),
    });
  });

  test('is not a large file, a folder, or nothing', async () => {
    const large = await file('large.yaml', `model: "${'a'.repeat(2 ** 20)}"`);
    for (const path of [large, folder, join(folder, 'nowhere.yaml')])
      await expect(readReleaseFile(path)).rejects.toMatchObject({ code: 'FILE_READ_FAILED' });
  });
});
