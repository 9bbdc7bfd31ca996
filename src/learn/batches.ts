// The order of training: a fresh shuffle and a fresh symmetry for every field in every epoch, from the seed and the epoch alone.
import { type Random, seededRandom } from '../base/index.js';
import type { DataSet } from './data-set.js';
import { type FieldRange, fieldsIn } from './split.js';
import { carry, type NodeMap } from './symmetries.js';
import type { HostArray } from './traced-arrays.js';
import type { FieldBatch } from './training-programs.js';

/** Labels of training's random streams begin here, far from those of the fields, which are numbered from 0. */
const firstLabel = 2 ** 30;

/** Stream 0 draws the first weights, stream 1 + k the order of epoch k. */
export const trainingStream = (seed: number, label: number): Random => seededRandom(seed).fork(firstLabel + label);

interface Order {
  readonly fields: Int32Array;
  readonly symmetries: Int32Array;
}

export interface BatchSource {
  /** Steps in an epoch: full batches only; what is left over takes its turn in another epoch's order. */
  readonly perEpoch: number;
  /** The batch of a step, the same whenever it is asked for. The arrays are new each time. */
  at(step: number): FieldBatch<HostArray>;
}

interface BatchOptions {
  readonly range: FieldRange;
  readonly batch: number;
  readonly seed: number;
  readonly symmetries: readonly NodeMap[];
}

export function batchSource(data: DataSet, { range, batch, seed, symmetries }: BatchOptions): BatchSource {
  const { n } = data;
  const size = n * n;
  const { inputs, outputs } = fieldsIn(data, range);
  const perEpoch = Math.floor(range.count / batch);
  const shape = [batch, n, n];
  let known = -1;
  let order: Order = orderOf(0);

  function orderOf(epoch: number): Order {
    const random = trainingStream(seed, 1 + epoch);
    const fields = random.shuffle(Int32Array.from({ length: range.count }, (_, k) => k));
    return { fields, symmetries: fields.map(() => random.integer(symmetries.length)) };
  }

  return {
    perEpoch,
    at(step) {
      const epoch = Math.floor(step / perEpoch);
      if (epoch !== known) {
        order = orderOf(epoch);
        known = epoch;
      }
      const [input, truth] = [new Float32Array(batch * size), new Float32Array(batch * size)];
      for (let slot = 0; slot < batch; slot++) {
        const place = (step % perEpoch) * batch + slot;
        const map = symmetries[order.symmetries[place]];
        const move = { map, from: order.fields[place] * size, to: slot * size };
        carry(inputs, input, move);
        carry(outputs, truth, move);
      }
      return { input: { dtype: 'FP32', shape, data: input }, truth: { dtype: 'FP32', shape, data: truth } };
    },
  };
}
