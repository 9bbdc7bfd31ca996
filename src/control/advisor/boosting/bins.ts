// Features cut into at most 63 bins at quantiles of the training rows, so that a split is looked for among few places.

/** Rows of numbers, one after another; NaN is missing. */
export interface Table {
  readonly columns: number;
  readonly rows: Float32Array;
}

export interface Binned {
  readonly columns: number;
  readonly count: number;
  /** By column, then row. 0 is missing, 1 and up are bins in order. */
  readonly bins: Uint8Array;
  /** For each column the values after which a bin ends, ascending: bin b holds values up to edges[b - 1]; the last bin is open. */
  readonly edges: readonly Float32Array[];
}

const mostEdges = 62;

/** Values between which quantiles of a column lie; at most 62, each different. */
function edgesOf(values: Float32Array): Float32Array {
  const sorted = values.filter(value => !Number.isNaN(value)).sort();
  const edges = new Set<number>();
  for (let k = 1; k <= mostEdges; k++) {
    const at = Math.floor((k * sorted.length) / (mostEdges + 1));
    // The last value of a column parts nothing.
    if (at < sorted.length && sorted[at] < sorted[sorted.length - 1]) edges.add(sorted[at]);
  }
  return Float32Array.from(edges);
}

/** Index of the first edge that is not below the value, plus 1; 0 for NaN. */
function binOf(edges: Float32Array, value: number): number {
  if (Number.isNaN(value)) return 0;
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low + 1;
}

export function binTable({ columns, rows }: Table): Binned {
  const count = rows.length / columns;
  const bins = new Uint8Array(rows.length);
  const edges = Array.from({ length: columns }, (_, column) => {
    const values = Float32Array.from({ length: count }, (_, row) => rows[row * columns + column]);
    const found = edgesOf(values);
    for (let row = 0; row < count; row++) bins[column * count + row] = binOf(found, values[row]);
    return found;
  });
  return { columns, count, bins, edges };
}
