import { describe, expect, test } from 'vitest';
import { type ColormapName, colorAt, colorTable, gradientStops, toOklab } from '../../web/src/fields/colormaps.js';

const lightness = (name: ColormapName): number[] =>
  Array.from({ length: 256 }, (_, k) => toOklab(colorAt(name, k / 255))[0]);

/** Distances in OKLab between neighbouring entries, smoothed over 8 so that rounding to bytes does not show. */
function steps(name: ColormapName): number[] {
  const labs = Array.from({ length: 33 }, (_, k) => toOklab(colorAt(name, k / 32)));
  return labs.slice(1).map((lab, k) => Math.hypot(...lab.map((value, axis) => value - (labs[k]?.[axis] ?? 0))));
}

describe('colour maps', () => {
  test.each(['viridis', 'cividis', 'magma'] as const)(
    '%s grows lighter with every step, and by steps of like size',
    name => {
      const light = lightness(name);
      expect(light.slice(1).every((value, k) => value >= (light[k] ?? 1) - 0.002)).toBe(true);
      expect((light.at(-1) ?? 0) - (light[0] ?? 1)).toBeGreaterThan(0.55);
      const sizes = steps(name);
      expect(Math.max(...sizes) / (sizes.reduce((sum, size) => sum + size, 0) / sizes.length)).toBeLessThan(2);
    },
  );

  test('the ends of viridis are the published colours', () => {
    expect(colorAt('viridis', 0)).toEqual([0x44, 0x01, 0x54]);
    expect(colorAt('viridis', 1)).toEqual([0xfd, 0xe7, 0x25]);
  });

  test.each([
    ['balance', 1],
    ['balanceDark', -1],
  ] as const)('%s turns at its middle and weighs both signs alike', (name, sign) => {
    const light = lightness(name).map(value => sign * value);
    const peak = light.indexOf(Math.max(...light));
    expect(Math.abs(peak - 127.5)).toBeLessThan(12);
    expect(light.every((value, k) => Math.abs(value - (light[255 - k] ?? 0)) < 0.11)).toBe(true);
  });

  test('positions outside are clamped, and a table is built once', () => {
    expect(colorAt('magma', -3)).toEqual(colorAt('magma', 0));
    expect(colorAt('magma', Number.POSITIVE_INFINITY)).toEqual(colorAt('magma', 1));
    expect(colorTable('magma')).toBe(colorTable('magma'));
    expect(gradientStops('magma', 3).split(', ')).toHaveLength(3);
  });
});
