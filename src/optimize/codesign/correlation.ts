// Correlations of the channels of a stream over a calibration set, summed up in float64 as samples go by.
import { GalerkinError, type Tensor } from '../../base/index.js';
import { type Model, writeModel } from '../../graph/index.js';
import { openSession } from '../../runtime/index.js';
import type { Feeds } from '../feeds.js';
import type { Carrier, Stream } from './streams.js';

export interface Correlation {
  readonly stream: string;
  readonly size: number;
  /** Pearson's correlation of channel i with channel j, size x size; a channel that never varies has 0 with others, 1 with itself. */
  readonly matrix: Float64Array;
  /** Mean square of each channel: what a weight that reads it is worth. */
  readonly energy: Float64Array;
  /** Rows (sample and place) that it was taken from. */
  readonly rows: number;
}

/** Sums over rows: of each channel, and of each product of two. */
class Moments {
  rows = 0;
  readonly sums: Float64Array;
  readonly products: Float64Array;

  constructor(readonly size: number) {
    this.sums = new Float64Array(size);
    this.products = new Float64Array(size * size);
  }

  add(row: Float64Array): void {
    const { size, sums, products } = this;
    this.rows++;
    for (let i = 0; i < size; i++) {
      const x = row[i];
      sums[i] += x;
      if (x === 0) continue;
      for (let j = i, at = i * size + i; j < size; j++, at++) products[at] += x * row[j];
    }
  }
}

/** The rows of a value: all channels at one place of one sample. At most `limit`, evenly spread. */
function* rowsOf(tensor: Tensor, { axis, outer, inner }: Carrier, { size, limit }: { size: number; limit: number }) {
  const { data, shape } = tensor;
  const after = shape.slice(axis + 1).reduce((product, each) => product * each, 1) * inner;
  const before = shape.slice(0, axis).reduce((product, each) => product * each, 1) * outer;
  const count = before * after;
  const taken = Math.min(count, limit);
  const row = new Float64Array(size);
  for (let k = 0; k < taken; k++) {
    const at = Math.floor((k * count) / taken);
    const start = Math.floor(at / after) * size * after + (at % after);
    for (let channel = 0; channel < size; channel++) row[channel] = Number(data[start + channel * after]);
    yield row;
  }
}

function correlationOf(stream: Stream, { rows, sums, products, size }: Moments): Correlation {
  const mean = sums.map(sum => sum / rows);
  const variance = Float64Array.from({ length: size }, (_, k) =>
    Math.max(0, products[k * size + k] / rows - mean[k] ** 2),
  );
  const energy = Float64Array.from({ length: size }, (_, k) => products[k * size + k] / rows);
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      const covariance = products[i * size + j] / rows - mean[i] * mean[j];
      const scale = Math.sqrt(variance[i] * variance[j]);
      // What is left of a mean after rounding is no variance.
      const isSteady = variance[i] <= 1e-12 * energy[i] || variance[j] <= 1e-12 * energy[j];
      const value = i === j ? 1 : isSteady || scale === 0 ? 0 : Math.max(-1, Math.min(1, covariance / scale));
      matrix[i * size + j] = value;
      matrix[j * size + i] = value;
    }
  }
  return { stream: stream.name, size, matrix, energy, rows };
}

/** The value that best stands for a stream: what a product reads, else the last that carries it. */
export function carrierOf({ products, carriers }: Stream): Carrier | undefined {
  const read = new Set(products.filter(({ role }) => role === 'inner').map(({ activation }) => activation));
  return carriers.find(({ value }) => read.has(value)) ?? carriers[carriers.length - 1];
}

export interface CorrelationOptions {
  /** Rows of each stream at most, over all samples. */
  readonly rows: number;
}

/**
 * Runs the model on all samples with one value of each stream as a further output, and correlates its channels.
 * Memory: 8·n² bytes for each stream of n channels; time: rows·n²/2 multiplications besides the runs.
 * @throws OPTIMIZE_INPUT_INVALID for no samples or values that are not finite; what the runtime throws.
 */
export async function correlationsOf(
  model: Model,
  streams: readonly Stream[],
  { samples, rows }: CorrelationOptions & { readonly samples: readonly Feeds[] },
): Promise<Correlation[]> {
  const carried = streams.flatMap(stream => {
    const carrier = carrierOf(stream);
    return carrier === undefined ? [] : [{ stream, carrier, moments: new Moments(stream.size) }];
  });
  const wanted = [...new Set(carried.map(({ carrier }) => carrier.value))];
  const outputs = wanted.map(name => model.graph.values.get(name) ?? { name, type: undefined });
  const probe: Model = { ...model, graph: { ...model.graph, outputs } };
  if (wanted.length === 0) return [];
  const session = await openSession(writeModel(probe), { threads: 1, spin: false });
  try {
    const limit = Math.max(1, Math.ceil(rows / samples.length));
    for (const feeds of samples) {
      const values = await session.run(feeds);
      for (const { stream, carrier, moments } of carried) {
        const tensor = values[carrier.value];
        if (tensor === undefined) continue;
        for (const row of rowsOf(tensor, carrier, { size: stream.size, limit })) moments.add(row);
      }
    }
  } finally {
    await session.close();
  }
  return carried.map(({ stream, moments }) => finite(correlationOf(stream, moments)));
}

function finite(correlation: Correlation): Correlation {
  if (correlation.rows > 0 && correlation.matrix.every(Number.isFinite)) return correlation;
  throw new GalerkinError('OPTIMIZE_INPUT_INVALID', {
    what: `activations of stream '${correlation.stream}'`,
    wanted: 'finite numbers from at least one sample',
    got: correlation.rows === 0 ? 'no samples' : 'infinite or undefined ones',
  });
}
