// Rows of comparison, selection, conversion and logic.
import { np } from 'galerkin/compile';
import { bool, f32, i32, type Rows, square } from './row.js';

export const selectionRows: Rows = {
  compare: [
    {
      does: 'in all ways',
      fn: (a, b) => [
        a.ref.less(b.ref),
        a.ref.lessEqual(b.ref),
        a.ref.greater(b.ref),
        a.ref.greaterEqual(b.ref),
        a.ref.equal(b.ref),
        a.notEqual(b),
      ],
      specs: [i32(30), i32(30)],
    },
    { does: 'floats with plain numbers', fn: a => [a.greater(0.2)], specs: [square] },
  ],
  where: [{ does: 'selects', fn: (m, a, b) => [np.where(m, a, b)], specs: [bool(4, 1), square, f32(5)] }],
  cast: [
    { does: 'cuts floats', fn: a => [a.mul(5).astype(np.int32)], specs: [square] },
    { does: 'makes floats of masks', fn: a => [a.astype(np.float32).sum()], specs: [bool(20)] },
    { does: 'makes doubles', fn: a => [a.astype(np.float64).mul(1 / 3)], specs: [square] },
  ],
  bit_combine: [
    { does: 'inverts masks', fn: (a, b) => [np.logicalAnd(a, np.logicalNot(b))], specs: [bool(9), bool(9)] },
    { does: 'of whole numbers', fn: (a, b) => [np.bitwiseXor(a, b)], specs: [i32(9), i32(9)] },
  ],
};
