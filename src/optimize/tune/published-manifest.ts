// The manifest of an optimized version: what it came from, how it was made, how good it is, and how it runs best.
import { packageVersion } from '../../base/index.js';
import type { Manifest, ManifestDraft, RuntimeManifest, TensorManifest, TensorSpec } from '../../model/index.js';
import type { TuneReport } from '../report/tune-report.js';
import type { Source } from './source.js';

export const plainModelFile = 'model.onnx';

function described({ name, dtype, dims, unit, description, range, finite }: TensorSpec): TensorManifest {
  const tensor = { name, dtype, shape: [...dims], unit, description: description === '' ? name : description, finite };
  return range === undefined ? tensor : { ...tensor, range: [...range] };
}

/** Figures of quality count on only where the answers are the same; else they are measured anew, on the samples. */
function metricsOf({ chosen, variants, samples }: TuneReport, manifest: Manifest | undefined): Manifest['metrics'] {
  const accuracy = variants.find(({ id }) => id === chosen.variant)?.accuracy;
  const { testError, ...others } = manifest?.metrics ?? {};
  const metrics: Manifest['metrics'] = {
    ...others,
    latencyP50Ms: chosen.p50Ms,
    latencyP95Ms: chosen.p95Ms,
    itemsPerSecond: chosen.itemsPerSecond,
    distanceFromParent: accuracy?.deviation.relativeL2 ?? 0,
  };
  if (metrics.distanceFromParent === 0) return testError === undefined ? metrics : { ...metrics, testError };
  if (accuracy?.error === undefined) return metrics;
  return { ...metrics, testError: accuracy.error.after, testFields: samples.count };
}

export const runtimeOf = ({ chosen: { settings } }: TuneReport): RuntimeManifest => ({
  threads: settings.threads,
  instances: settings.instances,
  graphLevel: settings.graphLevel,
  preferredBatchSizes: settings.batch > 1 ? [settings.batch] : [],
});

/** What a package without a manifest says of itself. */
const imported = ({ package: model }: Source): Pick<ManifestDraft, 'title' | 'inputs' | 'outputs'> => ({
  title: `${model.name}, imported`,
  inputs: model.inputs.map(described),
  outputs: model.outputs.map(described),
});

function lineageOf(source: Source, report: TuneReport, nowMs: number): ManifestDraft['lineage'] {
  const { strategy, workload, chosen, baseline, machine, model } = report;
  const { name, version, manifest } = source.package;
  const optimized = {
    ...{ strategy, workload, machine, digest: model.digest },
    ...{ variant: chosen.variant, settings: chosen.settings, p50Ms: { before: baseline.p50Ms, after: chosen.p50Ms } },
  };
  return {
    ...manifest?.lineage,
    createdAt: new Date(nowMs).toISOString(),
    galerkinVersion: packageVersion(),
    recipe: { ...manifest?.lineage.recipe, optimized },
    ...(source.repository === undefined ? {} : { parent: `${name}/${version}` }),
  };
}

export function manifestOf(source: Source, report: TuneReport, nowMs: number): ManifestDraft {
  const { manifest, modelFile } = source.package;
  const { problem, normalisation, guard } = manifest ?? {};
  return {
    ...(manifest === undefined
      ? imported(source)
      : { title: manifest.title, inputs: manifest.inputs, outputs: manifest.outputs }),
    ...(problem && { problem }),
    ...(normalisation && { normalisation }),
    ...(guard && { guard }),
    metrics: metricsOf(report, manifest),
    onnx: { ...manifest?.onnx, model: modelFile ?? plainModelFile },
    lineage: lineageOf(source, report, nowMs),
    runtime: runtimeOf(report),
  };
}
