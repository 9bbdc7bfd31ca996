// What a layout of channels is worth to a compression: how much of the weights' magnitude survives in groups of neighbours.

/** One side of a weight matrix as a stream sees it: a row for each channel, a column for everything else. */
export interface ChannelMatrix {
  /** 'inner': the product sums over the channels; 'outer': it makes them. */
  readonly role: 'inner' | 'outer';
  readonly size: number;
  readonly features: number;
  /** size x features, row-major; rows may be weighted by how strong their activations are. */
  readonly values: Float64Array;
  /** For each feature, which part of the other axis it lies in, 0 to `chunks` - 1. */
  readonly chunkOf: Int32Array;
  readonly chunks: number;
}

/** A group of neighbouring channels under one stream's matrices. */
export interface GroupScore {
  /** Channels of a group stand at consecutive places; their order inside does not matter. */
  readonly groupSize: number;
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
  prepare(matrices: readonly ChannelMatrix[]): GroupScore;
}

const total = (matrices: readonly ChannelMatrix[], f: (value: number) => number): number =>
  matrices.reduce((sum, { values }) => sum + values.reduce((part, value) => part + f(value), 0), 0);

const featuresOf = (matrices: readonly ChannelMatrix[]): number =>
  matrices.reduce((sum, { features }) => sum + features, 0);

/** The sum of the `count` largest. */
function largest(values: Float64Array, count: number): number {
  values.sort();
  let sum = 0;
  for (let k = Math.max(0, values.length - count); k < values.length; k++) sum += values[k];
  return sum;
}

/** Magnitudes kept when of each `of` neighbouring inputs of an output the `keep` largest stay (N:M sparsity; Mishra et al. 2021). */
export function keepOf(keep: number, of: number): LayoutObjective {
  return {
    name: `${keep}:${of} magnitude kept`,
    roles: ['inner'],
    chunksOf: () => 1,
    isEachMatrixApart: false,
    fits: size => size % of === 0 && size > of,
    prepare: matrices => ({
      groupSize: of,
      cost: of * featuresOf(matrices),
      of: channels => {
        const group = new Float64Array(channels.length);
        let sum = 0;
        for (const { values, features } of matrices) {
          for (let f = 0; f < features; f++) {
            for (let k = 0; k < group.length; k++) group[k] = Math.abs(values[channels[k] * features + f]);
            sum += largest(group, keep);
          }
        }
        return sum;
      },
      bound: matrices.reduce((sum, matrix) => sum + columnBound(matrix, keep / of), 0),
    }),
  };
}

/** The largest part of each column: no grouping of the rows keeps more. */
function columnBound({ values, size, features }: ChannelMatrix, part: number): number {
  let sum = 0;
  const column = new Float64Array(size);
  for (let f = 0; f < features; f++) {
    for (let k = 0; k < size; k++) column[k] = Math.abs(values[k * features + f]);
    sum += largest(column, Math.round(size * part));
  }
  return sum;
}

/** Energy of each channel in each chunk, over all matrices side by side. */
function chunkEnergies({ size, features, values, chunkOf, chunks }: ChannelMatrix): Float64Array {
  const energies = new Float64Array(size * chunks);
  for (let k = 0; k < size; k++) {
    for (let f = 0; f < features; f++) energies[k * chunks + chunkOf[f]] += values[k * features + f] ** 2;
  }
  return energies;
}

/** Energy kept when a share of the square blocks stays, the strongest of each row of blocks. */
export function keepBlocks(blockSize: number, share: number): LayoutObjective {
  return {
    name: `${Math.round(100 * share)} % of ${blockSize}x${blockSize} blocks, energy kept`,
    roles: ['inner', 'outer'],
    chunksOf: otherSize => Math.max(1, Math.floor(otherSize / blockSize)),
    isEachMatrixApart: true,
    fits: (size, otherSize) => size % blockSize === 0 && size > blockSize && otherSize % blockSize === 0,
    prepare: matrices => {
      const tables = matrices.map(matrix => ({ chunks: matrix.chunks, energies: chunkEnergies(matrix) }));
      return {
        groupSize: blockSize,
        cost: blockSize * matrices.reduce((sum, { chunks }) => sum + chunks, 0),
        of: channels => {
          let sum = 0;
          for (const { chunks, energies } of tables) {
            const blocks = new Float64Array(chunks);
            for (let k = 0; k < channels.length; k++) {
              for (let c = 0; c < chunks; c++) blocks[c] += energies[channels[k] * chunks + c];
            }
            sum += largest(blocks, Math.max(1, Math.round(share * chunks)));
          }
          return sum;
        },
        bound: total(matrices, value => value * value),
      };
    },
  };
}

/** Energy inside `blocks` blocks on the diagonal: channel group g with the g-th part of the other axis. */
export function blockDiagonalEnergy(blocks: number): LayoutObjective {
  return {
    name: `${blocks} diagonal blocks, energy kept`,
    roles: ['inner', 'outer'],
    chunksOf: () => blocks,
    isEachMatrixApart: false,
    fits: (size, otherSize) => size % blocks === 0 && otherSize % blocks === 0 && size > blocks,
    prepare: matrices => {
      const tables = matrices.map(chunkEnergies);
      return {
        groupSize: (matrices[0]?.size ?? blocks) / blocks,
        cost: ((matrices[0]?.size ?? blocks) / blocks) * matrices.length,
        of: (channels, group) => {
          let sum = 0;
          for (const energies of tables) {
            for (let k = 0; k < channels.length; k++) sum += energies[channels[k] * blocks + group];
          }
          return sum;
        },
        bound: total(matrices, value => value * value),
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
  return {
    name: `${bits} bits, a scale for ${blockSize}, energy less error`,
    roles: ['inner'],
    chunksOf: () => 1,
    isEachMatrixApart: false,
    fits: size => size % blockSize === 0 && size > blockSize,
    prepare: matrices => ({
      groupSize: blockSize,
      cost: blockSize * featuresOf(matrices),
      of: channels => {
        let sum = 0;
        for (const { values, features } of matrices) {
          for (let f = 0; f < features; f++) {
            let [most, energy] = [0, 0];
            for (let k = 0; k < channels.length; k++) {
              const magnitude = Math.abs(values[channels[k] * features + f]);
              most = Math.max(most, magnitude);
              energy += magnitude * magnitude;
            }
            sum += energy - (channels.length * (most / levels) ** 2) / 12;
          }
        }
        return sum;
      },
      bound: total(matrices, value => value * value),
    }),
  };
}
