// Blocks of row-major arrays: copied into a larger block or out of one, and edges drawn out over padding.

/** What blocks are copied in: bytes of numbers, or strings. */
export interface Cells<T> {
  readonly length: number;
  copyWithin(target: number, start: number, end: number): unknown;
  fill(value: T, start: number, end: number): unknown;
}

export interface BlockCopy {
  /** Sizes of the two blocks; the part that both have is copied. The last axis counts cells: bytes, for numbers. */
  readonly fromShape: readonly number[];
  readonly toShape: readonly number[];
  /** Cell at which each block starts. */
  readonly fromStart: number;
  readonly toStart: number;
}

/** Copies the part that both blocks have, in the longest runs that lie together in both. `copy` moves one run of `length` cells. */
export function copyBlock(block: BlockCopy, copy: (from: number, to: number, length: number) => void): void {
  const { fromShape, toShape, fromStart, toStart } = block;
  const rank = fromShape.length;
  let run = 1;
  let inner = rank;
  // Axes of equal size at the end are one run; the first axis that differs ends it.
  while (inner > 0) {
    inner--;
    const from = fromShape[inner] ?? 0;
    const to = toShape[inner] ?? 0;
    run *= Math.min(from, to);
    if (from !== to) break;
  }
  if (run === 0) return;
  const fromStep = fromShape.slice(inner).reduce((a, b) => a * b, 1);
  const toStep = toShape.slice(inner).reduce((a, b) => a * b, 1);
  const visit = (axis: number, from: number, to: number): void => {
    if (axis === inner) {
      copy(fromStart + from * fromStep, toStart + to * toStep, run);
      return;
    }
    const fromSize = fromShape[axis] ?? 0;
    const toSize = toShape[axis] ?? 0;
    const common = Math.min(fromSize, toSize);
    for (let k = 0; k < common; k++) visit(axis + 1, from * fromSize + k, to * toSize + k);
  };
  visit(0, 0, 0);
}

/** Repeats the last valid slab of each axis over what lies behind it. Axes of valid size 0 are left as they are. */
export function drawOutEdges(
  cells: { copyWithin(target: number, start: number, end: number): unknown },
  start: number,
  valid: readonly number[],
  full: readonly number[],
): void {
  for (let axis = valid.length - 1; axis >= 0; axis--) {
    const [have = 0, want = 0] = [valid[axis], full[axis]];
    if (have >= want || have === 0) continue;
    const slab = full.slice(axis + 1).reduce((a, b) => a * b, 1);
    const visit = (outer: number, place: number): void => {
      if (outer < axis) {
        for (let k = 0; k < (valid[outer] ?? 0); k++) visit(outer + 1, place * (full[outer] ?? 0) + k);
        return;
      }
      const at = start + place * want * slab;
      for (let k = have; k < want; k++) cells.copyWithin(at + k * slab, at + (have - 1) * slab, at + have * slab);
    };
    visit(0, 0);
  }
}
