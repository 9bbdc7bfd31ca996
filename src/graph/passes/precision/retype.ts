// Attributes that say an element type: constants inside nodes, and numbers of types, exchanged for the smaller type.
import { int, tensor } from '../../attributes.js';
import { constantOf } from '../../constant.js';
import { elementTypes } from '../../element-type.js';
import type { Attribute, Attributes, Node } from '../../model.js';
import { narrowedConstant } from './narrow-constant.js';
import type { Narrowing } from './options.js';

/** Attributes that hold a type's number, and the type that an operator makes where the attribute is left out. */
const typeAttributes: Readonly<Record<string, { readonly name: string; readonly absent?: 'float32' }>> = {
  Cast: { name: 'to' },
  EyeLike: { name: 'dtype' },
  Bernoulli: { name: 'dtype' },
  RandomNormal: { name: 'dtype', absent: 'float32' },
  RandomUniform: { name: 'dtype', absent: 'float32' },
  RandomNormalLike: { name: 'dtype' },
  RandomUniformLike: { name: 'dtype' },
  HannWindow: { name: 'output_datatype', absent: 'float32' },
  HammingWindow: { name: 'output_datatype', absent: 'float32' },
  BlackmanWindow: { name: 'output_datatype', absent: 'float32' },
};

/** Numbers written into a node as attributes of their own are float32; undefined for none. */
function writtenNumbers({ attributes }: Node): { shape: number[]; values: readonly number[] } | undefined {
  const { value_float: one, value_floats: many } = attributes;
  if (one?.kind === 'float') return { shape: [], values: [one.value] };
  return many?.kind === 'floats' ? { shape: [many.value.length], values: many.value } : undefined;
}

export interface Retyped {
  readonly node: Node;
  readonly clamped: number;
}

function withTensors(node: Node, narrowing: Narrowing): Retyped | undefined {
  let clamped = 0;
  const attributes: Record<string, Attribute> = {};
  for (const [key, attribute] of Object.entries(node.attributes)) {
    attributes[key] = attribute;
    if (attribute.kind !== 'tensor' || attribute.value.dtype !== narrowing.from) continue;
    const narrowed = narrowedConstant(attribute.value, narrowing);
    if (narrowed === undefined) return undefined;
    clamped += narrowed.clamped;
    attributes[key] = tensor(narrowed.constant);
  }
  return { node: { ...node, attributes }, clamped };
}

/** The node's own values instead of plain float32 numbers. */
function withWrittenNumbers(node: Node, narrowing: Narrowing): Retyped | undefined {
  const { from, to } = narrowing;
  if (from !== 'float32') return { node, clamped: 0 };
  if (node.operator === 'ConstantOfShape' && node.attributes.value === undefined) {
    const zero = tensor(constantOf('', to, { shape: [1], values: [0] }));
    return { node: { ...node, attributes: { ...node.attributes, value: zero } }, clamped: 0 };
  }
  const numbers = node.operator === 'Constant' ? writtenNumbers(node) : undefined;
  if (numbers === undefined) return { node, clamped: 0 };
  const narrowed = narrowedConstant(constantOf(node.outputs[0] ?? '', 'float32', numbers), narrowing);
  if (narrowed === undefined) return undefined;
  return { node: { ...node, attributes: { value: tensor(narrowed.constant) } }, clamped: narrowed.clamped };
}

function withType(node: Node, { from, to }: Narrowing): Node {
  const stated = Object.hasOwn(typeAttributes, node.operator) ? typeAttributes[node.operator] : undefined;
  if (stated === undefined) return node;
  const attribute = node.attributes[stated.name];
  const is = attribute?.kind === 'int' ? Number(attribute.value) === elementTypes[from].onnx : stated.absent === from;
  if (!is) return node;
  const attributes: Attributes = { ...node.attributes, [stated.name]: int(elementTypes[to].onnx) };
  return { ...node, attributes };
}

/** The node with every `from` in its attributes as `to`; undefined where its numbers would become 0. */
export function retyped(node: Node, narrowing: Narrowing): Retyped | undefined {
  if (node.domain !== '') return { node, clamped: 0 };
  const tensors = withTensors(withType(node, narrowing), narrowing);
  if (tensors === undefined) return undefined;
  const written = withWrittenNumbers(tensors.node, narrowing);
  return written && { node: written.node, clamped: tensors.clamped + written.clamped };
}
