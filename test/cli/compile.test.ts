// `galerkin compile`: models written, tiers explained, hostile files refused with a sentence.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSession } from 'galerkin/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../end-to-end/galerkin.js';

const programs = fileURLToPath(new URL('./fixtures/programs.mjs', import.meta.url));

let cwd = '';
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'galerkin-compile-'));
  await writeFile(join(cwd, 'torn.mjs'), 'export const f = (');
  await writeFile(join(cwd, 'throws.mjs'), "throw new Error('no licence')");
  await writeFile(join(cwd, 'empty.mjs'), 'export const answer = 42;');
  await writeFile(join(cwd, 'bare.mjs'), 'export const f = x => x;');
  await writeFile(join(cwd, 'typed.ts'), 'export const f = (x: number): number => x;');
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

test('writes a model that the runtime opens and that keeps the batch open', async () => {
  const { code, stdout } = await run(['compile', programs, '--function', 'layer', '-o', 'layer.onnx', '--json'], cwd);
  expect(code).toBe(0);
  const { models } = JSON.parse(stdout);
  expect(models).toMatchObject([{ function: 'layer', path: 'layer.onnx', inputs: expect.any(Array) }]);
  expect(models[0].inputs[0]).toBe('in.0 float32[batch, 8]');
  const session = await openSession(await readFile(join(cwd, 'layer.onnx')), { threads: 1 });
  const zeros = (...shape: number[]) => ({
    dtype: 'FP32' as const,
    shape,
    data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
  });
  const bias = { dtype: 'FP32' as const, shape: [4], data: Float32Array.of(0, 1, 2, 3) };
  const { out } = await session.run({ 'in.0': zeros(5, 8), 'in.1.weight': zeros(8, 4), 'in.1.bias': bias });
  expect(out?.shape).toEqual([5, 4]);
  expect(Number(out?.data[3])).toBeCloseTo(Math.tanh(3), 5);
  await session.close();
});

test('writes one model for each function that has specs, and says what is in it', async () => {
  const specs =
    '{"layer":[{"shape":[2,8],"dtype":"float32"},{"weight":{"shape":[8,4],"dtype":"float32"},"bias":{"shape":[4],"dtype":"float32"}}]}';
  const { code, stdout } = await run(['compile', programs, '--specs', specs], cwd);
  expect(code).toBe(0);
  expect(stdout).toMatch(/written +layer\.onnx/);
  expect(stdout).toMatch(/primitives .*dot 1/);
  expect((await readFile(join(cwd, 'layer.onnx'))).length).toBeGreaterThan(100);
});

describe('--explain', () => {
  test('says tier, calls, times, cache and rule of each function; a refused one says why; a second run hits the disk', async () => {
    const args = [
      'compile',
      programs,
      '--explain',
      '--calls',
      '40',
      '--seconds',
      '20',
      '--cache-folder',
      'programs',
      '--json',
    ];
    const [layer, step, eigenvalues] = ['layer', 'step', 'eigenvalues'].map(name => [...args, '--function', name]);
    const first = await run(layer ?? [], cwd);
    expect(first.code).toBe(0);
    const [explained] = JSON.parse(first.stdout).functions;
    expect(explained).toMatchObject({
      name: 'layer',
      calls: 40,
      versions: [{ signature: expect.stringContaining('batch'), cache: 'miss' }],
    });
    const again = JSON.parse((await run(layer ?? [], cwd)).stdout).functions[0];
    if (explained.versions[0].tier > 0)
      expect(again.versions[0]).toMatchObject({ cache: 'disk', rule: expect.stringMatching(/cached|tried/) });
    const refused = JSON.parse((await run(eigenvalues ?? [], cwd)).stdout).functions[0];
    expect(refused).toMatchObject({
      versions: [{ tier: 0 }],
      obstacle: expect.stringMatching(/jacobi_eigh.*programs\.mjs:\d+/),
    });
    const fixed = JSON.parse((await run(step ?? [], cwd)).stdout).functions[0];
    expect(fixed).toMatchObject({ calls: 40, versions: [{ signature: expect.stringContaining('static [0.1]') }] });
  }, 60_000);

  test('tells it to people in a block for each function, and a failing one does not hide the others', async () => {
    const { code, stdout } = await run(['compile', programs, '--explain', '--calls', '3'], cwd);
    expect(code).toBe(65);
    expect(stdout).toMatch(/broken {2}failed: RangeError: the mesh is empty/);
    expect(stdout).toMatch(/layer {2}▸ tier \d/);
    expect(stdout).toMatch(/Primitive 'jacobi_eigh'/);
  }, 60_000);
});

describe('is refused with a sentence', () => {
  test.each([
    ['a missing file', ['nowhere.mjs'], 66, /FILE_READ_FAILED/, /nothing of that name/],
    ['a folder', ['.'], 66, /FILE_READ_FAILED/, /a folder/],
    ['a syntax error', ['torn.mjs'], 65, /FUNCTION_FILE_INVALID/, /SyntaxError/],
    ['a module that throws', ['throws.mjs'], 65, /FUNCTION_FILE_INVALID/, /no licence/],
    ['a module without functions', ['empty.mjs'], 65, /FUNCTION_FILE_INVALID/, /answer/],
    ['functions without specs', ['bare.mjs'], 65, /FUNCTION_FILE_INVALID/, /export const specs/],
    ['TypeScript', ['typed.ts'], 65, /FUNCTION_FILE_INVALID/, /JavaScript/],
    ['an unknown function', [programs, '--function', 'fly'], 65, /FUNCTION_FILE_INVALID/, /fly/],
    ['specs that are no JSON', ['bare.mjs', '--specs', '{'], 2, /ARGUMENT_INVALID/, /--specs/],
    [
      'a spec that is none',
      ['bare.mjs', '--specs', '[{"shape":[0],"dtype":"float32"}]'],
      65,
      /SPEC_INVALID/,
      /whole sizes/,
    ],
    [
      'a dtype that is none',
      ['bare.mjs', '--specs', '[{"shape":[1],"dtype":"quaternion"}]'],
      65,
      /SPEC_INVALID/,
      /quaternion/,
    ],
    [
      'an unsupported primitive',
      [programs, '--function', 'eigenvalues'],
      65,
      /PRIMITIVE_UNSUPPORTED/,
      /programs\.mjs:\d+/,
    ],
    ['a function that throws', [programs, '--function', 'broken'], 65, /TRACE_FAILED/, /the mesh is empty/],
    ['several functions into one file', [programs, '-o', 'all.onnx'], 2, /ARGUMENT_INVALID/, /--out/],
    [
      'a threshold out of range',
      [programs, '--explain', '--recompilation-threshold', '3'],
      2,
      /OPTIONS_INVALID/,
      /recompilationThreshold/,
    ],
  ])('%s', async (_, args, code, error, told) => {
    const { code: got, stderr } = await run(['compile', ...args], cwd);
    expect(stderr).toMatch(error);
    expect(stderr).toMatch(told);
    expect(got).toBe(code);
  });
});
