// Lowering: a traced program becomes ONNX bytes: views, matrix products, no dead nodes, nothing written out needlessly.
import { GalerkinError } from '../base/index.js';
import { argumentView, constantView, interpret } from './interpret.js';
import { materialize } from './layout/materialize.js';
import { tileGraph } from './layout/tiles/tile.js';
import { type ElementType, isElementType } from './onnx/element-type.js';
import { foldConstants } from './onnx/fold-constants.js';
import { type AttributeValue, Graph, type GraphNode, liveNodes, ownPrefix, readsOf } from './onnx/graph.js';
import type { FinishedGraph, GraphValue } from './onnx/serialize.js';
import { settle } from './rules/factor.js';
import { type BatchedGraph, joinBatch } from './symbolic.js';
import type { Program, ProgramValue, Recording } from './trace.js';
import { requireReady } from './tracer.js';

export interface LowerOptions {
  /** Names of the graph's inputs, in the order of the program's; paths of the arguments otherwise. */
  readonly inputNames?: readonly string[];
  /** Names of the graph's outputs; paths in the result otherwise. */
  readonly outputNames?: readonly string[];
}

export interface ModelValue {
  readonly name: string;
  readonly shape: readonly (number | 'batch')[];
  readonly dtype: ElementType;
}

export interface OnnxModel {
  readonly bytes: Uint8Array;
  readonly inputs: readonly ModelValue[];
  readonly outputs: readonly ModelValue[];
  readonly report: LoweringReport;
}

interface Names {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface LoweringReport {
  readonly nodes: number;
  readonly byOperator: Readonly<Record<string, number>>;
  /** Floating-point operations of all matrix products in one run; at the probe size where the batch is open. */
  readonly matmulFlops: number;
  /** Bytes of constants inside the model. */
  readonly constantBytes: number;
}

const pathNames = (values: readonly ProgramValue[], prefix: string): string[] =>
  values.map(({ path }) => (path === '' ? prefix : `${prefix}.${path}`));

/** Names must be as many as values, not empty, all different, and none of our own. @throws SPEC_INVALID */
function checkNames({ inputs, outputs }: Names, program: Program): void {
  const all = [...inputs, ...outputs];
  const proper = all.every(name => name !== '' && !name.startsWith(ownPrefix));
  const enough = inputs.length === program.inputs.length && outputs.length === program.outputs.length;
  if (proper && enough && new Set(all).size === all.length) return;
  throw new GalerkinError('SPEC_INVALID', {
    path: 'names of inputs and outputs',
    wanted: `${program.inputs.length} and ${program.outputs.length} different names that do not begin with '${ownPrefix}'`,
    got: `[${inputs.join(', ')}] and [${outputs.join(', ')}]`,
  });
}

/** A node over other names, its bodies too. */
function renameTensors(node: GraphNode, rename: (tensor: string) => string): GraphNode {
  const attributes = Object.entries(node.attributes).map(([key, value]): [string, AttributeValue] => {
    if (typeof value !== 'object' || !('body' in value)) return [key, value];
    const { nodes, inputs, outputs } = value.body;
    const renamed = outputs.map(one => ({ ...one, name: rename(one.name) }));
    return [key, { body: { nodes: nodes.map(inner => renameTensors(inner, rename)), inputs, outputs: renamed } }];
  });
  return {
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
    attributes: Object.fromEntries(attributes),
  };
}

/** Ends the graph: every output gets a tensor of its own, with its name. */
function nameOutputs(nodes: readonly GraphNode[], tensors: readonly string[], names: readonly string[]): GraphNode[] {
  const renamed = new Map<string, string>();
  const copies: GraphNode[] = [];
  const made = new Set(nodes.flatMap(node => node.outputs));
  tensors.forEach((tensor, k) => {
    const name = names[k] ?? '';
    if (made.has(tensor) && !renamed.has(tensor)) renamed.set(tensor, name);
    else copies.push({ operator: 'Identity', domain: '', inputs: [tensor], outputs: [name], attributes: {} });
  });
  const rename = (tensor: string): string => renamed.get(tensor) ?? tensor;
  return [...nodes, ...copies].map(node => renameTensors(node, rename));
}

/** Lowers one recording; large arrays are computed in tiles where it stands for one size only. */
function lowerRecording(recording: Recording, names: Names, tiled: boolean): BatchedGraph {
  const { jaxpr, constants, watch, batch } = recording;
  const graph = new Graph();
  const context = { graph, reciprocals: new WeakMap() };
  const views = jaxpr.inBinders.map((variable, k) => {
    const constant = constants[k];
    return constant === undefined
      ? argumentView(names.inputs[k - constants.length] ?? '', variable)
      : constantView(graph, constant);
  });
  const results = interpret({ context, watch, call: undefined, isOpen: batch !== 1 }, jaxpr, views);
  const tensors = results.map(view => materialize(graph, settle(graph, view)));
  const live = liveNodes(nameOutputs(graph.nodes, tensors, names.outputs), names.outputs);
  const shapes = new Map(
    jaxpr.inBinders.slice(constants.length).map(({ aval }, k) => [names.inputs[k] ?? '', aval.shape]),
  );
  const nodes = tiled ? tileGraph(live, { graph, inputs: shapes, outputs: names.outputs }) : live;
  const used = new Set(nodes.flatMap(readsOf));
  const kept = [...graph.constants.values()].filter(({ name }) => used.has(name));
  return { batch, nodes, constants: kept, matmulFlops: graph.matmulFlops };
}

function graphValues(values: readonly ProgramValue[], names: readonly string[]): GraphValue[] {
  return values.map(({ shape, dtype }, k) => {
    if (!isElementType(dtype))
      throw new GalerkinError('SPEC_INVALID', { path: names[k] ?? '', wanted: 'a supported dtype', got: dtype });
    return { name: names[k] ?? '', shape, dtype };
  });
}

function reportOf({ nodes, constants }: FinishedGraph, matmulFlops: number): LoweringReport {
  const byOperator: Record<string, number> = {};
  for (const { operator } of nodes) byOperator[operator] = (byOperator[operator] ?? 0) + 1;
  const constantBytes = constants.reduce((total, { data }) => total + data.byteLength, 0);
  return { nodes: nodes.length, byOperator, matmulFlops, constantBytes };
}

/**
 * Lowers a program to an ONNX model.
 * @throws PRIMITIVE_UNSUPPORTED with the source line; BATCH_NOT_SYMBOLIC; SPEC_INVALID for names that do not fit.
 */
export function lower(program: Program, options: LowerOptions = {}): OnnxModel {
  const { serialize } = requireReady('lower()');
  const names: Names = {
    inputs: options.inputNames ?? pathNames(program.inputs, 'in'),
    outputs: options.outputNames ?? pathNames(program.outputs, 'out'),
  };
  checkNames(names, program);
  const inputs = graphValues(program.inputs, names.inputs);
  const outputs = graphValues(program.outputs, names.outputs);
  const lowered = program.recordings.map(recording =>
    lowerRecording(recording, names, program.recordings.length === 1),
  );
  const joined = foldConstants(joinBatch(lowered, inputs), new Set(names.outputs));
  const finished = { nodes: joined.nodes, constants: joined.constants, inputs, outputs };
  return { bytes: serialize(finished), inputs, outputs, report: reportOf(finished, joined.matmulFlops) };
}
