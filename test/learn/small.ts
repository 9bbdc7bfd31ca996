// A small data set and training that several tests share.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataSet, fieldStatistics, fno2d, gridSymmetries, makeDataSet, type TrainOptions } from 'galerkin/learn';
import { darcy } from 'galerkin/solve';
import { onTestFinished } from 'vitest';

export const n = 10;

/** A folder that lives as long as the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'galerkin-learn-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function solveSmallData(): Promise<DataSet> {
  const folder = await mkdtemp(join(tmpdir(), 'galerkin-learn-'));
  try {
    return await makeDataSet(darcy, { n, count: 40, seed: 3, folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

let solved: Promise<DataSet> | undefined;

/** Solved once a file. */
export function smallData(): Promise<DataSet> {
  solved ??= solveSmallData();
  return solved;
}

export function smallOperator({ inputs, outputs }: DataSet) {
  const symmetries = gridSymmetries(n);
  return fno2d({
    ...{ n, width: 4, modes: 3, layers: 2, headWidth: 6, padding: 2 },
    input: fieldStatistics(inputs, 32, symmetries),
    output: fieldStatistics(outputs, 32, symmetries),
  });
}

export const smallTraining: TrainOptions = {
  train: { first: 0, count: 32 },
  test: { first: 32, count: 8 },
  epochs: 5,
  batch: 8,
  learningRate: 1e-2,
  warmUp: 0.2,
  weightDecay: 1e-4,
  gradientWeight: 0.5,
  evaluateEvery: 2,
  seed: 7,
  symmetries: gridSymmetries(n),
  threads: 1,
};
