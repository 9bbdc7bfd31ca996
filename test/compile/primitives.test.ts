// Every primitive that can be lowered gives natively what the tracer gives: one row a primitive, at least.
import { ready } from 'galerkin/compile';
import { beforeAll, describe, expect, it } from 'vitest';
import { rules } from '../../dist/compile/rules/table.js';
import { parity } from './parity.js';
import { arithmeticRows } from './rows/arithmetic.js';
import { bitRows } from './rows/bits.js';
import { contractionRows } from './rows/contraction.js';
import { functionRows } from './rows/functions.js';
import { matrixRows } from './rows/matrices.js';
import { movementRows } from './rows/movement.js';
import type { Row } from './rows/row.js';
import { selectionRows } from './rows/selection.js';
import { sortingRows } from './rows/sorting.js';
import { typeRows } from './rows/types.js';
import { windowRows } from './rows/windows.js';

const tables = [
  arithmeticRows,
  functionRows,
  selectionRows,
  bitRows,
  movementRows,
  contractionRows,
  windowRows,
  sortingRows,
  matrixRows,
  typeRows,
];
const table = new Map<string, Row[]>();
for (const [primitive, rows] of tables.flatMap(rows => Object.entries(rows))) {
  table.set(primitive, [...(table.get(primitive) ?? []), ...rows]);
}

beforeAll(ready);

describe.each([...table])('%s', (_primitive, rows) => {
  it.each(rows.map(row => [row.does, row] as const))('%s', async (_does, { fn, specs, values, tolerance = 1e-5 }) => {
    const { difference } = await parity(fn, specs, values === undefined ? {} : { values });
    expect(difference).toBeLessThan(tolerance);
  });
});

it('has rows for exactly the primitives that have rules', () => {
  expect([...table.keys()].sort()).toEqual([...rules.keys()].sort());
});
