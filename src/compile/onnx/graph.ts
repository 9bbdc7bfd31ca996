// An ONNX graph in the making: nodes and constants, equal ones built once, each named in the order of its making.
import { invariant } from '../../base/index.js';
import { type ElementArray, type ElementType, elementTypes } from './element-type.js';

/** The body of a Loop: reads what it likes of the graphs around it, and names of its own that no other graph has. */
export interface BodyGraph {
  readonly nodes: readonly GraphNode[];
  readonly inputs: readonly BodyValue[];
  readonly outputs: readonly BodyValue[];
}

/** A tensor at the door of a body. */
export interface BodyValue {
  readonly name: string;
  readonly dtype: ElementType;
  /** undefined where the sizes follow the batch. */
  readonly shape: readonly number[] | undefined;
}

/** One attribute: whole numbers, lists of them, text; floats and bodies are marked. */
export type AttributeValue =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly body: BodyGraph };

export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface GraphNode {
  readonly operator: string;
  /** '' is ONNX itself. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

export interface Constant {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  readonly data: ElementArray;
}

/** Begins the names of our own tensors; no name from outside may. */
export const ownPrefix = '#';
/** Contrib operators, by the domain that the runtime registers them in. */
const contribOperators = new Set(['FusedMatMul', 'Gelu', 'FastGelu', 'QuickGelu']);
/** Constants up to this size are compared by content. */
const comparedBytes = 4096;

export class Graph {
  readonly nodes: GraphNode[] = [];
  readonly constants = new Map<string, Constant>();
  /** Multiply-adds of the matrix products count as two. */
  matmulFlops = 0;
  readonly #nodeNames = new Map<string, readonly string[]>();
  readonly #constantNames = new Map<string, string>();
  #count = 0;

  /** `prefix` begins the names of everything made here; the body of a loop has one of its own. */
  constructor(readonly prefix: string = ownPrefix) {}

  /** A new name: of a tensor, a constant or a body. */
  name(kind: 't' | 'c' | 'b'): string {
    return `${this.prefix}${kind}${this.#count++}`;
  }

  /** Adds a node with one output, or finds the equal one that exists. Returns the output's name. */
  node(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const [output = ''] = this.several(operator, inputs, { attributes, outputs: 1 });
    return output;
  }

  /** The same for operators of several outputs; one that nobody reads costs nothing. */
  several(
    operator: string,
    inputs: readonly string[],
    { outputs: count, attributes = {} }: { outputs: number; attributes?: Attributes },
  ): readonly string[] {
    const told = Object.keys(attributes).length === 0 ? '' : JSON.stringify(attributes);
    const key = `${operator}(${inputs.join(',')})${told}`;
    const known = this.#nodeNames.get(key);
    if (known !== undefined) return known;
    const outputs = Array.from({ length: count }, () => this.name('t'));
    const domain = contribOperators.has(operator) ? 'com.microsoft' : '';
    this.nodes.push({ operator, domain, inputs, outputs, attributes });
    this.#nodeNames.set(key, outputs);
    return outputs;
  }

  /** Adds a constant; small equal ones are shared. */
  constant(dtype: ElementType, shape: readonly number[], data: ElementArray): string {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const key = bytes.length <= comparedBytes ? `${dtype}|${shape}|${bytes.toString('latin1')}` : undefined;
    const known = key === undefined ? undefined : this.#constantNames.get(key);
    if (known !== undefined) return known;
    const name = this.name('c');
    this.constants.set(name, { name, dtype, shape, data });
    if (key !== undefined) this.#constantNames.set(key, name);
    return name;
  }

  /** One-dimensional int64 constant: shapes, axes, starts and ends. */
  integers(values: readonly number[]): string {
    invariant(values.every(Number.isSafeInteger), `integers [${values}] are whole`);
    return this.constant('int64', [values.length], elementTypes.int64.array(values));
  }

  /** Scalar constant. */
  scalar(dtype: ElementType, value: number): string {
    const whole = dtype === 'int32' || dtype === 'uint32' || dtype === 'int64';
    return this.constant(dtype, [], elementTypes[dtype].array([whole ? Math.trunc(value) : value]));
  }
}

/** Names that a node reads: its inputs, and what its bodies take from around them. */
export function readsOf({ inputs, attributes }: GraphNode): string[] {
  const bodies = Object.values(attributes).flatMap(value =>
    typeof value === 'object' && 'body' in value ? [value.body] : [],
  );
  return bodies.length === 0 ? [...inputs] : [...inputs, ...bodies.flatMap(freeNames)];
}

function freeNames({ nodes, inputs, outputs }: BodyGraph): string[] {
  const own = new Set([...inputs.map(({ name }) => name), ...nodes.flatMap(node => node.outputs)]);
  return [...nodes.flatMap(readsOf), ...outputs.map(({ name }) => name)].filter(name => name !== '' && !own.has(name));
}

/** The nodes that some output needs, in order: what nobody reads is dropped. */
export function liveNodes(nodes: readonly GraphNode[], outputs: readonly string[]): GraphNode[] {
  const live = new Set(outputs);
  const kept: GraphNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some(output => live.has(output))) continue;
    kept.push(node);
    for (const input of readsOf(node)) live.add(input);
  }
  return kept.reverse();
}
