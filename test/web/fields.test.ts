import { describe, expect, test } from 'vitest';
import {
  absoluteError,
  bilinearValue,
  type Field,
  fieldFromRows,
  fieldFromTensor,
  nearestValue,
  paintInclusion,
  rangeOf,
  relativeL2,
} from '../../web/src/fields/field.js';
import { fieldPixels } from '../../web/src/fields/paint-canvas.js';
import { linearScale, logScale, ratioScale, symmetricScale } from '../../web/src/fields/scale.js';
import { formatDuration, formatPercent, formatTicks, formatValue } from '../../web/src/format.js';

const sampled = (n: number, f: (x: number, y: number) => number): Field => ({
  n,
  data: Float32Array.from({ length: n * n }, (_, k) => f((k % n) / (n - 1), Math.floor(k / n) / (n - 1))),
});

describe('a field', () => {
  const plane = sampled(9, (x, y) => 2 * x - 3 * y + 1);

  test('interpolated bilinearly, a plane is exact everywhere, edges included', () => {
    for (const [x, y] of [
      [0, 0],
      [1, 1],
      [0.33, 0.71],
      [1, 0.2],
    ] as const) {
      expect(bilinearValue(plane, { x, y })).toBeCloseTo(2 * x - 3 * y + 1, 5);
    }
    expect(nearestValue(plane, { x: 0.99, y: 0.01 })).toBe(3);
  });

  test('rows are y, columns are x', () => {
    const field = fieldFromRows([
      [1, 2],
      [3, 4],
    ]);
    expect([nearestValue(field, { x: 1, y: 0 }), nearestValue(field, { x: 0, y: 1 })]).toEqual([2, 3]);
  });

  test('that is not square is refused', () => {
    expect(() => fieldFromRows([[1, 2]])).toThrow(RangeError);
    expect(() => fieldFromRows([])).toThrow(RangeError);
    expect(() => fieldFromTensor({ shape: [1, 2, 3], data: new Float32Array(6) })).toThrow(RangeError);
  });

  test('an inclusion covers the nodes within its radius and leaves the original alone', () => {
    const ground = sampled(21, () => 3);
    const painted = paintInclusion(ground, { centre: { x: 0.3, y: 0.6 }, radius: 0.2, value: 100 });
    const inside = painted.data.filter(value => value === 100).length;
    expect(inside / 441).toBeCloseTo(Math.PI * 0.04, 1);
    expect(nearestValue(painted, { x: 0.3, y: 0.6 })).toBe(100);
    expect(nearestValue(painted, { x: 0.6, y: 0.3 })).toBe(3);
    expect(rangeOf(ground)).toEqual({ min: 3, max: 3 });
  });

  test('compared with itself it has no error; scaled by 1.1, a relative error of a tenth', () => {
    expect(relativeL2(plane, plane)).toBe(0);
    const scaled = { n: plane.n, data: plane.data.map(value => 1.1 * value) };
    expect(relativeL2(scaled, plane)).toBeCloseTo(0.1, 6);
    expect(rangeOf(absoluteError(scaled, plane)).max).toBeCloseTo(0.3, 5);
  });
});

describe('a scale', () => {
  test('puts its ends at 0 and 1 and its ticks in order', () => {
    for (const scale of [linearScale({ min: -1, max: 3 }), logScale({ min: 0.1, max: 100 }), symmetricScale(7)]) {
      const places = scale.ticks.map(scale.position);
      expect(places[0]).toBeCloseTo(0, 12);
      expect(places.at(-1)).toBeCloseTo(1, 12);
      expect([...places].sort((a, b) => a - b)).toEqual(places);
    }
  });

  test('is logarithmic for wide positive ranges only', () => {
    expect(ratioScale({ min: 3, max: 12 }).position(6)).toBeCloseTo(0.5, 12);
    expect(ratioScale({ min: 3, max: 4 }).position(3.5)).toBeCloseTo(0.5, 12);
    expect(ratioScale({ min: 0, max: 12 }).position(6)).toBeCloseTo(0.5, 12);
  });

  test('of no width still places every value', () => {
    expect(linearScale({ min: 2, max: 2 }).position(2)).toBe(0);
    expect(symmetricScale(0).position(0)).toBe(0.5);
  });
});

describe('the picture of a field', () => {
  const painting = { scale: linearScale({ min: 0, max: 1 }), colormap: 'viridis', interpolation: 'bilinear' } as const;
  const at = (pixels: Uint8ClampedArray, size: number, row: number, column: number) => [
    ...pixels.slice(4 * (row * size + column), 4 * (row * size + column) + 4),
  ];

  test('has y upward: what is large at y = 1 is bright in the top row', () => {
    const pixels = fieldPixels(
      sampled(5, (_, y) => y),
      50,
      painting,
    );
    expect(at(pixels, 50, 0, 25)[1]).toBeGreaterThan(200);
    expect(at(pixels, 50, 49, 25)[1]).toBeLessThan(20);
  });

  test('draws what is not a number as the lowest colour, not as noise', () => {
    const pixels = fieldPixels(
      sampled(5, () => Number.NaN),
      4,
      painting,
    );
    expect(at(pixels, 4, 2, 2)).toEqual([0x44, 0x01, 0x54, 255]);
  });
});

describe('numbers', () => {
  test.each([
    [0, '0'],
    [3, '3'],
    [12.34, '12.3'],
    [123.4, '123'],
    [0.012345, '0.0123'],
    [-0.5, '−0.5'],
    [1.89e-4, '1.89×10⁻⁴'],
    [2.5e7, '2.5×10⁷'],
    [Number.NaN, '–'],
    [undefined, '–'],
    [Number.POSITIVE_INFINITY, '∞'],
  ])('%s reads %s', (value, words) => expect(formatValue(value)).toBe(words));

  test('ticks of small values share one factor', () => {
    expect(formatTicks([0, 0.00577, 0.0115])).toEqual({ factor: '×10⁻³', labels: ['0', '5.77', '11.5'] });
    expect(formatTicks([3, 10, 100])).toEqual({ factor: '', labels: ['3', '10', '100'] });
    expect(formatTicks([])).toEqual({ factor: '', labels: [] });
  });

  test('percent and durations keep their units', () => {
    expect(formatPercent(0.0312)).toBe('3.12\u2009%');
    expect(formatPercent(1e-6)).toBe('<\u20090.01\u2009%');
    expect(formatDuration(12_345)).toBe('12.3\u2009s');
    expect(formatDuration(undefined)).toBe('–');
  });
});
