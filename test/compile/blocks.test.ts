// Sums of padded arrays: joined without adding zeros, whatever the order, signs and numbers; and what does not fit is added.
import { grad, lower, np, ready, type Traced, trace } from 'galerkin/compile';
import { beforeAll, describe, expect, it } from 'vitest';
import { f32, parity } from './parity.js';

beforeAll(ready);

const operators = (fn: (...args: Traced[]) => unknown, ...specs: ReturnType<typeof f32>[]) =>
  lower(trace(fn, specs)).report.byOperator;

type Pads = [number, number];
const pad = (x: Traced, ...width: Pads[]): Traced => np.pad(x, width);
const none: Pads = [0, 0];

describe('sums of padded arrays', () => {
  it('that fill each other are one join', () => {
    const fn = (a: Traced, b: Traced): Traced => pad(a, [0, 2], none).add(pad(b, [3, 0], none));
    expect(operators(fn, f32(3, 4), f32(2, 4))).toEqual({ Concat: 1 });
  });

  it('of three terms are one join', () => {
    const fn = (a: Traced, b: Traced, c: Traced): Traced =>
      pad(b, [2, 3], none)
        .add(pad(a, [0, 4], none))
        .add(pad(c, [3, 0], none));
    expect(operators(fn, f32(2, 4), f32(1, 4), f32(3, 4))).toEqual({ Concat: 1 });
  });

  it('of four quarters are joins only', () => {
    const fn = (a: Traced, b: Traced, c: Traced, d: Traced): Traced =>
      pad(a, [0, 2], [0, 2])
        .add(pad(d, [2, 0], [2, 0]))
        .add(pad(b, [0, 2], [2, 0]))
        .add(pad(c, [2, 0], [0, 2]));
    const made = operators(fn, f32(2, 2), f32(2, 2), f32(2, 2), f32(2, 2));
    expect(made.Pad).toBeUndefined();
    expect(made.Add).toBeUndefined();
  });

  const cases: readonly [string, (a: Traced, b: Traced) => Traced[]][] = [
    [
      'with numbers and signs',
      (a, b) => [pad(a.ref.mul(3), [0, 2], none).sub(pad(b.ref.mul(0.5), [3, 0], none)), a, b],
    ],
    ['that overlap', (a, b) => [pad(a, [0, 2], none).add(pad(b, [2, 1], none).add(1))]],
    ['that overlap in part', (a, b) => [pad(a, [1, 1], none).add(pad(b, [2, 1], none))]],
    ['with zeros left', (a, b) => [pad(a, [0, 4], none).add(pad(b, [5, 0], none)), np.ones([1])]],
    ['on the same place', (a, b) => [pad(a.ref, [1, 1], none).add(pad(a, [1, 1], none).mul(2)), b]],
    ['along different axes', (a, b) => [pad(a, [0, 2], [0, 1]).add(pad(b, [3, 0], [1, 0]))]],
    [
      'turned',
      (a, b) => [
        pad(a, [0, 2], none)
          .transpose()
          .add(pad(b, [3, 0], none).transpose()),
      ],
    ],
    ['turned before', (a, b) => [pad(a.transpose(), none, [0, 2]).add(pad(b.transpose(), none, [3, 0]))]],
    ['with what is no padded array', (a, b) => [pad(a.ref, [0, 2], none).add(np.concatenate([b, a], 0))]],
  ];
  it.each(cases)('%s, give what the tracer gives', async (_name, fn) => {
    const { difference } = await parity((a, b) => fn(a, b), [f32(3, 4), f32(2, 4)]);
    expect(difference).toBeLessThan(1e-6);
  });

  it('are what gradients of slices are made of', async () => {
    const loss = (x: Traced): Traced => {
      const part = (from: number, to: number): Traced => x.ref.slice([from, to]);
      const sum = np
        .sin(part(0, 2))
        .sum()
        .add(np.cos(part(2, 5)).sum())
        .add(np.exp(part(5, 6)).sum());
      x.dispose();
      return sum;
    };
    expect(operators(x => grad(loss)(x), f32(6, 3)).Pad).toBeUndefined();
    const { difference } = await parity(x => [grad(loss)(x)], [f32(6, 3)]);
    expect(difference).toBeLessThan(1e-6);
  });
});
