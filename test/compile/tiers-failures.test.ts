// What goes wrong in a tier stays there: the caller gets an answer, or the function's own error.
import { isGalerkinError } from 'galerkin/base';
import { type Adaptive, np, ready, type TierEvent, type Traced, tierChannel } from 'galerkin/compile';
import { beforeAll, describe, expect, test } from 'vitest';
import { hotAfter, matrix, numbers, optimizerFor, vector } from './tiers-parts.js';

beforeAll(ready);

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'none';
  } catch (error) {
    return isGalerkinError(error) ? error.code : error instanceof Error ? error.message : 'no error';
  }
}

describe('a function that cannot be compiled', () => {
  test('stays in tier 0 for ever and says which primitive and where', async () => {
    const events: TierEvent[] = [];
    const stop = tierChannel.subscribe(event => {
      events.push(event);
    });
    const optimizer = optimizerFor();
    const f = optimizer.wrap((x: Traced) => np.linalg.eigh(x)[0], { name: 'eigenvalues' });
    const x = matrix(2, 2, k => [2, 1, 1, 2][k] ?? 0);
    for (let k = 0; k < 3 * hotAfter; k++) {
      expect(numbers(await f(x)).map(value => Math.round(value * 1000) / 1000)).toEqual([1, 3]);
      await optimizer.idle();
    }
    const [version] = optimizer.report()[0]?.versions ?? [];
    expect(version).toMatchObject({ tier: 0, rule: 'refused', calls: { tier0: 12, native: 0 } });
    expect(version?.why).toMatch(/Primitive 'jacobi_eigh'.*tiers-failures\.test\.ts:\d+/s);
    expect(events.map(({ kind, name }) => [kind, name])).toEqual([['refused', 'eigenvalues']]);
    stop();
    await optimizer.close();
  });

  test('runs operation by operation if it looks at values', async () => {
    const optimizer = optimizerFor();
    const f = optimizer.wrap((x: Traced) => (Number(x.ref.sum().dataSync()[0]) > 0 ? x.mul(2) : x.neg()));
    for (let k = 0; k <= hotAfter; k++) {
      expect(numbers(await f(vector(1, 2)))).toEqual([2, 4]);
      expect(numbers(await f(vector(-1, -2)))).toEqual([1, 2]);
    }
    expect(optimizer.report()[0]?.versions[0]).toMatchObject({ tier: 0, rule: 'refused' });
    await optimizer.close();
  });
});

describe("a function's own error", () => {
  test('reaches the caller as it was thrown, at every call', async () => {
    const optimizer = optimizerFor();
    const f = optimizer.wrap((_: Traced): Traced => {
      throw new RangeError('the mesh is empty');
    });
    for (let k = 0; k < 3; k++) expect(await codeOf(() => f(vector(1)))).toBe('the mesh is empty');
    expect(optimizer.report()[0]?.versions[0]?.why).toContain('the mesh is empty');
    await optimizer.close();
  });

  test('harms no other function', async () => {
    const optimizer = optimizerFor();
    const bad = optimizer.wrap((x: Traced) => x.reshape([7]));
    const good = optimizer.wrap((x: Traced) => x.mul(2));
    for (let k = 0; k <= hotAfter; k++) {
      expect(await codeOf(() => bad(vector(1, 2)))).not.toBe('none');
      expect(numbers(await good(vector(1, 2)))).toEqual([2, 4]);
    }
    await optimizer.idle();
    expect(optimizer.report().map(({ versions: [version] }) => version?.tier)).toEqual([0, 1]);
    await optimizer.close();
  });
});

describe('hostile arguments', () => {
  const cases: readonly [string, readonly unknown[], string][] = [
    ['a number', [3], 'SESSION_INPUT_INVALID'],
    ['nothing', [undefined], 'SESSION_INPUT_INVALID'],
    ['a function', [() => 1], 'SESSION_INPUT_INVALID'],
    ['too few values', [{ dtype: 'FP32', shape: [9], data: new Float32Array(3) }], 'SESSION_INPUT_INVALID'],
    ['a negative size', [{ dtype: 'FP32', shape: [-1], data: new Float32Array(1) }], 'SESSION_INPUT_INVALID'],
    ['a shape that is none', [{ dtype: 'FP32', shape: 'wide', data: new Float32Array(1) }], 'SESSION_INPUT_INVALID'],
    ['a wrong array', [{ dtype: 'FP32', shape: [2], data: new Float64Array(2) }], 'SESSION_INPUT_INVALID'],
    ['strings', [{ dtype: 'BYTES', shape: [1], data: ['a'] }], 'SESSION_INPUT_INVALID'],
    ['a cyclic tree', [cyclic()], 'SESSION_INPUT_INVALID'],
  ];

  function cyclic(): unknown {
    const tree: Record<string, unknown> = {};
    tree.self = tree;
    return tree;
  }

  test.each(cases)('%s is refused before any tier sees it', async (_, args, code) => {
    const optimizer = optimizerFor();
    const f: (...args: readonly never[]) => Promise<unknown> = optimizer.wrap((x: Traced) => x.mul(2));
    expect(await codeOf(() => Reflect.apply(f, undefined, args))).toBe(code);
    await optimizer.close();
  });

  test('static values must be plain data, positions whole numbers, options known', async () => {
    const optimizer = optimizerFor();
    const f = optimizer.wrap((x: Traced, _option: unknown) => x.mul(2), { staticArguments: [1] });
    const g: (...args: readonly never[]) => Promise<unknown> = f;
    expect(await codeOf(() => Reflect.apply(g, undefined, [vector(1), () => 3]))).toBe('SESSION_INPUT_INVALID');
    expect(await codeOf(() => Reflect.apply(g, undefined, [vector(1), new Map()]))).toBe('SESSION_INPUT_INVALID');
    expect(numbers(await f(vector(1), 'plain'))).toEqual([2]);
    expect(await codeOf(() => optimizer.wrap((x: Traced) => x, { staticArguments: [-1] }))).toBe('SPEC_INVALID');
    expect(await codeOf(() => optimizer.wrap((x: Traced) => x, { staticArguments: [0, 0] }))).toBe('SPEC_INVALID');
    expect(await codeOf(() => optimizer.wrap((x: Traced) => x, { specs: [{ shape: [0], dtype: 'float32' }] }))).toBe(
      'SPEC_INVALID',
    );
    expect(await codeOf(() => optimizerFor({ recompilationThreshold: 2 }))).toBe('OPTIONS_INVALID');
    expect(await codeOf(() => optimizerFor(JSON.parse('{"speed":1}')))).toBe('OPTIONS_INVALID');
    await optimizer.close();
  });
});

describe('close', () => {
  test('frees what was compiled, waits for calls under way, and refuses later calls', async () => {
    const optimizer = optimizerFor();
    const f: Adaptive<[Traced], Traced> = optimizer.wrap((x: Traced) => x.mul(3));
    for (let k = 0; k < hotAfter; k++) await f(vector(2));
    await optimizer.idle();
    const underWay = Array.from({ length: 5 }, () => f(vector(2)));
    await Promise.all([optimizer.close(), optimizer.close()]);
    for (const answer of await Promise.all(underWay)) expect(numbers(answer)).toEqual([6]);
    expect(await codeOf(() => f(vector(2)))).toBe('SESSION_CLOSED');
    expect(optimizer.report()).toMatchObject([{ calls: 9, versions: [] }]);
  });

  test('ends a compilation under way', async () => {
    const optimizer = optimizerFor();
    const f = optimizer.wrap((x: Traced) => np.sin(x).mul(3));
    for (let k = 0; k < hotAfter; k++) await f(vector(2));
    await optimizer.close();
    expect(await codeOf(() => f(vector(2)))).toBe('SESSION_CLOSED');
  });
});
