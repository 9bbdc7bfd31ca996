// The parts of a route, each by itself: keys, cookies, choices, samples, differences.
import { seededRandom, type Tensor } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import { cookieOf } from '../../dist/serve/routing/cookie.js';
import { relativeDifference } from '../../dist/serve/routing/difference.js';
import { headerIn } from '../../dist/serve/routing/origin.js';
import { SampleRing } from '../../dist/serve/routing/sample-ring.js';
import { placeOf, saltState } from '../../dist/serve/routing/sticky-hash.js';

describe('places of keys', () => {
  test('are even over all parts, other for another salt, and the same on every machine', () => {
    const counts = new Array<number>(10).fill(0);
    const state = saltState('release-7');
    let alike = 0;
    const other = saltState('release-8');
    const keys = 20_000;
    for (let k = 0; k < keys; k++) {
      const place = placeOf(state, `client-${k}`);
      counts[Math.floor(place / 1000)] = (counts[Math.floor(place / 1000)] ?? 0) + 1;
      if (place < 1_000 && placeOf(other, `client-${k}`) < 1_000) alike++;
    }
    const chiSquared = counts.reduce((sum, count) => sum + (count - keys / 10) ** 2 / (keys / 10), 0);
    // The 99.9 % point with nine degrees of freedom.
    expect(chiSquared).toBeLessThan(27.9);
    expect(Math.abs(alike - keys / 100)).toBeLessThan(4 * Math.sqrt(keys / 100));
    // Computed once by another program.
    expect([placeOf(saltState(''), 'a'), placeOf(saltState('ab'), 'c'), placeOf(saltState('a'), 'bc')]).toEqual([
      1616, 4498, 1307,
    ]);
  });

  test('take any text, however long or strange', () => {
    for (const key of ['', '\0', '\uD800', '🦀', 'x'.repeat(100_000), '__proto__']) {
      const place = placeOf(saltState('s'), key);
      expect(Number.isInteger(place) && place >= 0 && place < 10_000).toBe(true);
    }
  });
});

test.each([
  ['a=1; b=2', 'b', '2'],
  ['a=1;b=2', 'b', '2'],
  ['ab=1; b="quoted value"', 'b', 'quoted value'],
  ['b=first; b=second', 'b', 'first'],
  ['b=', 'b', ''],
  ['b', 'b', undefined],
  ['xb=1', 'b', undefined],
  ['b=1=2', 'b', '1=2'],
  [' \t b=spaced \t ;', 'b', 'spaced'],
  ['B=1', 'b', undefined],
  [';;;=; =b=1', 'b', undefined],
  ['__proto__=1', 'constructor', undefined],
  ['__proto__=mine', '__proto__', 'mine'],
  ['b="', 'b', '"'],
  [undefined, 'b', undefined],
])('the cookie header %j has %s = %j', (header, name, value) => {
  expect(cookieOf(header, name)).toBe(value);
});

test('a cookie is found in a header of a megabyte in the time of reading it', () => {
  const header = `${'a=b;'.repeat(250_000)}key=found`;
  expect(cookieOf(header, 'key')).toBe('found');
});

test('names that every object has are no headers', () => {
  for (const name of ['constructor', '__proto__', 'tostring', 'hasOwnProperty']) {
    expect(headerIn({ host: 'x' }, name)).toBeUndefined();
  }
  expect(headerIn({ 'set-cookie': ['a', 'b'] }, 'set-cookie')).toBe('a, b');
});

describe('samples', () => {
  const sample = (version: number, figure: number | null = null) => ({
    atMs: 1_000 + version,
    version,
    kind: 'answer' as const,
    ok: version % 2 === 0,
    latencyMs: figure,
    computeMs: figure,
    items: 3,
    residual: Number.NaN,
    fluxImbalance: Number.POSITIVE_INFINITY,
    accepted: figure === null ? null : figure > 1,
    paired: null,
  });

  test('come back as they went in, and what is not finite as null', () => {
    const ring = new SampleRing(8);
    ring.add(sample(1));
    ring.add({
      ...sample(2, 1.5),
      kind: 'mirror',
      paired: {
        stableLatencyMs: 4,
        stableResidual: null,
        stableFluxImbalance: 0,
        difference: 0.25,
        stableError: Number.NaN,
        candidateError: 1e-300,
      },
    });
    const { samples } = ring.since(0, 10);
    expect(samples).toEqual([
      { ...sample(1), sequence: 1, residual: null, fluxImbalance: null },
      {
        ...sample(2, 1.5),
        sequence: 2,
        kind: 'mirror',
        residual: null,
        fluxImbalance: null,
        paired: {
          stableLatencyMs: 4,
          stableResidual: null,
          stableFluxImbalance: 0,
          difference: 0.25,
          stableError: null,
          candidateError: 1e-300,
        },
      },
    ]);
  });

  test('are read in order without gap or repeat, whatever the steps; what was overwritten is counted', () => {
    const random = seededRandom(3);
    const ring = new SampleRing(100);
    let added = 0;
    let next = 0;
    let seen = 0;
    let lost = 0;
    for (let turn = 0; turn < 500; turn++) {
      for (let k = random.integer(random.integer(10) === 0 ? 250 : 20); k > 0; k--) ring.add(sample(++added));
      const batch = ring.since(next, random.integer(60));
      batch.samples.forEach(({ sequence, version }, k) => {
        expect([sequence, version]).toEqual([next + batch.lost + k + 1, sequence]);
      });
      seen += batch.samples.length;
      lost += batch.lost;
      next = batch.next;
    }
    const rest = ring.since(next, 1e9);
    expect(seen + lost + rest.samples.length + rest.lost).toBe(added);
    expect(lost).toBeGreaterThan(0);
  });

  test('begin anew for a reader of an earlier life; numbers that make no sense read from the oldest', () => {
    const ring = new SampleRing(4);
    ring.add(sample(1));
    for (const after of [99, -1, Number.NaN]) expect(ring.since(after, 10).samples).toHaveLength(1);
    expect(ring.since(0, -5)).toEqual({ samples: [], next: 0, lost: 0 });
    for (const text of ['{}', '{"limit":"x"}']) {
      // As a caller in JavaScript may leave it out: where to go on stays a number, or all would be counted again for ever.
      expect(ring.since(0, JSON.parse(text).limit)).toMatchObject({ samples: [{ sequence: 1 }], next: 1 });
    }
  });
});

describe('the difference of two answers', () => {
  const fp32 = (...data: number[]): Tensor => ({ dtype: 'FP32', shape: [data.length], data: Float32Array.from(data) });
  const fp64 = (...data: number[]): Tensor => ({ dtype: 'FP64', shape: [data.length], data: Float64Array.from(data) });
  const half = (...data: number[]): Tensor => ({ dtype: 'FP16', shape: [data.length], data: Uint16Array.from(data) });
  const whole: Tensor = { dtype: 'INT32', shape: [1], data: Int32Array.of(5) };

  test('is taken over all floats together, whatever their type; whole numbers have no part', () => {
    expect(relativeDifference({ a: fp32(3, 4), b: fp64(0) }, { a: fp32(3, 0), b: fp64(4) })).toBeCloseTo(
      Math.sqrt(32) / 5,
      12,
    );
    // 0x3c00 is 1 and 0x4000 is 2.
    expect(relativeDifference({ a: half(0x4000), n: whole }, { a: half(0x3c00), n: whole })).toBe(1);
    expect(relativeDifference({ a: fp32(0, 0) }, { a: fp32(0, 0) })).toBe(0);
  });

  test.each([
    ['a value that is no number', { a: fp32(Number.NaN) }, { a: fp32(1) }],
    ['an infinite truth', { a: fp32(1) }, { a: fp32(Number.POSITIVE_INFINITY) }],
    ['something against nothing', { a: fp32(1) }, { a: fp32(0) }],
    ['another size', { a: fp32(1, 2) }, { a: fp32(1) }],
    ['an output that is not there', { b: fp32(1) }, { a: fp32(1) }],
    ['no floats at all', { a: whole }, { a: whole }],
  ])('is null for %s', (_, other, reference) => {
    expect(relativeDifference(other, reference)).toBeNull();
  });
});
