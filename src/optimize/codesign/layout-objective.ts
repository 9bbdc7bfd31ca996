// What a layout of channels is worth to a compression: the energy that survives in groups of neighbours.

/** One side of a weight matrix as a stream sees it: a row for each channel, a column for everything else. */
export interface ChannelMatrix {
  /** 'inner': the product sums over the channels; 'outer': it makes them. */
  readonly role: 'inner' | 'outer';
  readonly size: number;
  readonly features: number;
  /** The weights, size x features, row-major. */
  readonly values: Float32Array;
  /** What a row, and a column, is worth: how strong the activations are that its weights read. */
  readonly rowScale: Float32Array;
  readonly columnScale: Float32Array;
  /** For each feature, which part of the other axis it lies in, 0 to `chunks` - 1. */
  readonly chunkOf: Int32Array;
  readonly chunks: number;
}

/** Groups of neighbouring channels under one stream's matrices. */
export interface GroupScore {
  /** Channels of a group stand at consecutive places; their order inside does not matter. */
  readonly groupSize: number;
  /** Whether it matters which place a group has. */
  readonly placeMatters: boolean;
  /** What survives of the group at place `group`, the larger the better. */
  of(channels: ArrayLike<number>, group: number): number;
  /** Numbers that one look at a group costs. */
  readonly cost: number;
  /** What would survive at most, whatever the layout: a bound that need not be reached. */
  readonly bound: number;
}

export interface LayoutObjective {
  readonly name: string;
  /** Which sides of matrices it can tell layouts of apart. */
  readonly roles: readonly ('inner' | 'outer')[];
  /** Parts of the other axis that matter to it; 1 where none do. */
  chunksOf(otherSize: number): number;
  /** Whether parts of different matrices of a stack are different parts. */
  readonly isEachMatrixApart: boolean;
  /** Whether matrices of such sizes can be compressed so. */
  fits(size: number, otherSize: number): boolean;
  /** @param matrices in the order in which the channels stand now. */
  prepare(matrices: readonly ChannelMatrix[]): GroupScore;
}

const sumOf = <T>(items: Iterable<T>, f: (item: T) => number): number => {
  let sum = 0;
  for (const item of items) sum += f(item);
  return sum;
};

/** Energy of each weight as its product feels it. */
function energyAt({ values, features, rowScale, columnScale }: ChannelMatrix, row: number, feature: number): number {
  return (values[row * features + feature] * rowScale[row] * columnScale[feature]) ** 2;
}

function rowEnergies(matrix: ChannelMatrix): Float64Array {
  return Float64Array.from({ length: matrix.size }, (_, row) => {
    let sum = 0;
    for (let f = 0; f < matrix.features; f++) sum += energyAt(matrix, row, f);
    return sum;
  });
}

const energyOf = (matrices: readonly ChannelMatrix[]): number =>
  sumOf(matrices, matrix => sumOf(rowEnergies(matrix), value => value));

const featuresOf = (matrices: readonly ChannelMatrix[]): number => sumOf(matrices, ({ features }) => features);

/** The largest `keep` of the values seen, with what each is worth, for all features at once. */
class Largest {
  readonly #size: Float32Array;
  readonly #worth: Float32Array;

  constructor(
    readonly keep: number,
    readonly features: number,
  ) {
    this.#size = new Float32Array(keep * features);
    this.#worth = new Float32Array(keep * features);
  }

  clear(): void {
    this.#size.fill(-1);
    this.#worth.fill(0);
  }

  add(feature: number, size: number, worth: number): void {
    let [held, heldWorth] = [size, worth];
    for (let k = 0, at = feature; k < this.keep; k++, at += this.features) {
      if (held <= this.#size[at]) continue;
      const [out, outWorth] = [this.#size[at], this.#worth[at]];
      this.#size[at] = held;
      this.#worth[at] = heldWorth;
      [held, heldWorth] = [out, outWorth];
    }
  }

  get total(): number {
    return sumOf(this.#worth, value => value);
  }
}

/**
 * What is kept when of each `of` neighbouring inputs of an output the `keep` largest weights stay (N:M sparsity; Mishra et
 * al. 2021): their energy, or their plain magnitude as the literature on channel permutation counts it.
 */
export function keepOf(keep: number, of: number, measure: 'energy' | 'magnitude' = 'energy'): LayoutObjective {
  const worthOf = (matrix: ChannelMatrix, row: number, f: number): number =>
    measure === 'energy' ? energyAt(matrix, row, f) : Math.abs(matrix.values[row * matrix.features + f]);
  const kept = (matrix: ChannelMatrix, rows: ArrayLike<number>, largest: Largest): number => {
    largest.clear();
    for (let k = 0; k < rows.length; k++) {
      const row = rows[k];
      for (let f = 0; f < matrix.features; f++)
        largest.add(f, Math.abs(matrix.values[row * matrix.features + f]), worthOf(matrix, row, f));
    }
    return largest.total;
  };
  return {
    name: `${keep}:${of} ${measure} kept`,
    roles: ['inner'],
    chunksOf: () => 1,
    isEachMatrixApart: false,
    fits: size => size % of === 0 && size > of,
    prepare: matrices => {
      const scratch = matrices.map(({ features }) => new Largest(keep, features));
      const all = (size: number): number[] => Array.from({ length: size }, (_, row) => row);
      return {
        groupSize: of,
        placeMatters: false,
        cost: of * featuresOf(matrices),
        of: channels => {
          let sum = 0;
          for (let k = 0; k < matrices.length; k++) sum += kept(matrices[k], channels, scratch[k]);
          return sum;
        },
        // No grouping keeps more than the same part of each column, wherever its largest weights are.
        bound: sumOf(matrices, matrix =>
          kept(matrix, all(matrix.size), new Largest(Math.round((matrix.size * keep) / of), matrix.features)),
        ),
      };
    },
  };
}

/**
 * Energy less the error of rounding to `bits` with one scale for each `blockSize` inputs of an output: a uniform error
 * of width s = largest / (2^(bits-1) - 1) has the energy s²/12 for each weight.
 */
export function blockScales(bits: number, blockSize: number): LayoutObjective {
  const levels = 2 ** (bits - 1) - 1;
  const errorOf = (
    { values, features, rowScale }: ChannelMatrix,
    rows: ArrayLike<number>,
    most: Float32Array,
  ): number => {
    most.fill(0);
    let worth = 0;
    for (let k = 0; k < rows.length; k++) {
      worth += rowScale[rows[k]] ** 2;
      for (let f = 0, at = rows[k] * features; f < features; f++, at++) {
        const magnitude = Math.abs(values[at]);
        if (magnitude > most[f]) most[f] = magnitude;
      }
    }
    let squares = 0;
    for (let f = 0; f < features; f++) squares += most[f] * most[f];
    return (worth * squares) / (12 * levels * levels);
  };
  return {
    name: `${bits} bits, a scale for ${blockSize}: energy less error`,
    roles: ['inner'],
    chunksOf: () => 1,
    isEachMatrixApart: false,
    fits: size => size % blockSize === 0 && size > blockSize,
    prepare: matrices => {
      const energies = matrices.map(rowEnergies);
      const scratch = matrices.map(({ features }) => new Float32Array(features));
      return {
        groupSize: blockSize,
        placeMatters: false,
        cost: blockSize * featuresOf(matrices),
        of: channels => {
          let sum = 0;
          for (let k = 0; k < matrices.length; k++) {
            for (let c = 0; c < channels.length; c++) sum += energies[k][channels[c]];
            sum -= errorOf(matrices[k], channels, scratch[k]);
          }
          return sum;
        },
        bound: energyOf(matrices),
      };
    },
  };
}
