// 16-bit floats against their definitions: every bit pattern, and seeded values between them.
import { seededRandom } from 'galerkin/base';
import { bfloatFromFloats, bfloatToFloats, halfFromFloats, halfToFloats } from 'galerkin/client';
import { describe, expect, test } from 'vitest';

const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);

describe.each([
  { name: 'FP16', from: halfFromFloats, to: halfToFloats, one: 0x3c00, infinity: 0x7c00 },
  { name: 'BF16', from: bfloatFromFloats, to: bfloatToFloats, one: 0x3f80, infinity: 0x7f80 },
])('$name', ({ from, to, one, infinity }) => {
  const values = to(all);

  test('every value comes back as its bits; NaN stays NaN', () => {
    const back = from(values);
    const wrong = all.filter(bits =>
      Number.isNaN(values[bits]) ? !Number.isNaN(to([back[bits] ?? 0])[0]) : back[bits] !== bits,
    );
    expect([...wrong]).toEqual([]);
    expect(to([one])[0]).toBe(1);
    expect(to([infinity])[0]).toBe(Number.POSITIVE_INFINITY);
  });

  test('a float between two neighbours becomes the nearer, and halfway the even one', () => {
    const random = seededRandom(7);
    for (let round = 0; round < 20_000; round += 1) {
      const bits = random.integer(infinity - 1);
      const [low = 0, high = 0] = [values[bits], values[bits + 1]];
      const value = Math.fround(low + random.uniform() * (high - low));
      const nearer = value - low < high - value ? bits : bits + 1;
      const wanted = value - low === high - value ? bits + (bits % 2) : nearer;
      expect(from([value])[0]).toBe(wanted);
      expect(from([-value])[0]).toBe(wanted + 0x8000);
    }
    const middle = ((values[one] ?? 0) + (values[one + 1] ?? 0)) / 2;
    expect(from([middle])[0]).toBe(one);
  });

  test('what is too large becomes infinity, what is too small zero, both with their sign', () => {
    expect([...from([3.4028235e38, -3.4028235e38, 1e-45, -1e-45])]).toEqual([infinity, infinity + 0x8000, 0, 0x8000]);
  });
});
