// Host arrays and the tracer's: weights by name, and constants that a program carries inside.
import { elementCount, GalerkinError, type Random, type Tensor, type TensorOf } from '../base/index.js';
import { np, type Traced } from '../compile/index.js';

export type HostArray = TensorOf<'FP32'>;
/** The arrays of an operator (or of its gradient, or its moments), by name. */
export type Weights<Leaf> = { readonly [name: string]: Leaf };

/** Constants that were made since the program under way was begun. */
let made: Traced[] | undefined;

/** A constant of a program. */
export function constantArray(data: Float32Array | Int32Array, shape: readonly number[]): Traced {
  const dtype = data instanceof Int32Array ? np.int32 : np.float32;
  const array = np.array(data, { dtype, shape: [...shape] });
  made?.push(array);
  return array;
}

/** Runs `makeProgram`; of the constants that its function makes, the program keeps copies, and they themselves are freed. */
export function freeingConstants<T>(makeProgram: () => T): T {
  const [outer, own]: [typeof made, Traced[]] = [made, []];
  made = own;
  try {
    return makeProgram();
  } finally {
    made = outer;
    for (const array of own) array.dispose();
  }
}

/** Independent normal values with the given standard deviation. */
export function normalArray(random: Random, shape: readonly number[], deviation: number): HostArray {
  const data = Float32Array.from({ length: elementCount(shape) }, () => deviation * random.normal());
  return { dtype: 'FP32', shape, data };
}

export const zeroArray = (shape: readonly number[]): HostArray => ({
  dtype: 'FP32',
  shape,
  data: new Float32Array(elementCount(shape)),
});

/** Applies `change` to every array. */
export function mapWeights<From, To>(weights: Weights<From>, change: (leaf: From, name: string) => To): Weights<To> {
  return Object.fromEntries(Object.entries(weights).map(([name, leaf]) => [name, change(leaf, name)]));
}

/** The same tensor, known to hold 32-bit floats. */
export function asFloat32(tensor: Tensor): HostArray {
  if (tensor.dtype === 'FP32') return tensor;
  throw new GalerkinError('BUG', { what: `a program gave ${tensor.dtype} where FP32 was wanted` });
}

export const scalarArray = (value: number): HostArray => ({ dtype: 'FP32', shape: [], data: Float32Array.of(value) });
