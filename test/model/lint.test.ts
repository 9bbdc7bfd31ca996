import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Finding, lintConfig, lintRepository, writePackage } from 'galerkin/model';
import { describe, expect, test } from 'vitest';
import { draft } from './fixtures/draft.mjs';
import { handmade, identity } from './fixtures/models.js';

const { write, freshPath } = handmade();
const graph = identity(['n', 2]);
const shown = ({ line, severity, what, mend }: Finding): string => `${line ?? '-'} ${severity}: ${what} → ${mend}`;

describe('lintConfig', () => {
  test('text, values and graph: all faults at once, each with its line and the mend', () => {
    const text = `max_batch_siz: 8
max_batch_size: 8
input [
  { name: "x" data_type: TYPE_INT32 dims: [ 2 ] },
  { name: "q" dims: [ 0 ] }
]
output { name: "y" dims: [ 3 ] }
instance_group { gpus: [ 0 ] }
dynamic_batching { preferred_batch_size: [ 4, 16 ] }
name "m"`;
    expect(lintConfig(text, graph).map(shown)).toEqual([
      "1 error: ModelConfig has no field 'max_batch_siz' → Write 'max_batch_size'.",
      "5 error: 'input.1.dims.0': wanted -1 (any size) or a size of at least 1 → Give -1 (any size) or a size of at least 1.",
      "8 error: 'gpus' is known, but not supported here: instances run on the CPU → Remove it, or serve this model elsewhere.",
      "9 error: 'dynamic_batching.preferred_batch_size.1': wanted at most max_batch_size (8), got 16 → Give at most max_batch_size (8).",
      '10 error: \'name\': wanted ":" before its value → Put a colon between the name and the value.',
      "4 error: input 'x': wanted FP32 as in the graph, got TYPE_INT32 → Write TYPE_FP32, or leave it out.",
      "5 error: input 'q': the graph has no such input; it has 'x' → Use a name of the graph's inputs: 'x'.",
      "7 error: output 'y': wanted sizes that fit [-1,2] of the graph, got [-1,3], the first of them the batch, because max_batch_size is more than 0 → Take the sizes of the graph, or leave dims out: the graph completes them.",
    ]);
  });

  test('what is right has no findings; what does nothing has a warning', () => {
    expect(lintConfig('max_batch_size: 8 dynamic_batching { }', graph)).toEqual([]);
    expect(lintConfig('')).toEqual([]);
    const text = 'max_batch_size: 1 dynamic_batching { preferred_batch_size: 1 }';
    expect(lintConfig(text, graph).map(shown)).toEqual([
      '1 warning: max_batch_size is 1: nothing is ever batched → Raise max_batch_size, or remove it.',
      '1 warning: preferred sizes without max_queue_delay_microseconds: no batch waits to reach one → Set a delay, or remove the preferred sizes.',
    ]);
  });

  test('a fault of syntax, a graph that is none', () => {
    expect(lintConfig('input {\n name: "x').map(shown)).toEqual([
      '2 error: a string without its closing quote → End the string on its own line with the quote that it began with.',
    ]);
    expect(lintConfig('', Uint8Array.of(1)).map(({ file, severity }) => `${file} ${severity}`)).toEqual([
      'model.onnx error',
    ]);
  });
});

describe('lintRepository', () => {
  const faulty = (): string =>
    write({
      'good/1/model.onnx': graph,
      'bad/1/model.onnx': graph,
      'bad/2/model.onnx': 'no model',
      'bad/01/': '',
      'bad/config.pbtxt': 'runtime: "x"\nname: "other"\n',
      'empty/': '',
      'no name/1/': '',
      'bare/1/': '',
      'bare/config.pbtxt': 'backend: "onnxruntime"',
      'pair/1/': '',
      'pair/config.pbtxt': `platform: "ensemble"
input { name: "A" data_type: TYPE_INT32 dims: 2 }
output { name: "B" data_type: TYPE_FP32 dims: 2 }
ensemble_scheduling {
  step { model_name: "good" input_map { key: "x" value: "A" } output_map { key: "z" value: "M" } }
  step { model_name: "goood" input_map { key: "x" value: "M" } output_map { key: "y" value: "B" } }
  step { model_name: "good" model_version: 5 input_map { key: "x" value: "A" } output_map { key: "y" value: "N" } }
}`,
    });

  test('every model, every version, and how they depend on each other', async () => {
    const found = await lintRepository(faulty());
    expect(found.map(each => `${each.file}: ${shown(each)}`)).toEqual([
      'bad/01: - warning: the folder is passed over: versions are whole numbers from 1 without leading zeros → Rename it.',
      "empty: - warning: the folder holds no version, so it is no model → Add a folder '1'.",
      'no name: - warning: the folder has no name that a model can have → Rename it.',
      expect.stringMatching(/^bad\/2\/model.onnx: - error: .*wanted an ONNX model.* → Export the model again/),
      expect.stringMatching(/^bad\/config.pbtxt: 1 error: 'runtime' is known, but not supported here/),
      "bad/config.pbtxt: 2 error: 'name': wanted 'bad' as its folder, got 'other' → Remove the name: the folder gives it.",
      expect.stringMatching(/^bad\/config.pbtxt: . error: 'backend': wanted a name/),
      expect.stringMatching(/^bare\/1: - error: .*wanted a file 'model.onnx', got none.* → Put the ONNX file into/),
      "pair/config.pbtxt: 5 error: tensor 'A' is TYPE_FP32 for 'x' of 'good' and TYPE_INT32 for the ensemble → Join tensors of one data type.",
      "pair/config.pbtxt: 5 error: step 0: model 'good' has no output 'z' → Write 'y'.",
      "pair/config.pbtxt: 6 error: step 1: there is no model 'goood' → Write 'good'.",
      "pair/config.pbtxt: 7 error: step 2: model 'good' has no version 5 → Use -1, or one of: 1.",
      "pair/config.pbtxt: 7 error: tensor 'A' is TYPE_FP32 for 'x' of 'good' and TYPE_INT32 for the ensemble → Join tensors of one data type.",
    ]);
  });

  test('packages with manifests: every damaged file is named, and a fallback that is not there', async () => {
    const repository = freshPath();
    await writePackage(repository, draft());
    expect((await lintRepository(repository)).map(shown)).toEqual([
      "- warning: the guard falls back to 'darcy_solver', which is not there → Publish 'darcy_solver' too.",
    ]);
    for (const file of ['guard.onnx', 'samples.npz']) writeFileSync(join(repository, 'darcy/1', file), 'x');
    const errors = (await lintRepository(repository)).filter(({ severity }) => severity === 'error');
    expect(errors.map(({ file }) => file)).toEqual(['darcy/1/guard.onnx', 'darcy/1/samples.npz', 'darcy/1/guard.onnx']);
  });

  test('a repository of nothing is refused', async () => {
    await expect(lintRepository(freshPath())).rejects.toMatchObject({ code: 'REPOSITORY_EMPTY' });
  });

  test('galerkin lint prints it, and ends with 65 when there are errors, 0 when there are none', async () => {
    const main = new URL('../../dist/cli/main.js', import.meta.url).pathname;
    const run = (folder: string, ...flags: string[]) =>
      promisify(execFile)(process.execPath, [main, 'lint', folder, ...flags]).then(
        ({ stdout }) => ({ code: 0, stdout }),
        (error: { code: number; stdout: string }) => ({ code: error.code, stdout: error.stdout }),
      );
    const bad = await run(faulty());
    expect(bad.code).toBe(65);
    expect(bad.stdout).toMatch(
      /pair\/config.pbtxt:6:22: error: step 1: there is no model 'goood'\n {4}Write 'good'\.\n/,
    );
    expect(bad.stdout).toMatch(/10 errors, 3 warnings in /);
    const good = await run(write({ 'm/1/model.onnx': graph }), '--json');
    expect(good.code).toBe(0);
    expect(JSON.parse(good.stdout)).toMatchObject({ errors: 0, warnings: 0, findings: [] });
  });
});
