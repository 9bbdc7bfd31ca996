// Where a configuration and the ONNX graph that it describes say different things; each fault names both.
import type { ValueFault } from './config/identify.js';
import type { ModelConfig, TensorConfig } from './config/model-config.js';
import { datatypeOf } from './data-types.js';
import type { GraphTensor, OnnxGraph } from './onnx/graph.js';

const listed = (names: Iterable<string>): string => [...names].map(name => `'${name}'`).join(', ') || 'none';

/** Two shapes can be one: where the graph fixes a size, the configuration says the same one. */
function fits(wanted: readonly number[], shape: readonly number[]): boolean {
  return wanted.length === shape.length && shape.every((size, k) => size === -1 || size === wanted[k]);
}

/** What is wrong with one tensor; undefined when nothing is. */
function tensorFault(declared: TensorConfig, tensor: GraphTensor, batched: boolean): string | undefined {
  const { data_type, dims, reshape } = declared;
  if (tensor.dtype === undefined) return `the graph's is ${tensor.kind}, which cannot be served`;
  if (datatypeOf(data_type) !== tensor.dtype) return `wanted ${tensor.dtype} as in the graph, got ${data_type}`;
  if (dims.length === 0) return 'wanted dims, because the graph does not say the shape';
  const badSize = tensor.shape?.find(size => size === 0);
  if (badSize !== undefined) return 'the graph fixes one of its sizes at 0, which cannot be served';
  const wanted = [...(batched ? [-1] : []), ...(reshape?.shape ?? dims)];
  if (tensor.shape === undefined || fits(wanted, tensor.shape)) return undefined;
  // A ragged batch is one long item: its elements one after another, without an axis for the batch.
  const isRagged = 'allow_ragged_batch' in declared && declared.allow_ragged_batch;
  if (isRagged && fits(wanted.slice(1), tensor.shape)) return undefined;
  const note = batched ? ', the first of them the batch, because max_batch_size is more than 0' : '';
  return `wanted sizes that fit [${tensor.shape}] of the graph, got [${wanted}]${note}`;
}

function sideFaults(field: 'input' | 'output', config: ModelConfig, tensors: readonly GraphTensor[]): ValueFault[] {
  const byName = new Map(tensors.map(tensor => [tensor.name, tensor]));
  return config[field].flatMap((declared, k): ValueFault[] => {
    const tensor = byName.get(declared.name);
    const missing = `the graph has no such ${field}; it has ${listed(byName.keys())}`;
    const text = tensor === undefined ? missing : tensorFault(declared, tensor, config.max_batch_size > 0);
    return text === undefined ? [] : [{ path: [field, k], text: `${field} '${declared.name}': ${text}` }];
  });
}

/**
 * All contradictions.
 * @param own inputs that the server feeds itself: controls and states of sequences.
 */
export function contradictions(config: ModelConfig, graph: OnnxGraph, own: ReadonlySet<string>): ValueFault[] {
  const declared = new Set(config.input.map(({ name }) => name));
  const names = new Set(graph.inputs.map(({ name }) => name));
  const faults = [...sideFaults('input', config, graph.inputs), ...sideFaults('output', config, graph.outputs)];
  for (const { name, hasDefault } of graph.inputs) {
    if (hasDefault || declared.has(name) || own.has(name)) continue;
    faults.push({ path: ['input'], text: `input: the graph wants '${name}' too, got only ${listed(declared)}` });
  }
  for (const name of own) {
    if (names.has(name)) continue;
    const text = `sequence_batching: the graph has no input '${name}'; it has ${listed(names)}`;
    faults.push({ path: ['sequence_batching'], text });
  }
  if (config.output.length === 0) faults.push({ path: ['output'], text: 'output: wanted at least one, got none' });
  return faults;
}
