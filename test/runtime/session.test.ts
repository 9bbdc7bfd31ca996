// Sessions: what they tell of themselves, how they close, and how they refuse what does not fit.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isGalerkinError, type Tensor } from 'galerkin/base';
import { lower, np, ready, type Traced, trace } from 'galerkin/compile';
import { openSession, type Session } from 'galerkin/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { f32, tensor } from '../compile/parity.js';

let bytes: Uint8Array = new Uint8Array();
let session: Session;
const good = (): Record<string, Tensor> => ({
  a: tensor('float32', [2, 3], [1, 2, 3, 4, 5, 6]),
  b: tensor('int32', [3], [1, 2, 3]),
});

beforeAll(async () => {
  await ready();
  const program = trace(
    (a: Traced, b: Traced) => a.add(b.astype(np.float32)),
    [f32('batch', 3), { shape: [3], dtype: 'int32' }],
  );
  ({ bytes } = lower(program, { inputNames: ['a', 'b'], outputNames: ['u'] }));
  session = await openSession(bytes, { threads: 1 });
});
afterAll(() => session.close());

async function codeOf(action: Promise<unknown>): Promise<string> {
  const error: unknown = await action.then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  );
  return isGalerkinError(error) ? `${error.code} ${error.message}` : String(error);
}

describe('a session', () => {
  it('tells its inputs and outputs', () => {
    expect(session.inputs).toEqual([
      { name: 'a', dtype: 'FP32', shape: ['batch', 3] },
      { name: 'b', dtype: 'INT32', shape: [3] },
    ]);
    expect(session.outputs).toEqual([{ name: 'u', dtype: 'FP32', shape: ['batch', 3] }]);
  });
  it('runs, and its results can be fed back', async () => {
    const { u } = await session.run(good());
    expect(u?.data).toEqual(Float32Array.of(2, 4, 6, 5, 7, 9));
    const again = await session.run({ ...good(), ...(u === undefined ? {} : { a: u }) });
    expect(again.u?.data).toEqual(Float32Array.of(3, 6, 9, 6, 9, 12));
  });
  it('runs overlapping calls one after the other', async () => {
    const results = await Promise.all([session.run(good()), session.run(good()), session.run(good())]);
    expect(results.map(({ u }) => u?.data[0])).toEqual([2, 2, 2]);
  });
  it('opens from a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'galerkin-session-'));
    try {
      await writeFile(join(folder, 'model.onnx'), bytes);
      const opened = await openSession(join(folder, 'model.onnx'));
      expect((await opened.run(good())).u?.data[0]).toBe(2);
      await opened.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
  it('closes twice, lets a started run finish, and refuses further ones', async () => {
    const own = await openSession(bytes, { threads: 1, spin: false });
    const started = own.run(good());
    await Promise.all([own.close(), own.close()]);
    expect((await started).u?.data[0]).toBe(2);
    expect(await codeOf(own.run(good()))).toMatch(/^SESSION_CLOSED/);
  });
});

describe('a session refuses', () => {
  const feeds: readonly [string, () => Record<string, Tensor>, string][] = [
    [
      'a missing input',
      () => ({ a: tensor('float32', [1, 3], [1, 2, 3]) }),
      "'b': wanted a INT32 tensor [3], got none",
    ],
    ['an unknown name', () => ({ ...good(), c: tensor('float32', [1], [1]) }), "'c': wanted one of [a, b]"],
    ['another datatype', () => ({ ...good(), b: tensor('float32', [3], [1, 2, 3]) }), 'wanted INT32, got FP32'],
    ['another rank', () => ({ ...good(), a: tensor('float32', [3], [1, 2, 3]) }), 'wanted shape [batch, 3], got [3]'],
    ['another size', () => ({ ...good(), a: tensor('float32', [1, 4], [1, 2, 3, 4]) }), 'wanted shape [batch, 3]'],
    ['an empty batch', () => ({ ...good(), a: tensor('float32', [0, 3], []) }), 'got [0, 3]'],
    [
      'fewer values than its shape',
      () => ({ ...good(), a: { dtype: 'FP32', shape: [2, 3], data: Float32Array.of(1) } }),
      '6 values',
    ],
  ];
  it.each(feeds)('%s', async (_name, make, message) => {
    const code = await codeOf(session.run(make()));
    expect(code).toMatch(/^SESSION_INPUT_INVALID/);
    expect(code).toContain(message);
  });

  const models: readonly [string, () => Uint8Array | string][] = [
    ['no bytes', () => new Uint8Array()],
    ['noise', () => Uint8Array.from({ length: 5000 }, (_, k) => (k * 7919) % 251)],
    ['a truncated model', () => bytes.slice(0, bytes.length - 40)],
    ['a file that is not there', () => '/nowhere/model.onnx'],
  ];
  it.each(models)('%s', async (_name, make) => {
    expect(await codeOf(openSession(make()))).toMatch(/^SESSION_MODEL_INVALID/);
  });

  it('options out of range', async () => {
    expect(await codeOf(openSession(bytes, { threads: -1 }))).toMatch(/^OPTIONS_INVALID/);
  });
});

it('needs no tracer: importing the room and opening a session leaves it unloaded', async () => {
  const { execFile } = await import('node:child_process');
  const { promisify } = await import('node:util');
  const door = new URL('../../dist/compile/index.js', import.meta.url).href;
  const code = `import(${JSON.stringify(door)}).then(({ trace }) => { try { trace(a => a, []); } catch (e) { console.log(e.code); } })`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', code]);
  expect(stdout.trim()).toBe('TRACER_NOT_READY');
});
