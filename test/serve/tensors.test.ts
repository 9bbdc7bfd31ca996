import { manualClock, seededRandom } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import { retryDelayMs } from '../../dist/serve/engine/retry.js';
import { structureFault } from '../../dist/serve/http/json-body.js';
import { recentWork } from '../../dist/serve/statistics/rates.js';
import { bytesOf, decodeBytesElements, gatherItems, joinItems, replaceItems } from '../../dist/serve/tensors/bytes.js';
import { readJsonTensor } from '../../dist/serve/tensors/json-read.js';
import { nestedJson, shortFloat32 } from '../../dist/serve/tensors/json-write.js';

const float = (values: readonly number[], shape: readonly number[]) => ({
  dtype: 'FP32' as const,
  shape,
  data: Float32Array.from(values),
});

describe('short float32 digits', () => {
  test('give the same float32 back, over all magnitudes', () => {
    const random = seededRandom(7);
    const bits = new Uint32Array(1);
    const view = new Float32Array(bits.buffer);
    for (let k = 0; k < 50_000; k++) {
      bits[0] = random.integer(2 ** 32);
      const x = view[0] ?? 0;
      if (Number.isFinite(x)) expect(Math.fround(shortFloat32(x))).toBe(x);
    }
  });

  test('are at most nine for ordinary numbers', () => {
    const random = seededRandom(8);
    for (let k = 0; k < 5000; k++) {
      const x = Math.fround(random.normal());
      expect(String(shortFloat32(x)).replace(/^-?0\.0*|[-.]/g, '').length).toBeLessThanOrEqual(9);
    }
    expect(shortFloat32(Math.fround(0.1))).toBe(0.1);
  });
});

describe('items of a batch', () => {
  const batch = float([0, 1, 10, 11, 20, 21], [3, 2]);

  test('are gathered, replaced and joined along the first axis', () => {
    const some = gatherItems(batch, [2, 0]);
    expect(some).toEqual(float([20, 21, 0, 1], [2, 2]));
    expect(replaceItems(batch, float([7, 7, 8, 8], [2, 2]), [2, 0])).toEqual(float([8, 8, 10, 11, 7, 7], [3, 2]));
    expect(joinItems([batch, some])).toEqual(float([0, 1, 10, 11, 20, 21, 20, 21, 0, 1], [5, 2]));
    expect(batch.data[0]).toBe(0);
  });

  test('of text likewise', () => {
    const words = { dtype: 'BYTES' as const, shape: [2, 2], data: ['a', 'b', 'c', 'd'] };
    expect(gatherItems(words, [1])).toEqual({ dtype: 'BYTES', shape: [1, 2], data: ['c', 'd'] });
    expect(replaceItems(words, { ...words, shape: [1, 2], data: ['x', 'y'] }, [0])).toMatchObject({
      data: ['x', 'y', 'c', 'd'],
    });
  });
});

test('nested lists follow the axes', () => {
  expect(nestedJson(float([1, 2, 3, 4, 5, 6], [2, 3]))).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expect(nestedJson(float([1, 2], [1, 2]), true)).toEqual([1, 2]);
  expect(nestedJson(float([5], []))).toBe(5);
  expect(nestedJson(float([Number.NaN, Number.NEGATIVE_INFINITY], [2]))).toEqual(['NaN', '-Infinity']);
});

test('JSON values are refused by place and kind', () => {
  expect(readJsonTensor('FP32', [2], [1, '2'])).toMatchObject({ kind: 'value', index: 1, got: '"2"' });
  expect(readJsonTensor('FP32', [2], ['x', 2])).toMatchObject({ kind: 'value', index: 0 });
  expect(readJsonTensor('INT32', [1], [2 ** 31])).toMatchObject({ kind: 'value' });
  expect(readJsonTensor('INT64', [1], [2 ** 53])).toMatchObject({ kind: 'value' });
  expect(readJsonTensor('UINT8', [1], [1.5])).toMatchObject({ kind: 'value' });
  expect(readJsonTensor('BOOL', [1], [2])).toMatchObject({ kind: 'value' });
  expect(readJsonTensor('FP64', [3], [[1], [2]])).toEqual({ kind: 'count', expected: 3, got: 2 });
});

test('length-prefixed elements must fill their bytes', () => {
  expect(decodeBytesElements(Uint8Array.of(1, 0, 0, 0, 97))).toEqual(['a']);
  expect(decodeBytesElements(Uint8Array.of(2, 0, 0, 0, 97))).toBeUndefined();
  expect(decodeBytesElements(Uint8Array.of(1, 0, 0))).toBeUndefined();
  expect(decodeBytesElements(Uint8Array.of(255, 255, 255, 255, 1))).toBeUndefined();
});

test('depth is counted outside of strings only', () => {
  const fault = (text: string) => structureFault(Buffer.from(text));
  expect(fault(`${'['.repeat(100)}${']'.repeat(100)}`)).toBeUndefined();
  expect(fault('['.repeat(101))).toBe('deep');
  expect(fault('{"a":'.repeat(101))).toBe('deep');
  expect(fault(JSON.stringify('['.repeat(1000)))).toBeUndefined();
  expect(fault(JSON.stringify({ 'a"[[': `\\"${'['.repeat(1000)}\\` }))).toBeUndefined();
  expect(fault(`["\\\\",${'['.repeat(100)}`)).toBe('deep');
  expect(fault(`[${'[],'.repeat(250_000)}0]`)).toBe('many');
  expect(fault('"open')).toBeUndefined();
});

test('back-off begins at once and stays bounded', () => {
  expect([0, 1, 2, 3, 20].map(retryDelayMs)).toEqual([0, 50, 100, 200, 5000]);
});

test('the last minute is kept second by second', () => {
  const clock = manualClock(1_000_000);
  const recent = recentWork(clock);
  recent.add(2, false);
  recent.add(4, false);
  recent.add(9, true);
  clock.advance(1000);
  recent.add(1, false);
  expect(recent.list().slice(-2)).toEqual([
    { atSeconds: 1000, requests: 3, failures: 1, meanLatencyMs: 3, maxLatencyMs: 4 },
    { atSeconds: 1001, requests: 1, failures: 0, meanLatencyMs: 1, maxLatencyMs: 1 },
  ]);
  expect(recent.perSecond()).toBeCloseTo(0.3);
  clock.advance(120_000);
  expect(recent.list().filter(({ requests }) => requests > 0)).toEqual([]);
  expect(recent.list().length).toBe(60);
});

test('elements of BYTES that are no text come back byte for byte', () => {
  const random = seededRandom(11);
  const elements = Array.from({ length: 2000 }, () =>
    Buffer.from(Uint8Array.from({ length: random.integer(12) }, () => random.integer(256))),
  );
  elements.push(Buffer.from('\ufdd1marked'), Buffer.from('ä€😀'), Buffer.alloc(0), Buffer.from([0xff, 0xd8, 0xff]));
  const wire = Buffer.concat(
    elements.flatMap(element => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(element.length);
      return [length, element];
    }),
  );
  const data = decodeBytesElements(wire) ?? [];
  expect(data).toHaveLength(elements.length);
  expect(Buffer.compare(bytesOf({ dtype: 'BYTES', shape: [data.length], data }), wire)).toBe(0);
});
