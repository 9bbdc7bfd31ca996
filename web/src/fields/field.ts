// A scalar field on the nodes of the unit square: n × n values, row-major, row 0 at y = 0.

export interface Field {
  /** Nodes per side, boundary included. */
  readonly n: number;
  readonly data: Float32Array;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

export interface Point {
  /** Both in 0..1. */
  readonly x: number;
  readonly y: number;
}

/** Field from nested rows, `rows[j][i]` at (x, y) = (i h, j h). Throws RangeError unless square. */
export function fieldFromRows(rows: readonly (readonly number[])[]): Field {
  const n = rows.length;
  if (n < 2 || rows.some(row => row.length !== n)) throw new RangeError(`a field of ${n} rows must be square`);
  return { n, data: Float32Array.from(rows.flat()) };
}

/** The first n × n values of a tensor whose last two axes are equal. Throws RangeError otherwise. */
export function fieldFromTensor({ shape, data }: { shape: readonly number[]; data: Float32Array }): Field {
  const [rows = 0, columns = 0] = shape.slice(-2);
  if (rows !== columns || rows < 2 || data.length < rows * rows)
    throw new RangeError(`shape [${shape}] is not a square field`);
  return { n: rows, data: data.subarray(0, rows * rows) };
}

/** Smallest and largest finite value; 0..0 when there is none. */
export function rangeOf({ data }: Field): Range {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of data) {
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return min <= max ? { min, max } : { min: 0, max: 0 };
}

/** Smallest range that holds both. */
export const unionOf = (a: Range, b: Range): Range => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) });

/** |a - b| at each node. */
export function absoluteError(a: Field, b: Field): Field {
  return { n: a.n, data: a.data.map((value, k) => Math.abs(value - (b.data[k] ?? Number.NaN))) };
}

/** ‖u - truth‖ / ‖truth‖ in the Euclidean norm over nodes. */
export function relativeL2(u: Field, truth: Field): number {
  let error = 0;
  let norm = 0;
  for (const [k, exact] of truth.data.entries()) {
    error += ((u.data[k] ?? Number.NaN) - exact) ** 2;
    norm += exact ** 2;
  }
  return Math.sqrt(error / norm);
}

/** Value of the node nearest to (x, y). */
export function nearestValue({ n, data }: Field, { x, y }: Point): number {
  return data[Math.round(y * (n - 1)) * n + Math.round(x * (n - 1))] ?? Number.NaN;
}

/** Bilinear interpolation between the four nodes around (x, y). */
export function bilinearValue({ n, data }: Field, { x, y }: Point): number {
  const i = Math.min(Math.floor(x * (n - 1)), n - 2);
  const j = Math.min(Math.floor(y * (n - 1)), n - 2);
  const s = x * (n - 1) - i;
  const t = y * (n - 1) - j;
  const at = (row: number, column: number) => data[row * n + column] ?? Number.NaN;
  return (1 - t) * ((1 - s) * at(j, i) + s * at(j, i + 1)) + t * ((1 - s) * at(j + 1, i) + s * at(j + 1, i + 1));
}

export interface Inclusion {
  readonly centre: Point;
  readonly radius: number;
  readonly value: number;
}

/** A copy of the field with `value` at every node within `radius` of the centre. */
export function paintInclusion({ n, data }: Field, { centre, radius, value }: Inclusion): Field {
  const painted = Float32Array.from(data);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) {
      const distance = Math.hypot(i / (n - 1) - centre.x, j / (n - 1) - centre.y);
      if (distance <= radius) painted[j * n + i] = value;
    }
  }
  return { n, data: painted };
}
