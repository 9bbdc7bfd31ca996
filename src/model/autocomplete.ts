// What a configuration leaves to the ONNX graph: data types, sizes, whether there is a batch axis, and batching.

import type { ValueFault } from './config/identify.js';
import type { InputConfig, ModelConfig, OutputConfig, TensorConfig } from './config/model-config.js';
import { modelConfig } from './config/model-config.js';
import { contradictions } from './contradictions.js';
import { dataTypeOf } from './data-types.js';
import type { GraphTensor, OnnxGraph } from './onnx/graph.js';

export interface CompletionOptions {
  /** The configuration gives max_batch_size, be it 0. */
  readonly saysBatch: boolean;
  /** For a graph whose first sizes are all free, when the configuration does not say; 0: no batching. */
  readonly defaultMaxBatchSize: number;
}

export interface Completed {
  readonly config: ModelConfig;
  readonly faults: readonly ValueFault[];
}

/** Inputs of the graph that the server feeds, and outputs that it keeps, for sequences: no client sees them. */
export function ownTensors({ sequence_batching: sequences }: ModelConfig): {
  inputs: Set<string>;
  outputs: Set<string>;
} {
  const { control_input: controls = [], state: states = [] } = sequences ?? {};
  return {
    inputs: new Set([...controls.map(({ name }) => name), ...states.map(state => state.input_name)]),
    outputs: new Set(states.map(state => state.output_name)),
  };
}

/** All first sizes are free. */
function canBatch({ inputs, outputs }: OnnxGraph): boolean {
  const seen = [...inputs.filter(({ hasDefault }) => !hasDefault), ...outputs];
  return seen.length > 0 && seen.every(({ shape }) => shape?.[0] === -1);
}

/** True if the sizes in the configuration count the first axis of the graph among them. */
function saysWholeShape(declared: readonly TensorConfig[], tensors: readonly GraphTensor[]): boolean {
  const byName = new Map(tensors.map(tensor => [tensor.name, tensor]));
  return declared.some(({ name, dims, reshape }) => {
    const rank = byName.get(name)?.shape?.length;
    return dims.length > 0 && rank !== undefined && (reshape?.shape ?? dims).length === rank;
  });
}

function batchSize(config: ModelConfig, graph: OnnxGraph, options: CompletionOptions): number {
  const { max_batch_size: said, input, output } = config;
  if (said > 0 || options.saysBatch || !canBatch(graph)) return said;
  if (saysWholeShape(input, graph.inputs) || saysWholeShape(output, graph.outputs)) return 0;
  return options.defaultMaxBatchSize;
}

/** Sizes of one item as clients see them; one that is a single number is sent as a vector of one. */
function sizesOf({ shape }: GraphTensor, batched: boolean): Pick<InputConfig, 'dims' | 'reshape'> {
  const dims = (shape ?? []).slice(batched ? 1 : 0);
  if (shape !== undefined && dims.length === 0) return { dims: [1], reshape: { shape: [] } };
  return { dims };
}

function fill<T extends TensorConfig>(declared: T, tensor: GraphTensor | undefined, batched: boolean): T {
  if (tensor === undefined) return declared;
  const saysType = declared.data_type !== 'TYPE_INVALID' || tensor.dtype === undefined;
  return {
    ...declared,
    data_type: saysType ? declared.data_type : dataTypeOf(tensor.dtype),
    ...(declared.dims.length > 0 ? {} : sizesOf(tensor, batched)),
  };
}

const plainInput = (name: string): InputConfig => ({
  name,
  data_type: 'TYPE_INVALID',
  dims: [],
  format: 'FORMAT_NONE',
  allow_ragged_batch: false,
  optional: false,
});
const plainOutput = (name: string): OutputConfig => ({ name, data_type: 'TYPE_INVALID', dims: [], label_filename: '' });

/** The declared tensors, or those of the graph when none is declared, each with what the graph says of it. */
function fillAll<T extends TensorConfig>(
  declared: readonly T[],
  tensors: readonly GraphTensor[],
  { batched, plain, own }: { batched: boolean; plain: (name: string) => T; own: ReadonlySet<string> },
): T[] {
  const byName = new Map(tensors.map(tensor => [tensor.name, tensor]));
  const seen = tensors.filter(({ name, hasDefault }) => !hasDefault && !own.has(name));
  const all = declared.length > 0 ? declared : seen.map(({ name }) => plain(name));
  return all.map(each => fill(each, byName.get(each.name), batched));
}

/** Dynamic batching goes on where nobody said how to batch. */
function defaultBatching(config: ModelConfig, max: number): Pick<ModelConfig, 'dynamic_batching'> {
  const isChosen = config.dynamic_batching !== undefined || config.sequence_batching !== undefined;
  if (max <= 1 || max === config.max_batch_size || isChosen) return {};
  return { dynamic_batching: modelConfig({ max_batch_size: max, dynamic_batching: {} }).dynamic_batching };
}

/**
 * Completes a configuration from the graph, as Triton does, and finds where the two contradict each other.
 * What the configuration says stays as it is.
 */
export function autocomplete(config: ModelConfig, graph: OnnxGraph, options: CompletionOptions): Completed {
  const max = batchSize(config, graph, options);
  const batched = max > 0;
  const own = ownTensors(config);
  const completed: ModelConfig = {
    ...config,
    max_batch_size: max,
    input: fillAll(config.input, graph.inputs, { batched, plain: plainInput, own: own.inputs }),
    output: fillAll(config.output, graph.outputs, { batched, plain: plainOutput, own: own.outputs }),
    ...defaultBatching(config, max),
  };
  return { config: completed, faults: contradictions(completed, graph, own.inputs) };
}
