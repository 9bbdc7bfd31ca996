// The weights around a stream as matrices with a row for each channel, for an objective to judge.
import { type Constant, floatsOf, type Model } from '../../graph/index.js';
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

/** A row for each channel; the features are all other places of the constant, in their order. */
function matrixOf({ constant, product, touch, energy }: Weights, objective: LayoutObjective): ChannelMatrix {
  const { innerAxis, outerAxis, role } = product;
  const otherAxis = role === 'inner' ? outerAxis : innerAxis;
  const [stride, otherStride, innerStride] = [touch.axis, otherAxis, innerAxis].map(axis => strideOf(constant, axis));
  const otherSize = constant.shape[otherAxis];
  const size = constant.shape[touch.axis] / touch.outer;
  const parts = objective.chunksOf(otherSize);
  const numbers = floatsOf(constant);
  const features = numbers.length / size;
  const values = new Float64Array(numbers.length);
  const chunkOf = new Int32Array(features);
  const filled = new Int32Array(size);
  const matrices = objective.isEachMatrixApart ? features / otherSize : 1;
  const seen = new Map<number, number>();
  for (let at = 0; at < numbers.length; at++) {
    const along = Math.floor(at / stride) % (touch.outer * size);
    const channel = along % size;
    const feature = filled[channel]++;
    const other = Math.floor(at / otherStride) % otherSize;
    const scale =
      energy === undefined ? 1 : Math.sqrt(energy[Math.floor(at / innerStride) % constant.shape[innerAxis]]);
    values[channel * features + feature] = numbers[at] * scale;
    if (channel > 0) continue;
    const matrix = (seen.get(other) ?? 0) % matrices;
    seen.set(other, matrix + 1);
    chunkOf[feature] = matrix * parts + Math.floor((other * parts) / otherSize);
  }
  return { role, size, features, values, chunkOf, chunks: parts * matrices };
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
