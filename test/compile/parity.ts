// Runs one function twice, by the tracer itself and natively, on the same seeded numbers, and compares.
import { fromFloat16, seededRandom, type Tensor, toFloat16 } from 'galerkin/base';
import { compileNative, np, type Spec, type Traced } from 'galerkin/compile';

export type Numbers = { readonly shape: readonly number[]; readonly values: readonly number[] };

const arrays = {
  float16: (values: readonly number[]) => Uint16Array.from(values, toFloat16),
  float32: (values: readonly number[]) => Float32Array.from(values),
  float64: (values: readonly number[]) => Float64Array.from(values),
  int32: (values: readonly number[]) => Int32Array.from(values),
  uint32: (values: readonly number[]) => Uint32Array.from(values),
  bool: (values: readonly number[]) => Uint8Array.from(values),
} as const;

export const f32 = (...shape: (number | 'batch')[]): Spec => ({ shape, dtype: 'float32' });

/** A tensor for the native side. */
export function tensor(dtype: Spec['dtype'], shape: readonly number[], values: readonly number[]): Tensor {
  switch (dtype) {
    case 'float16':
      return { dtype: 'FP16', shape, data: arrays.float16(values) };
    case 'float32':
      return { dtype: 'FP32', shape, data: arrays.float32(values) };
    case 'float64':
      return { dtype: 'FP64', shape, data: arrays.float64(values) };
    case 'int32':
      return { dtype: 'INT32', shape, data: arrays.int32(values) };
    case 'uint32':
      return { dtype: 'UINT32', shape, data: arrays.uint32(values) };
    case 'bool':
      return { dtype: 'BOOL', shape, data: arrays.bool(values) };
  }
}

/** The numbers of a tensor; halves as the numbers they stand for. */
export function numbersOf(result: Tensor): number[] {
  if (result.dtype === 'BYTES') return [];
  const values = Array.from<number | bigint, number>(result.data, Number);
  return result.dtype === 'FP16' ? values.map(fromFloat16) : values;
}

/** The same numbers for the tracer. */
export function traced(dtype: Spec['dtype'], shape: readonly number[], values: readonly number[]): Traced {
  if (dtype === 'bool')
    return np
      .array(arrays.int32(values))
      .reshape([...shape])
      .notEqual(0);
  if (dtype === 'float16')
    return np
      .array(arrays.float32(values))
      .reshape([...shape])
      .astype(np.float16);
  return np.array(arrays[dtype](values)).reshape([...shape]);
}

/** Seeded numbers that suit the element type: normal, or small whole ones. */
export function sample(spec: Spec, seed: number, batch = 3): Numbers {
  const shape = spec.shape.map(size => (size === 'batch' ? batch : size));
  const random = seededRandom(seed);
  const draw = {
    float16: random.normal,
    float32: random.normal,
    float64: random.normal,
    int32: () => random.integer(9) - 4,
    uint32: () => random.integer(9),
    bool: () => random.integer(2),
  };
  return { shape, values: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, draw[spec.dtype]) };
}

/** Largest difference, relative to the largest value of the truth. */
export function relativeDifference(got: ArrayLike<number | bigint>, truth: ArrayLike<number>): number {
  if (got.length !== truth.length) return Number.POSITIVE_INFINITY;
  let scale = 0;
  let difference = 0;
  for (let k = 0; k < truth.length; k++) {
    const [a, b] = [Number(got[k]), truth[k] ?? Number.NaN];
    if (Object.is(a, b) || a === b) continue;
    scale = Math.max(scale, Math.abs(b));
    difference = Math.max(difference, Math.abs(a - b));
    if (Number.isNaN(a) !== Number.isNaN(b)) return Number.POSITIVE_INFINITY;
  }
  for (const value of Array.from(truth)) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
  return difference === 0 ? 0 : difference / Math.max(scale, 1e-30);
}

export type ArrayFunction = (...args: Traced[]) => Traced[];

/** Runs `fn` both ways; returns the largest relative difference over all outputs, and the native program's operators. */
export async function parity(
  fn: ArrayFunction,
  specs: readonly Spec[],
  { seed = 1, values }: { seed?: number; values?: readonly (readonly number[])[] } = {},
): Promise<{ difference: number; byOperator: Readonly<Record<string, number>> }> {
  const inputs = specs.map((spec, k) => ({ ...sample(spec, seed + k), dtype: spec.dtype }));
  const given = inputs.map((input, k) => ({ ...input, values: values?.[k] ?? input.values }));
  const native = await compileNative(fn, [...specs], { threads: 1 });
  try {
    const results = await native.run(...given.map(({ dtype, shape, values: data }) => tensor(dtype, shape, data)));
    const truths = fn(...given.map(({ dtype, shape, values: data }) => traced(dtype, shape, data)));
    const differences = truths.map((truth, k) => {
      const result = results[k];
      if (result === undefined || result.dtype === 'BYTES') return Number.POSITIVE_INFINITY;
      const { shape } = truth;
      if (shape.length !== result.shape.length || shape.some((size, axis) => size !== result.shape[axis]))
        return Number.POSITIVE_INFINITY;
      return relativeDifference(result.data, truth.dataSync());
    });
    return { difference: Math.max(...differences), byOperator: native.report.byOperator };
  } finally {
    await native.close();
  }
}
