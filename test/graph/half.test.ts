// Half precision: all 65,536 patterns, and rounding at and around every midpoint.
import { fromBfloat16, fromFloat16, toFloat16 } from 'galerkin/graph';
import { expect, it } from 'vitest';

const patterns = Array.from({ length: 65_536 }, (_, pattern) => pattern);
const isNaN16 = (pattern: number) => (pattern & 0x7fff) > 0x7c00;

it('every binary16 pattern survives the way to a number and back', () => {
  const wrong = patterns.filter(pattern =>
    isNaN16(pattern) ? !Number.isNaN(fromFloat16(pattern)) : toFloat16(fromFloat16(pattern)) !== pattern,
  );
  expect(wrong).toEqual([]);
  expect(toFloat16(Number.NaN)).toBe(0x7e00);
});

it('what lies between two patterns goes to the nearer, and a midpoint to the even one', () => {
  const wrong: number[] = [];
  for (let pattern = 0; pattern < 0x7bff; pattern++) {
    const [low, high] = [fromFloat16(pattern), fromFloat16(pattern + 1)];
    const middle = (low + high) / 2;
    const even = pattern % 2 === 0 ? pattern : pattern + 1;
    const step = (high - low) / 2 ** 20;
    const right =
      toFloat16(middle) === even && toFloat16(middle - step) === pattern && toFloat16(middle + step) === pattern + 1;
    const mirrored = toFloat16(-middle) === (even | 0x8000);
    if (!right || !mirrored) wrong.push(pattern);
  }
  expect(wrong).toEqual([]);
});

it('beyond the largest number comes infinity', () => {
  expect(toFloat16(65_519.99)).toBe(0x7bff);
  expect(toFloat16(65_520)).toBe(0x7c00);
  expect(toFloat16(-1e300)).toBe(0xfc00);
  expect(toFloat16(2 ** -25)).toBe(0);
  expect(toFloat16(Number.MIN_VALUE)).toBe(0);
});

it('every bfloat16 pattern is the upper half of a float32', () => {
  const view = new DataView(new ArrayBuffer(4));
  const wrong = patterns.filter(pattern => {
    view.setUint32(0, pattern * 65_536);
    return !Object.is(view.getFloat32(0), fromBfloat16(pattern));
  });
  expect(wrong).toEqual([]);
});
