// Implicit state: what a model says of a sequence so far, kept by the server between its requests and fed to it with the next one.
import { type DType, elementCount, GalerkinError, type Tensor } from '../../base/index.js';
import { dtypeOf, type ModelConfig, type ModelPackage } from '../../model/index.js';
import type { Tensors } from '../backends/backend.js';
import { decodeBytesElements, gatherItems, isFixed, ownBuffer, tensorOver, wantedBytes } from '../tensors/bytes.js';
import { zeros } from './data-tensor.js';

type StateConfig = NonNullable<ModelConfig['sequence_batching']>['state'][number];

export interface State {
  readonly input: string;
  readonly output: string;
  readonly dtype: DType;
  /** What a sequence starts with: one row. */
  readonly initial: Tensor;
  /** Its size differs from one sequence to another. */
  readonly isFree: boolean;
}

function fromFile(bytes: Uint8Array, dtype: DType, shape: readonly number[]): Tensor | undefined {
  if (isFixed(dtype)) {
    return bytes.byteLength === wantedBytes(dtype, shape) ? tensorOver(dtype, shape, ownBuffer(bytes)) : undefined;
  }
  const data = decodeBytesElements(bytes);
  return data?.length === elementCount(shape) ? { dtype: 'BYTES', shape, data } : undefined;
}

async function readState(model: ModelPackage, config: StateConfig): Promise<State> {
  const { input_name: input, output_name: output, data_type, dims } = config;
  const refuse = (why: string): never => {
    throw new GalerkinError('MODEL_UNSERVABLE', { model: model.name, why: `its state '${input}' ${why}` });
  };
  const dtype = dtypeOf(data_type) ?? refuse(`has no datatype that is served (${data_type})`);
  const [stated] = config.initial_state;
  if (stated !== undefined && stated.data_type !== data_type)
    refuse(`is ${data_type}, but its initial state ${stated.data_type}`);
  const initialDims = stated === undefined || stated.dims.length === 0 ? dims : stated.dims;
  const fits = initialDims.length === dims.length && dims.every((size, k) => size === -1 || initialDims[k] === size);
  if (!fits) refuse(`has the sizes [${dims}], but its initial state [${initialDims}]`);
  const shape = [...(model.config.max_batch_size > 0 ? [1] : []), ...initialDims.map(Math.abs)];
  const file = stated?.data_file;
  const initial =
    file === undefined
      ? zeros(dtype, shape)
      : (fromFile(await model.sharedFile(`initial_state/${file}`), dtype, shape) ??
        refuse(`wants [${shape}] of ${dtype} in initial_state/${file}, which holds something else`));
  return { input, output, dtype, initial, isFree: dims.includes(-1) };
}

/** @throws MODEL_UNSERVABLE, and PACKAGE_INVALID for an initial state whose file is not there */
export function readStates(model: ModelPackage): Promise<readonly State[]> {
  return Promise.all((model.config.sequence_batching?.state ?? []).map(state => readState(model, state)));
}

/** Adds the states that a row starts from: those `kept`, or the initial ones. */
export function writeStates(states: readonly State[], kept: Tensors | undefined, into: Record<string, Tensor>): void {
  for (const { input, initial } of states) into[input] = kept?.[input] ?? initial;
}

/**
 * The states after a row, by their inputs' names; copied out of a larger batch, which would otherwise stay in memory with them.
 * @throws MODEL_UNSERVABLE if the graph does not give them
 */
export function statesAfter(
  states: readonly State[],
  outputs: Tensors,
  { model, row, rows }: { readonly model: string; readonly row: number; readonly rows: number },
): Tensors {
  const kept: Record<string, Tensor> = {};
  for (const { input, output, dtype } of states) {
    const tensor = outputs[output];
    if (tensor?.dtype !== dtype) {
      const why = `its graph gives ${tensor === undefined ? 'nothing' : tensor.dtype} as '${output}', which is the next '${input}' (${dtype})`;
      throw new GalerkinError('MODEL_UNSERVABLE', { model, why });
    }
    kept[input] = rows === 1 ? tensor : gatherItems(tensor, [row]);
  }
  return kept;
}
