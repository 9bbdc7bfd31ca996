import { seededRandom } from 'galerkin/base';
import { describe, expect, test } from 'vitest';

describe('seededRandom', () => {
  test('the same seed gives the same stream, another seed another', () => {
    const draw = (seed: number) => Array.from({ length: 8 }, seededRandom(seed).uniform);
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  test('normals have mean 0 and variance 1 within five standard errors', () => {
    const random = seededRandom(1);
    const n = 100_000;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      const x = random.normal();
      sum += x;
      squares += x * x;
    }
    expect(Math.abs(sum / n)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(squares / n - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
  });

  test('a shuffle keeps every item', () => {
    const items = Int32Array.from({ length: 100 }, (_, i) => i);
    expect([...seededRandom(3).shuffle(items)].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  test('forks are independent of each other and repeatable', () => {
    expect(seededRandom(1).fork(0).uniform()).toBe(seededRandom(1).fork(0).uniform());
    expect(seededRandom(1).fork(0).uniform()).not.toBe(seededRandom(1).fork(1).uniform());
  });
});
