// Attributes of nodes: made from plain values, and read with a default.
import type { Constant } from './constant.js';
import type { Attribute, Graph, Node } from './model.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const int = (value: number): Attribute => ({ kind: 'int', value: BigInt(value) });
export const ints = (values: readonly number[]): Attribute => ({ kind: 'ints', value: values.map(BigInt) });
export const float = (value: number): Attribute => ({ kind: 'float', value });
export const floats = (values: readonly number[]): Attribute => ({ kind: 'floats', value: values });
export const text = (value: string): Attribute => ({ kind: 'text', value: encoder.encode(value) });
export const tensor = (value: Constant): Attribute => ({ kind: 'tensor', value });
export const graph = (value: Graph): Attribute => ({ kind: 'graph', value });

/** A whole-number attribute. */
export function intOf(node: Node, name: string, otherwise: number): number;
export function intOf(node: Node, name: string): number | undefined;
export function intOf(node: Node, name: string, otherwise?: number): number | undefined {
  const attribute = node.attributes[name];
  return attribute?.kind === 'int' ? Number(attribute.value) : otherwise;
}

export function intsOf(node: Node, name: string): number[] | undefined {
  const attribute = node.attributes[name];
  return attribute?.kind === 'ints' ? attribute.value.map(Number) : undefined;
}

export function floatOf(node: Node, name: string, otherwise: number): number {
  const attribute = node.attributes[name];
  return attribute?.kind === 'float' ? attribute.value : otherwise;
}

export function textOf(node: Node, name: string, otherwise: string): string {
  const attribute = node.attributes[name];
  return attribute?.kind === 'text' ? decoder.decode(attribute.value) : otherwise;
}

/** The bodies of a Loop, an If or a Scan. */
export const subgraphsOf = (node: Node): readonly Graph[] =>
  Object.values(node.attributes).flatMap(attribute =>
    attribute.kind === 'graph' ? [attribute.value] : attribute.kind === 'graphs' ? attribute.value : [],
  );
