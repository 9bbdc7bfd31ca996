// The sparsity pattern of P1 elements on a mesh, and where each triangle's 9 entries fall in it: made once, reused by every assembly.
import type { Mesh } from './mesh.js';

export interface Pattern {
  readonly rowCount: number;
  readonly rowStarts: Int32Array;
  /** Column numbers, ascending in each row. */
  readonly columns: Int32Array;
  /** 9 places per triangle (row-major: test, then trial); entries of nodes left out go to the place past the last. */
  readonly scatter: Int32Array;
  /** Row of each node, or -1 if it was left out. */
  readonly rowOf: Int32Array;
  /** Node of each row. */
  readonly nodeOf: Int32Array;
}

/** Of each node the triangles that meet there, each by the place of its first corner. */
function triangleLists({ triangles, pointCount }: Mesh): { starts: Int32Array; firsts: Int32Array } {
  const starts = new Int32Array(pointCount + 1);
  for (let k = 0; k < triangles.length; k++) starts[triangles[k] + 1]++;
  for (let node = 0; node < pointCount; node++) starts[node + 1] += starts[node];
  const next = starts.slice(0, pointCount);
  const firsts = new Int32Array(triangles.length);
  for (let first = 0; first < triangles.length; first += 3) {
    firsts[next[triangles[first]]++] = first;
    firsts[next[triangles[first + 1]]++] = first;
    firsts[next[triangles[first + 2]]++] = first;
  }
  return { starts, firsts };
}

function numbered(pointCount: number, without: Int32Array): { rowOf: Int32Array; nodeOf: Int32Array } {
  const rowOf = new Int32Array(pointCount);
  for (const node of without) rowOf[node] = -1;
  let rowCount = 0;
  for (let node = 0; node < pointCount; node++) if (rowOf[node] >= 0) rowOf[node] = rowCount++;
  const nodeOf = new Int32Array(rowCount);
  for (let node = 0; node < pointCount; node++) if (rowOf[node] >= 0) nodeOf[rowOf[node]] = node;
  return { rowOf, nodeOf };
}

/** Sorts a short run in place (rows have about seven entries). */
function sortRun(values: Int32Array, from: number, to: number): void {
  for (let p = from + 1; p < to; p++) {
    const held = values[p];
    let q = p - 1;
    for (; q >= from && values[q] > held; q--) values[q + 1] = values[q];
    values[q + 1] = held;
  }
}

/** Finds every row's columns; `seen` marks the row that last met a column. */
function findColumns({ triangles }: Mesh, rows: ReturnType<typeof numbered>, lists: ReturnType<typeof triangleLists>) {
  const { rowOf, nodeOf } = rows;
  const { starts, firsts } = lists;
  const rowCount = nodeOf.length;
  const rowStarts = new Int32Array(rowCount + 1);
  const columns = new Int32Array(triangles.length * 2 + rowCount);
  const seen = new Int32Array(rowCount).fill(-1);
  let count = 0;
  for (let row = 0; row < rowCount; row++) {
    const node = nodeOf[row];
    for (let l = starts[node], end = starts[node + 1]; l < end; l++) {
      const first = firsts[l];
      for (let k = first; k < first + 3; k++) {
        const column = rowOf[triangles[k]];
        if (column < 0 || seen[column] === row) continue;
        seen[column] = row;
        columns[count++] = column;
      }
    }
    sortRun(columns, rowStarts[row], count);
    rowStarts[row + 1] = count;
  }
  return { rowStarts, columns: columns.slice(0, count) };
}

/**
 * Makes the pattern of a mesh; nodes in `without` (those with a prescribed value) get no row and no column.
 * Cost O(triangles), once per mesh.
 */
export function createPattern(mesh: Mesh, without: Int32Array = new Int32Array(0)): Pattern {
  const rows = numbered(mesh.pointCount, without);
  const lists = triangleLists(mesh);
  const { rowStarts, columns } = findColumns(mesh, rows, lists);
  const { rowOf, nodeOf } = rows;
  const scatter = new Int32Array(3 * mesh.triangles.length).fill(columns.length);
  const place = new Int32Array(nodeOf.length);
  const { triangles } = mesh;
  const { starts, firsts } = lists;
  for (let row = 0; row < nodeOf.length; row++) {
    const node = nodeOf[row];
    for (let p = rowStarts[row]; p < rowStarts[row + 1]; p++) place[columns[p]] = p;
    for (let l = starts[node], end = starts[node + 1]; l < end; l++) {
      const first = firsts[l];
      const local = triangles[first] === node ? 0 : triangles[first + 1] === node ? 1 : 2;
      for (let k = 0; k < 3; k++) {
        const column = rowOf[triangles[first + k]];
        if (column >= 0) scatter[3 * (first + local) + k] = place[column];
      }
    }
  }
  return Object.freeze({ rowCount: nodeOf.length, rowStarts, columns, scatter, rowOf, nodeOf });
}
