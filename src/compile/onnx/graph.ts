// An ONNX graph in the making: nodes and constants, equal ones built once, each named in the order of its making.
import { invariant } from '../../base/index.js';
import { type ElementArray, type ElementType, elementTypes } from './element-type.js';

/** Attributes of a node: whole numbers, lists of them, or text. */
export type Attributes = Readonly<Record<string, number | string | readonly number[]>>;

export interface GraphNode {
  readonly operator: string;
  /** '' is ONNX itself. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly output: string;
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
const contribOperators = new Set(['FusedMatMul', 'Gelu']);
/** Constants up to this size are compared by content. */
const comparedBytes = 4096;

export class Graph {
  readonly nodes: GraphNode[] = [];
  readonly constants = new Map<string, Constant>();
  /** Multiply-adds of the matrix products count as two. */
  matmulFlops = 0;
  readonly #nodeNames = new Map<string, string>();
  readonly #constantNames = new Map<string, string>();
  #count = 0;

  /** Adds a node with one output, or finds the equal one that exists. Returns the output's name. */
  node(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const key = `${operator}(${inputs.join(',')})${JSON.stringify(attributes)}`;
    const known = this.#nodeNames.get(key);
    if (known !== undefined) return known;
    const output = `${ownPrefix}t${this.#count++}`;
    const domain = contribOperators.has(operator) ? 'com.microsoft' : '';
    this.nodes.push({ operator, domain, inputs, output, attributes });
    this.#nodeNames.set(key, output);
    return output;
  }

  /** Adds a constant; small equal ones are shared. */
  constant(dtype: ElementType, shape: readonly number[], data: ElementArray): string {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const key = bytes.length <= comparedBytes ? `${dtype}|${shape}|${bytes.toString('latin1')}` : undefined;
    const known = key === undefined ? undefined : this.#constantNames.get(key);
    if (known !== undefined) return known;
    const name = `${ownPrefix}c${this.#count++}`;
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

/** The nodes that some output needs, in order: what nobody reads is dropped. */
export function liveNodes(nodes: readonly GraphNode[], outputs: readonly string[]): GraphNode[] {
  const live = new Set(outputs);
  const kept: GraphNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!live.has(node.output)) continue;
    kept.push(node);
    for (const input of node.inputs) live.add(input);
  }
  return kept.reverse();
}
