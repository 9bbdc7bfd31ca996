// Objectives of square blocks: those on the diagonal stay, or the strongest ones wherever they are.
import type { ChannelMatrix, GroupScore, LayoutObjective } from './layout-objective.js';

interface Table {
  readonly chunks: number;
  /** Energy of each channel in each chunk, size x chunks. */
  readonly energies: Float64Array;
}

function tableOf(matrix: ChannelMatrix, isWeighted: boolean): Table {
  const { size, features, values, chunkOf, chunks, rowScale, columnScale } = matrix;
  const energies = new Float64Array(size * chunks);
  for (let row = 0; row < size; row++) {
    for (let f = 0; f < features; f++) {
      const scale = isWeighted ? rowScale[row] * columnScale[f] : 1;
      energies[row * chunks + chunkOf[f]] += (values[row * features + f] * scale) ** 2;
    }
  }
  return { chunks, energies };
}

const total = (tables: readonly Table[]): number =>
  tables.reduce((sum, { energies }) => sum + energies.reduce((part, value) => part + value, 0), 0);

/** Adds up a group's channels, chunk by chunk. */
function blocksOf({ chunks, energies }: Table, channels: ArrayLike<number>, into: Float64Array): void {
  into.fill(0);
  for (let k = 0; k < channels.length; k++) {
    for (let c = 0, at = channels[k] * chunks; c < chunks; c++, at++) into[c] += energies[at];
  }
}

/** Energy of the weakest block that stays, when a share of all blocks of a matrix does. */
function thresholdOf(table: Table, size: number, { blockSize, share }: { blockSize: number; share: number }): number {
  const block = new Float64Array(table.chunks);
  const all: number[] = [];
  for (let row = 0; row + blockSize <= size; row += blockSize) {
    blocksOf(
      table,
      Array.from({ length: blockSize }, (_, k) => row + k),
      block,
    );
    all.push(...block);
  }
  all.sort((a, b) => b - a);
  return all[Math.min(all.length - 1, Math.round(share * all.length))] ?? 0;
}

/**
 * Energy kept when a share of the blocks of each matrix stays, the strongest by their plain norm. Which ones is a choice
 * over the whole matrix; with the threshold t of the present layout, the sum of max(energy - t, 0) bounds what is kept
 * from above but for a constant, and is exact where t stays (the dual of choosing the largest k).
 */
export function keepBlocks(blockSize: number, share: number): LayoutObjective {
  return {
    name: `${Math.round(100 * share)} % of ${blockSize}x${blockSize} blocks: energy above the threshold`,
    roles: ['inner', 'outer'],
    chunksOf: otherSize => Math.max(1, Math.floor(otherSize / blockSize)),
    isEachMatrixApart: true,
    fits: (size, otherSize) => size % blockSize === 0 && size > blockSize && otherSize % blockSize === 0,
    prepare: (matrices): GroupScore => {
      const tables = matrices.map(matrix => tableOf(matrix, false));
      const parts = tables.map((table, k) => ({
        table,
        threshold: thresholdOf(table, matrices[k].size, { blockSize, share }),
        block: new Float64Array(table.chunks),
      }));
      return {
        groupSize: blockSize,
        placeMatters: false,
        cost: blockSize * matrices.reduce((sum, { chunks }) => sum + chunks, 0),
        of: channels => {
          let sum = 0;
          for (const { table, threshold, block } of parts) {
            blocksOf(table, channels, block);
            for (const energy of block) if (energy > threshold) sum += energy - threshold;
          }
          return sum;
        },
        bound: total(tables),
      };
    },
  };
}

/** Energy inside `blocks` blocks on the diagonal: channel group g with the g-th part of the other axis. */
export function blockDiagonalEnergy(blocks: number): LayoutObjective {
  return {
    name: `${blocks} diagonal blocks: energy kept`,
    roles: ['inner', 'outer'],
    chunksOf: () => blocks,
    isEachMatrixApart: false,
    fits: (size, otherSize) => size % blocks === 0 && otherSize % blocks === 0 && size > blocks,
    prepare: (matrices): GroupScore => {
      const tables = matrices.map(matrix => tableOf(matrix, true));
      const groupSize = (matrices[0]?.size ?? blocks) / blocks;
      return {
        groupSize,
        placeMatters: true,
        cost: groupSize * matrices.length,
        of: (channels, group) => {
          let sum = 0;
          for (const { energies } of tables) {
            for (let k = 0; k < channels.length; k++) sum += energies[channels[k] * blocks + group];
          }
          return sum;
        },
        bound: total(tables),
      };
    },
  };
}
