// The weights around a stream as matrices with a row for each channel, for an objective to judge.
import { type Constant, floatsOf, lengthOf, type Model } from '../../graph/index.js';
import { type Energies, energyKey } from './activation-energy.js';
import type { ChannelMatrix, LayoutObjective } from './layout-objective.js';
import type { Stream, StreamProduct, Touch } from './streams.js';

export interface ChannelView {
  readonly model: Model;
  readonly objective: LayoutObjective;
  /** Mean squares of the inputs of products; without them every input counts alike. */
  readonly energies: Energies | undefined;
}

const isFloat = ({ dtype }: Constant): boolean => dtype === 'float32' || dtype === 'float64' || dtype === 'float16';

const strideOf = ({ shape }: Constant, axis: number): number =>
  shape.slice(axis + 1).reduce((product, each) => product * each, 1);

interface Weights {
  readonly constant: Constant;
  readonly product: StreamProduct;
  readonly touch: Touch;
  readonly energy: Float64Array | undefined;
}

/** How strong the activations are that a row, or a column, reads: root mean squares. */
function scalesOf(
  { constant, product, touch, energy }: Weights,
  { size, features }: { size: number; features: number },
) {
  const rowScale = new Float32Array(size).fill(1);
  const columnScale = new Float32Array(features).fill(1);
  if (energy === undefined) return { rowScale, columnScale };
  if (product.role === 'inner') {
    for (let row = 0; row < size; row++) {
      let sum = 0;
      for (let o = 0; o < touch.outer; o++) sum += energy[o * size + row];
      rowScale[row] = Math.sqrt(sum / touch.outer);
    }
    return { rowScale, columnScale };
  }
  const inner = product.innerAxis;
  let feature = 0;
  forEachPlace(constant, touch, ({ channel, at }) => {
    if (channel === 0)
      columnScale[feature++] = Math.sqrt(energy[Math.floor(at / strideOf(constant, inner)) % constant.shape[inner]]);
  });
  return { rowScale, columnScale };
}

/** All places of a constant in their order, with the channel that each belongs to. */
function forEachPlace(
  constant: Constant,
  { axis, outer }: Touch,
  visit: (place: { channel: number; at: number }) => void,
): void {
  const stride = strideOf(constant, axis);
  const size = constant.shape[axis] / outer;
  const count = lengthOf(constant);
  for (let at = 0; at < count; at++) visit({ channel: Math.floor(at / stride) % size, at });
}

/** A row for each channel; the features are all other places of the constant, in their order. */
function matrixOf(weights: Weights, objective: LayoutObjective): ChannelMatrix {
  const { constant, product, touch } = weights;
  const otherAxis = product.role === 'inner' ? product.outerAxis : product.innerAxis;
  const otherStride = strideOf(constant, otherAxis);
  const otherSize = constant.shape[otherAxis];
  const size = constant.shape[touch.axis] / touch.outer;
  const parts = objective.chunksOf(otherSize);
  const numbers = floatsOf(constant);
  const features = numbers.length / size;
  const values = new Float32Array(numbers.length);
  const chunkOf = new Int32Array(features);
  const filled = new Int32Array(size);
  const seen = new Int32Array(otherSize);
  const matrices = objective.isEachMatrixApart ? features / otherSize : 1;
  forEachPlace(constant, touch, ({ channel, at }) => {
    const feature = filled[channel]++;
    values[channel * features + feature] = numbers[at];
    if (channel > 0) return;
    const other = Math.floor(at / otherStride) % otherSize;
    chunkOf[feature] = (seen[other]++ % matrices) * parts + Math.floor((other * parts) / otherSize);
  });
  const scales = scalesOf(weights, { size, features });
  return { role: product.role, size, features, values, ...scales, chunkOf, chunks: parts * matrices };
}

/**
 * The matrices around a stream that the objective can tell layouts of apart: weights with a plain channel axis (not one
 * whose channels are spread over several places each) and sizes that the objective fits. Cost: O(weights).
 */
export function channelMatrices(stream: Stream, { model, objective, energies }: ChannelView): ChannelMatrix[] {
  return stream.products.flatMap(product => {
    const constant = model.graph.constants.get(product.weight);
    if (constant === undefined || !isFloat(constant) || !objective.roles.includes(product.role)) return [];
    const axis = product.role === 'inner' ? product.innerAxis : product.outerAxis;
    const otherSize = constant.shape[product.role === 'inner' ? product.outerAxis : product.innerAxis];
    const touch = stream.touches.find(each => each.constant === product.weight && each.axis === axis);
    if (touch === undefined || touch.inner !== 1 || !objective.fits(stream.size, otherSize)) return [];
    return [matrixOf({ constant, product, touch, energy: energies?.get(energyKey(product)) }, objective)];
  });
}
