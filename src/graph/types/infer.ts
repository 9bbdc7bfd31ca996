// Type and shape inference: what each value of a graph is, open sizes kept by their names. Where no rule is known it says nothing.

import { subgraphsOf } from '../attributes.js';
import { type Constant, integersOf, lengthOf } from '../constant.js';
import { localFunctions } from '../functions.js';
import type { Dimension, Graph, Model, Node, Value, ValueType } from '../model.js';
import { withSubgraphs } from '../names.js';
import { blockedDomain, blockedRules } from './blocked.js';
import { longestContent, tracers } from './content.js';
import { elementwiseRules } from './elementwise.js';
import { layoutRules } from './layout.js';
import { partRules } from './parts.js';
import { productRules } from './products.js';
import { reduceRules } from './reduce.js';
import { type Call, type Rules, type TensorType, typed } from './rule.js';
import { sourceRules } from './sources.js';
import { windowRules } from './windows.js';

const rules: Rules = {
  ...elementwiseRules,
  ...productRules,
  ...layoutRules,
  ...partRules,
  ...reduceRules,
  ...windowRules,
  ...sourceRules,
};

/** Operators of the runtime's own that the rules hold for. */
const contributed = new Set([
  ...['FusedMatMul', 'FusedGemm', 'FusedConv', 'Gelu', 'FastGelu', 'BiasGelu', 'QuickGelu', 'MatMulNBits'],
  ...['DynamicQuantizeMatMul', 'MatMulIntegerToFloat', 'QuantizeLinear', 'DequantizeLinear', 'SkipLayerNormalization'],
]);

/** Names in sight: those of a graph, then those of the graphs around it. */
class Sight {
  readonly types = new Map<string, TensorType>();
  readonly contents = new Map<string, readonly Dimension[]>();
  readonly constants: Map<string, Constant>;
  readonly #around: Sight | undefined;

  constructor(graph: Graph, around: Sight | undefined) {
    this.#around = around;
    const inputs = new Set(graph.inputs.map(({ name }) => name));
    this.constants = new Map([...graph.constants].filter(([name]) => !inputs.has(name)));
  }

  typeOf(name: string): TensorType | undefined {
    return this.types.get(name) ?? this.#around?.typeOf(name);
  }

  constantOf(name: string): Constant | undefined {
    return this.constants.get(name) ?? (this.types.has(name) ? undefined : this.#around?.constantOf(name));
  }

  contentOf(name: string): readonly Dimension[] | undefined {
    const traced = this.contents.get(name);
    if (traced !== undefined) return traced;
    const constant = this.constantOf(name);
    if (constant === undefined) return this.types.has(name) ? undefined : this.#around?.contentOf(name);
    const isSizes = /^u?int(8|16|32|64)$/u.test(constant.dtype) && lengthOf(constant) <= longestContent;
    return isSizes && constant.shape.length <= 1 ? integersOf(constant) : undefined;
  }
}

const tensorOf = (type: ValueType | undefined): TensorType | undefined => (type?.kind === 'tensor' ? type : undefined);

/** What is inferred, with sizes that the file states where inference has none; nothing where they contradict each other. */
function merged(inferred: TensorType | undefined, stated: TensorType | undefined): TensorType | undefined {
  if (inferred === undefined || stated === undefined) return inferred ?? stated;
  if (inferred.dtype !== stated.dtype) return undefined;
  if (inferred.shape === undefined || stated.shape === undefined)
    return typed(inferred.dtype, inferred.shape ?? stated.shape);
  if (inferred.shape.length !== stated.shape.length) return undefined;
  const other = stated.shape;
  const contradicts = inferred.shape.some(
    (size, axis) => typeof size === 'number' && typeof other[axis] === 'number' && size !== other[axis],
  );
  if (contradicts) return undefined;
  return typed(
    inferred.dtype,
    inferred.shape.map((size, axis) => (typeof size === 'number' ? size : (size ?? other[axis]))),
  );
}

interface Inference {
  readonly opsets: ReadonlyMap<string, number>;
  /** Operators that the model defines itself: their names say nothing. */
  readonly local: ReadonlySet<string>;
}

function callOf(node: Node, opset: number, sight: Sight): Call {
  return {
    node,
    opset,
    inputs: node.inputs.map(name => (name === '' ? undefined : sight.typeOf(name))),
    integers: at => sight.contentOf(node.inputs[at] ?? ''),
    constant: at => sight.constantOf(node.inputs[at] ?? ''),
  };
}

/** A loop's outputs are of its body's types, the condition left out; shapes may change from step to step, or grow an axis. */
function ofLoop(
  { operator, outputs }: Node,
  body: Sight | undefined,
  { outputs: inner }: Graph,
): (TensorType | undefined)[] {
  const before = operator === 'Loop' ? 1 : 0;
  return outputs.map((_, at) => typed(body?.typeOf(inner[at + before]?.name ?? '')?.dtype, undefined));
}

/** Both branches of an If give the outputs. */
function ofBodies(node: Node, bodies: readonly Sight[]): (TensorType | undefined)[] {
  const graphs = subgraphsOf(node);
  const [only] = graphs;
  if ((node.operator === 'Loop' || node.operator === 'Scan') && only !== undefined)
    return ofLoop(node, bodies[0], only);
  if (node.operator !== 'If') return [];
  return node.outputs.map((_, at) => {
    const types = graphs.map((graph, k) => bodies[k]?.typeOf(graph.outputs[at]?.name ?? ''));
    const [first, ...others] = types;
    if (first === undefined || others.some(other => other?.dtype !== first.dtype)) return undefined;
    const isOne = others.every(other => other?.shape?.length === first.shape?.length);
    const shape = first.shape?.map((size, axis) =>
      others.every(other => other?.shape?.[axis] === size) ? size : undefined,
    );
    return typed(first.dtype, isOne ? shape : undefined);
  });
}

function inferNode(node: Node, sight: Sight, { opsets, local }: Inference): (TensorType | undefined)[] {
  const isBlocked = node.domain === blockedDomain;
  const isKnown =
    isBlocked || node.domain === '' || (node.domain === 'com.microsoft' && contributed.has(node.operator));
  const table = isBlocked ? blockedRules : rules;
  const rule = Object.hasOwn(table, node.operator) ? table[node.operator] : undefined;
  if (!isKnown || rule === undefined || local.has(`${node.domain}:${node.operator}`)) return [];
  const call = callOf(node, opsets.get(node.domain) ?? 1, sight);
  const { value } = node.attributes;
  const [output = ''] = node.outputs;
  if (node.operator === 'Constant' && value?.kind === 'tensor') sight.constants.set(output, value.value);
  const types = [...rule(call)];
  const tracer = Object.hasOwn(tracers, node.operator) ? tracers[node.operator] : undefined;
  const [type] = types;
  const isSizes =
    (type?.dtype === 'int64' || type?.dtype === 'int32') && (type.shape === undefined || type.shape.length <= 1);
  if (tracer !== undefined && isSizes) {
    const content = tracer(node, { opset: call.opset, shape: at => call.inputs[at]?.shape, integers: call.integers });
    if (content !== undefined && content.length <= longestContent) sight.contents.set(output, content);
  }
  return types;
}

function inferGraph(graph: Graph, around: Sight | undefined, inference: Inference): { graph: Graph; sight: Sight } {
  const sight = new Sight(graph, around);
  const set = (name: string, type: TensorType | undefined) => {
    if (type !== undefined && name !== '') sight.types.set(name, type);
  };
  const stated = new Map([...graph.values.values(), ...graph.outputs].map(({ name, type }) => [name, tensorOf(type)]));
  for (const { name, dtype, shape } of graph.constants.values()) set(name, { dtype, shape });
  for (const { name, type } of graph.inputs) set(name, tensorOf(type));
  const nodes = graph.nodes.map(node => {
    const bodies: Sight[] = [];
    const changed = withSubgraphs(node, inner => {
      const result = inferGraph(inner, sight, inference);
      bodies.push(result.sight);
      return result.graph;
    });
    const types = bodies.length > 0 ? ofBodies(node, bodies) : inferNode(node, sight, inference);
    for (const [at, name] of node.outputs.entries()) set(name, merged(types[at], stated.get(name)));
    return changed;
  });
  const values = new Map(graph.values);
  const tensorValue = (name: string, type: TensorType): Value => ({ name, type: { kind: 'tensor', ...type } });
  for (const name of graph.nodes.flatMap(({ outputs }) => outputs)) {
    const type = sight.types.get(name);
    // What the file states against all rules is no longer said.
    if (type !== undefined) values.set(name, tensorValue(name, type));
    else if (stated.get(name) !== undefined) values.delete(name);
  }
  const outputs = graph.outputs.map(value => {
    const type = sight.types.get(value.name);
    return value.type === undefined && type !== undefined ? tensorValue(value.name, type) : value;
  });
  return { graph: { ...graph, nodes, values, outputs }, sight };
}

/**
 * Fills `values` of the graph and of the bodies inside it with dtype and shape, as far as they follow from the
 * inputs: open sizes keep their names, sizes that cannot be known are undefined, values of operators without a rule
 * are left out. Output types are filled where the file gives none. Cost: linear in the nodes.
 */
export function inferTypes(model: Model): Model {
  const inference = { opsets: model.opsets, local: localFunctions(model) };
  return { ...model, graph: inferGraph(model.graph, undefined, inference).graph };
}
