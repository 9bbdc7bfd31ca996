// Rows of sorting, with equal numbers and with what is no number.
import { grad, np } from 'galerkin/compile';
import { bool, f32, f64, i32, type Rows, u32 } from './row.js';

const messy = [3, 1, Number.NaN, 2, 1, Number.POSITIVE_INFINITY, Number.NaN, -1, Number.NEGATIVE_INFINITY, 0, 1, 5];
const words = [3, 4294967295, 7, 2147483648, 0, 3, 9, 1];

export const sortingRows: Rows = {
  sort: [
    { does: 'rows', fn: a => [np.sort(a)], specs: [f32(3, 7)] },
    { does: 'columns', fn: a => [np.sort(a, 0)], specs: [f32(3, 7)] },
    { does: 'what is no number to the end', fn: a => [np.sort(a, -1)], specs: [f32(2, 6)], values: [messy] },
    { does: 'doubles', fn: a => [np.sort(a.transpose())], specs: [f64(5, 4)] },
    { does: 'whole numbers', fn: a => [np.sort(a)], specs: [i32(3, 7)] },
    { does: 'words', fn: a => [np.sort(a)], specs: [u32(8)], values: [words] },
    { does: 'with its gradient', fn: a => [grad(x => np.sin(np.sort(x)).sum())(a)], specs: [f32(3, 7)] },
    { does: 'single numbers', fn: a => [np.sort(a)], specs: [f32(3, 1)] },
  ],
  argsort: [
    { does: 'rows', fn: a => [np.argsort(a)], specs: [f32(3, 7)] },
    { does: 'equal numbers in their order', fn: a => [np.argsort(a)], specs: [i32(4, 9)] },
    { does: 'what is no number to the end', fn: a => [np.argsort(a)], specs: [f32(2, 6)], values: [messy] },
    { does: 'words', fn: a => [np.argsort(a)], specs: [u32(8)], values: [words] },
    { does: 'columns of doubles', fn: a => [np.argsort(a, 0)], specs: [f64(5, 4)] },
  ],
  where: [{ does: 'of booleans', fn: (m, a, b) => [np.where(m, a, b)], specs: [bool(4, 1), bool(4, 3), bool(3)] }],
};
