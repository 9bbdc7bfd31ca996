// Calibration: the model is run on samples with its values between as outputs, and each value's range is chosen from its histogram.
import {
  choiceOption,
  GalerkinError,
  integerOption,
  numberOption,
  optionSchema,
  resolveOptions,
} from '../../base/index.js';
import { GraphEditor, type Model, writeModel } from '../../graph/index.js';
import { openSession } from '../../runtime/index.js';
import type { Feeds } from '../feeds.js';
import { MagnitudeHistogram } from './histogram.js';
import { quantizable } from './static-operators.js';
import { entropyThreshold, percentileThreshold } from './threshold.js';

export const calibrationOptions = optionSchema({
  method: choiceOption(['minmax', 'entropy', 'percentile'], {
    doc: "How a range is chosen: 'minmax' keeps all, 'percentile' clips a given part, 'entropy' clips where least information is lost.",
    default: 'minmax',
  }),
  percentile: numberOption({
    doc: 'Part of the values that is not clipped, for percentile.',
    unit: '%',
    default: 99.99,
    min: 50,
    max: 100,
  }),
  bins: integerOption({ doc: 'Bins of a histogram; even.', default: 2048, min: 256, max: 65536 }),
});

export interface CalibrationOptions {
  /** @default 'minmax' */
  readonly method?: 'minmax' | 'entropy' | 'percentile';
  /** Percent of the values that is not clipped, 50 to 100. @default 99.99 */
  readonly percentile?: number;
  /** Bins of a histogram, 256 to 65536, even. @default 2048 */
  readonly bins?: number;
}

export interface Range {
  readonly least: number;
  readonly largest: number;
}

/** The range of every value that static quantization may want to round, by its name. */
export interface CalibrationTable {
  readonly method: string;
  readonly samples: number;
  readonly ranges: ReadonlyMap<string, Range>;
}

type Config = Required<CalibrationOptions>;

/** Names of values that quantization may round: all that products and the operators between them read and make. */
function watchedValues(model: Model): string[] {
  const editor = new GraphEditor(model.graph);
  const names = new Set<string>();
  for (const node of model.graph.nodes) {
    if (!quantizable(node)) continue;
    for (const name of [...node.inputs, ...node.outputs.slice(0, 1)])
      if (name !== '' && editor.constant(name) === undefined && editor.maker(name)?.operator !== 'Constant')
        names.add(name);
  }
  return [...names];
}

/** The model with values between as further outputs; the runtime finds their types. */
function watching({ graph, ...rest }: Model, names: readonly string[]): Model {
  const known = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name));
  const added = names.filter(name => !known.has(name)).map(name => ({ name, type: undefined }));
  return { ...rest, graph: { ...graph, outputs: [...graph.outputs, ...added] } };
}

function rangeOf(histogram: MagnitudeHistogram, { method, percentile }: Config): Range {
  const { least, largest } = histogram;
  if (method === 'minmax') return { least, largest };
  // Values on one side of zero have all 255 steps for their magnitudes, others half of them.
  const levels = least >= 0 || largest <= 0 ? 255 : 128;
  const threshold =
    method === 'percentile' ? percentileThreshold(histogram, percentile) : entropyThreshold(histogram, levels);
  return { least: Math.max(least, -threshold), largest: Math.min(largest, threshold) };
}

function fail(what: string, got: string): never {
  throw new GalerkinError('OPTIMIZE_INPUT_INVALID', { what, wanted: 'finite numbers', got });
}

/** @throws OPTIMIZE_INPUT_INVALID for no samples, and for values in them that are not finite. */
export function checkSamples(samples: readonly Feeds[]): void {
  if (samples.length === 0)
    throw new GalerkinError('OPTIMIZE_INPUT_INVALID', { what: 'Samples', wanted: 'at least one', got: 'none' });
  samples.forEach((feeds, k) => {
    for (const [name, tensor] of Object.entries(feeds)) {
      if (tensor.dtype !== 'FP32' && tensor.dtype !== 'FP64') continue;
      const at = tensor.data.findIndex(value => !Number.isFinite(value));
      if (at >= 0) fail(`Sample ${k}, input '${name}'`, `${tensor.data[at]} at ${at}`);
    }
  });
}

/**
 * Runs the model on every sample and chooses a range for each value between. Memory: the values between of one sample, and one
 * histogram a value. Time: one run a sample, without the runtime's fusions.
 * @param samples of what the model will be asked; a few dozen are enough where they cover it.
 * @throws OPTIONS_INVALID; OPTIMIZE_INPUT_INVALID for no samples, samples that are not finite, or that make values that are not;
 * what openSession and Session.run throw.
 */
export async function calibrate(
  model: Model,
  samples: readonly Feeds[],
  options: CalibrationOptions = {},
): Promise<CalibrationTable> {
  const config = resolveOptions('calibrate', calibrationOptions, options);
  if (config.bins % 2 === 1)
    throw new GalerkinError('OPTIONS_INVALID', { of: 'calibrate', faults: ['bins: must be even'] });
  checkSamples(samples);
  const names = new Set(watchedValues(model));
  const histograms = new Map<string, MagnitudeHistogram>();
  const session = await openSession(writeModel(watching(model, [...names])));
  try {
    for (const [k, feeds] of samples.entries()) {
      const values = { ...feeds, ...(await session.run(feeds)) };
      for (const name of names) {
        const value = values[name];
        if (value?.dtype !== 'FP32') continue;
        const histogram = histograms.get(name) ?? new MagnitudeHistogram(config.bins);
        if (!histogram.add(value.data)) fail(`Value '${name}' for sample ${k}`, 'one that is not');
        histograms.set(name, histogram);
      }
    }
  } finally {
    await session.close();
  }
  const method = config.method === 'percentile' ? `percentile ${config.percentile}` : config.method;
  const ranges = new Map([...histograms].map(([name, histogram]) => [name, rangeOf(histogram, config)]));
  return { method, samples: samples.length, ranges };
}
