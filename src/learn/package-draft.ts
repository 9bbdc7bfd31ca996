// What a trained model and its solver look like as packages: configuration, manifest, files.

import {
  type Manifest,
  type ManifestDraft,
  modelConfig,
  type PackageDraft,
  samplesFile,
  type TensorManifest,
} from '../model/index.js';
import type { FieldSpec, Problem } from '../solve/index.js';
import { encodeNpz } from '../store/index.js';
import type { DataSet } from './data-set.js';
import { type ExportedPrograms, fieldNames, guardOutputs } from './export-programs.js';
import { exportedBatch } from './judge.js';
import { type FieldRange, fieldsIn } from './split.js';

function tensor({ name, unit, description, range, finite }: FieldSpec, n: number): TensorManifest {
  const grid = { axes: ['y', 'x'], spacing: 1 / (n - 1) };
  const described = { name, dtype: 'FP32' as const, shape: [n, n], unit, description, finite, grid };
  return range === undefined ? described : { ...described, range: [...range] };
}

const config = (name: string, { input, output }: ReturnType<typeof fieldNames>, n: number) => ({
  name,
  max_batch_size: exportedBatch,
  input: [{ name: input, data_type: 'TYPE_FP32' as const, dims: [n, n] }],
  output: [{ name: output, data_type: 'TYPE_FP32' as const, dims: [n, n] }],
});

/** The parts of the manifest that model and solver share. */
const shared = (problem: Problem, n: number, lineage: Manifest['lineage']): Omit<ManifestDraft, 'title'> => ({
  problem: { name: problem.name, n },
  inputs: problem.coefficients.map(spec => tensor(spec, n)),
  outputs: [tensor(problem.unknown, n)],
  lineage,
});

/** Held-out fields and their solutions, [count, n, n] under the problem's names. */
export function samplesOf(problem: Problem, data: DataSet, range: FieldRange): Uint8Array {
  const { input, output } = fieldNames(problem);
  const { inputs, outputs } = fieldsIn(data, range);
  const shape = [range.count, data.n, data.n];
  return encodeNpz({
    [input]: { dtype: 'float32', shape, data: inputs },
    [output]: { dtype: 'float32', shape, data: outputs },
  });
}

export interface SurrogateFacts {
  readonly n: number;
  readonly programs: ExportedPrograms;
  readonly samples: Uint8Array;
  readonly guard: Omit<NonNullable<Manifest['guard']>, 'policy' | 'mapOutput'>;
  readonly metrics: Manifest['metrics'];
  readonly lineage: Manifest['lineage'];
}

export function surrogateDraft(
  problem: Problem,
  place: { name: string; version: number },
  facts: SurrogateFacts,
): PackageDraft {
  const { n, programs, samples, guard, metrics, lineage } = facts;
  return {
    config: modelConfig({ ...config(place.name, fieldNames(problem), n), platform: 'onnxruntime_onnx' }),
    version: place.version,
    files: { 'model.onnx': programs.model, 'guard.onnx': programs.guard, [samplesFile]: samples },
    manifest: {
      ...shared(problem, n, lineage),
      title: `${problem.title}, learnt on ${n} x ${n} nodes`,
      normalisation: { method: 'Gaussian at each node, from training fields', inGraph: true },
      guard: { policy: 'annotate', ...guard, mapOutput: guardOutputs[2] },
      metrics,
      onnx: { model: 'model.onnx', guard: 'guard.onnx' },
    },
  };
}

/** The package that stands for the solver itself: it holds no program, only what it answers. */
export function solverDraft(
  problem: Problem,
  place: { name: string; version: number },
  { n, lineage }: Pick<SurrogateFacts, 'n' | 'lineage'>,
): PackageDraft {
  return {
    config: modelConfig({ ...config(place.name, fieldNames(problem), n), backend: 'galerkin_solver' }),
    version: place.version,
    files: {},
    manifest: { ...shared(problem, n, lineage), title: `${problem.title}, solved on ${n} x ${n} nodes` },
  };
}
