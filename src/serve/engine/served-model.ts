// A model as the engine and the protocols see it: signature, guard and title, read once from its package.
import { type DType, elementCount } from '../../base/index.js';
import type { Tensors } from '../backends/backend.js';
import type { GuardBounds, GuardPolicy } from './guard-verdict.js';

export interface TensorSpec {
  readonly name: string;
  readonly dtype: DType;
  /** Of one item, without the batch axis; -1 stands for any size. */
  readonly dims: readonly number[];
  readonly unit: string;
  readonly description: string;
  /** Values outside are answered, and the answer says so. */
  readonly range?: readonly [number, number];
  /** NaN and infinities are refused. */
  readonly finite: boolean;
  /** A request may leave it out. */
  readonly optional?: boolean;
  /** Of an output: names of the classes by index, as its label_filename lists them. */
  readonly labels?: readonly string[];
}

export interface ServedGuard {
  readonly policy: GuardPolicy;
  readonly bounds: GuardBounds;
  /** The model in the same repository that replaces answers over the bound. */
  readonly fallback: string | undefined;
}

/** What a decoupled model does: which output feeds which input, and how many steps are answered. */
export interface Unroll {
  /** Input by output. */
  readonly feeds: ReadonlyMap<string, string>;
  /** Steps when the request does not say. */
  readonly steps: number;
  /** Steps that a request may ask for. */
  readonly maxSteps: number;
}

export interface ServedModel {
  readonly name: string;
  readonly version: string;
  readonly title: string;
  readonly backend: string;
  /** 0: the tensors carry no batch axis. */
  readonly maxBatchSize: number;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly guard: ServedGuard | undefined;
  /** Of a decoupled model: how it steps. */
  readonly unroll?: Unroll | undefined;
}

/** Shape on the wire: with the batch axis first, as -1, where the model has one. */
export function wireShape(model: ServedModel, spec: TensorSpec): readonly number[] {
  return model.maxBatchSize > 0 ? [-1, ...spec.dims] : spec.dims;
}

/** Who computes: a compiled surrogate, or a solver behind a backend of its own. */
export const answererOf = (model: ServedModel): 'surrogate' | 'solver' =>
  model.backend === 'onnxruntime' || model.backend === 'ensemble' ? 'surrogate' : 'solver';

/** True if `tensors` hold every output of `model` for that many items, in the model's datatypes and shapes. */
export function areOutputsOf(model: ServedModel, tensors: Tensors, items: number): boolean {
  return model.outputs.every(spec => {
    const tensor = Object.hasOwn(tensors, spec.name) ? tensors[spec.name] : undefined;
    if (tensor?.dtype !== spec.dtype) return false;
    const wanted = model.maxBatchSize > 0 ? [items, ...spec.dims] : spec.dims;
    const fits =
      tensor.shape.length === wanted.length && wanted.every((size, axis) => size === -1 || size === tensor.shape[axis]);
    return fits && tensor.data.length === elementCount(tensor.shape);
  });
}
