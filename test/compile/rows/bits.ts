// Rows of bits and of random numbers.
import { lax, np, random } from 'galerkin/compile';
import { bool, f32, i32, type Rows, u32 } from './row.js';

const words = [0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 0x12345678, 0x0f0f0f0f];
const whole = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 12345, -77, 255];
const singles = [0, -0, 1, -1.5, 3.4028234e38, 1.1754944e-38, 1e-45, -2.5e-40, Number.POSITIVE_INFINITY, 0.1];
const patterns = [0, 0x80000000, 0x3f800000, 0x7f7fffff, 1, 0x007fffff, 0x00800000, 0x7f800000, 0xff800000, 0xc0490fdb];

export const bitRows: Rows = {
  bit_combine: [
    {
      does: 'of whole numbers without a sign',
      fn: (a, b) => [np.bitwiseAnd(a.ref, b.ref), np.bitwiseOr(a, b)],
      specs: [u32(8), u32(8)],
      values: [words, words.toReversed()],
    },
    { does: 'of booleans', fn: (a, b) => [np.bitwiseXor(a, b)], specs: [bool(8), bool(8)] },
  ],
  bit_shift: [
    {
      does: 'by numbers',
      fn: a => [
        np.leftShift(a.ref, np.array(3, { dtype: np.uint32 })),
        np.rightShift(a, np.array(5, { dtype: np.uint32 })),
      ],
      specs: [u32(8)],
      values: [words],
    },
    {
      does: 'by arrays',
      fn: (a, b) => [np.leftShift(a.ref, b.ref), np.rightShift(a, b)],
      specs: [u32(8), u32(8)],
      values: [words, [0, 1, 2, 31, 4, 8, 16, 30]],
    },
    {
      does: 'of whole numbers with a sign, zeros coming in',
      fn: (a, b) => [np.leftShift(a.ref, b.ref), np.rightShift(a, b)],
      specs: [i32(8), i32(8)],
      values: [whole, [0, 1, 2, 31, 4, 8, 16, 30]],
    },
  ],
  bit_count: [
    { does: 'of words', fn: a => [np.bitwiseCount(a)], specs: [u32(8)], values: [words] },
    { does: 'of whole numbers', fn: a => [np.bitwiseCount(a)], specs: [i32(8)], values: [whole] },
  ],
  bitcast: [
    {
      does: 'of floats to words, with zeros, subnormals and infinity',
      fn: a => [lax.bitcastConvertType(a, np.uint32)],
      specs: [f32(10)],
      values: [singles],
      tolerance: 1e-30,
    },
    {
      does: 'of words to floats',
      fn: a => [lax.bitcastConvertType(a, np.float32)],
      specs: [u32(10)],
      values: [patterns],
      tolerance: 1e-30,
    },
    {
      does: 'of whole numbers to words and back',
      fn: a => [lax.bitcastConvertType(a.ref, np.uint32), lax.bitcastConvertType(a, np.float32)],
      specs: [i32(8)],
      values: [[0, 1, 5, 2 ** 31 - 2 ** 25, 1065353216, 12345, 77, 255]],
      tolerance: 1e-30,
    },
  ],
  random_bits: [
    {
      does: 'under a key that is an argument',
      fn: key => [random.bits(key, [3, 5])],
      specs: [u32(2)],
      values: [[0, 42]],
      tolerance: 1e-30,
    },
    { does: 'makes uniform numbers', fn: key => [random.uniform(key, [40])], specs: [u32(2)], values: [[7, 1]] },
    { does: 'makes normal numbers', fn: key => [random.normal(key, [40])], specs: [u32(2)], values: [[7, 1]] },
    {
      does: 'splits keys',
      fn: key => [random.split(key, 3)],
      specs: [u32(2)],
      values: [[123456789, 987654321]],
      tolerance: 1e-30,
    },
  ],
};
