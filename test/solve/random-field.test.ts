import { seededRandom } from 'galerkin/base';
import { darcy, gaussianRandomField, modeDeviation, paintInclusion } from 'galerkin/solve';
import { describe, expect, test } from 'vitest';

const options = { alpha: 2, tau: 3 };

describe('gaussianRandomField', () => {
  test('has the covariance that its spectrum says, within five standard errors', () => {
    const n = 17;
    const draws = 4000;
    const random = seededRandom(11);
    const nodes = [0, 8, 8 * n + 8, 3 * n + 12];
    const sums = nodes.map(() => nodes.map(() => 0));
    for (let draw = 0; draw < draws; draw++) {
      const field = gaussianRandomField(n, options, random);
      nodes.forEach((p, a) => {
        nodes.forEach((q, b) => {
          sums[a][b] += (field[p] * field[q]) / draws;
        });
      });
    }
    const phi = (k: number, i: number) => (k === 0 ? 1 : Math.SQRT2 * Math.cos((Math.PI * k * i) / (n - 1)));
    const mode = (k: number, l: number, node: number) => phi(k, node % n) * phi(l, Math.floor(node / n));
    const exact = (p: number, q: number): number => {
      let sum = 0;
      for (let k = 0; k < n; k++) {
        for (let l = 0; l < n; l++) sum += modeDeviation(k, l, options) ** 2 * mode(k, l, p) * mode(k, l, q);
      }
      return sum;
    };
    nodes.forEach((p, a) => {
      nodes.forEach((q, b) => {
        const error = Math.sqrt((exact(p, p) * exact(q, q) + exact(p, q) ** 2) / draws);
        expect(Math.abs(sums[a][b] - exact(p, q))).toBeLessThan(5 * error);
      });
    });
  });

  test('is the same field on a finer grid, only with more detail', () => {
    const coarse = gaussianRandomField(33, { alpha: 3, tau: 3 }, seededRandom(6));
    const fine = gaussianRandomField(65, { alpha: 3, tau: 3 }, seededRandom(6));
    const scale = Math.max(...coarse.map(Math.abs));
    for (let j = 0; j < 33; j++) {
      for (let i = 0; i < 33; i++) {
        expect(Math.abs(fine[2 * j * 65 + 2 * i] - coarse[j * 33 + i])).toBeLessThan(0.02 * scale);
      }
    }
  });

  test('refuses a grid or a spectrum that means nothing', () => {
    const grid = expect.objectContaining({ code: 'GRID_INVALID' });
    const spectrum = expect.objectContaining({ code: 'OPTIONS_INVALID' });
    expect(() => gaussianRandomField(1, options, seededRandom(0))).toThrow(grid);
    expect(() => gaussianRandomField(9, { alpha: 1, tau: 3 }, seededRandom(0))).toThrow(spectrum);
    expect(() => gaussianRandomField(9, { alpha: Number.NaN, tau: -1 }, seededRandom(0))).toThrow(/alpha[\s\S]*tau/);
  });
});

describe('the Darcy recipe', () => {
  test('has only 3 and 12, each on about half of the square', () => {
    const random = seededRandom(1);
    let high = 0;
    for (let draw = 0; draw < 200; draw++) {
      const { a } = darcy.sample(32, random);
      expect(new Set(a)).toEqual(new Set([3, 12]));
      high += a.filter(value => value === 12).length / a.length / 200;
    }
    expect(Math.abs(high - 0.5)).toBeLessThan(0.05);
  });

  test('an inclusion covers the nodes of its disc and no others', () => {
    const n = 101;
    const field = paintInclusion(new Float32Array(n * n), n, { x: 0.3, y: 0.6, radius: 0.2, value: 100 });
    expect(field.filter(value => value === 100).length / n / n).toBeCloseTo(Math.PI * 0.04, 2);
    expect([field[60 * n + 30], field[60 * n + 49], field[30 * n + 60]]).toEqual([100, 100, 0]);
  });
});
