// Constant nodes become constants of the graph, so that every other pass sees one kind only; sizes that are known become constants.
import { intOf } from '../attributes.js';
import { type Constant, constantOf } from '../constant.js';
import type { Node } from '../model.js';
import { allKnown, axisOf } from '../types/rule.js';
import { wholeNumbersOf } from './identities.js';
import { type Rewrite, rewritePass, type Scope } from './pass.js';

function statedValue({ attributes }: Node, name: string): Constant | undefined {
  const { value, value_float, value_floats, value_int, value_ints, value_string, value_strings } = attributes;
  const texts = (shape: readonly number[], list: readonly Uint8Array[]): Constant => ({
    name,
    dtype: 'string',
    shape,
    bytes: new Uint8Array(),
    texts: list,
  });
  const whole = (shape: readonly number[], list: readonly bigint[]): Constant => ({
    name,
    dtype: 'int64',
    shape,
    bytes: new Uint8Array(BigInt64Array.from(list).buffer),
  });
  if (value?.kind === 'tensor') return { ...value.value, name };
  if (value_float?.kind === 'float') return constantOf(name, 'float32', { shape: [], values: [value_float.value] });
  if (value_floats?.kind === 'floats')
    return constantOf(name, 'float32', { shape: [value_floats.value.length], values: value_floats.value });
  if (value_int?.kind === 'int') return whole([], [value_int.value]);
  if (value_ints?.kind === 'ints') return whole([value_ints.value.length], value_ints.value);
  if (value_string?.kind === 'text') return texts([], [value_string.value]);
  if (value_strings?.kind === 'texts') return texts([value_strings.value.length], value_strings.value);
  return undefined;
}

/** The constant takes the place of the node. An output of the graph stays a copy of it, as the runtime wants a maker. */
export function fold(node: Node, constant: Constant, { editor }: Scope): boolean {
  const [output = ''] = node.outputs;
  if (!editor.isOutput(output)) {
    editor.remove(node);
    editor.putConstant({ ...constant, name: output });
    return true;
  }
  const name = editor.putConstant({ ...constant, name: editor.fresh(`${output}_value`) });
  editor.replace(node, { ...node, operator: 'Identity', domain: '', inputs: [name], attributes: {} });
  return true;
}

const constantNode: Rewrite = (node, scope) => {
  const constant = scope.is(node, 'Constant') ? statedValue(node, node.outputs[0] ?? '') : undefined;
  return constant !== undefined && fold(node, constant, scope);
};

const whole = (name: string, values: readonly number[]): Constant =>
  constantOf(name, 'int64', { shape: [values.length], values });

/** The sizes that a Shape node gives, where they are part of a shape: those that the attributes ask for. */
function sizesOf(node: Node, scope: Scope) {
  const shape = scope.typeOf(node.inputs[0] ?? '')?.shape;
  if (shape === undefined) return undefined;
  const bound = (at: number) => Math.min(Math.max(at < 0 ? at + shape.length : at, 0), shape.length);
  return shape.slice(bound(intOf(node, 'start', 0)), bound(intOf(node, 'end', shape.length)));
}

const knownShape: Rewrite = (node, scope) => {
  const sizes = scope.is(node, 'Shape') ? allKnown(sizesOf(node, scope)) : undefined;
  return sizes !== undefined && fold(node, whole('', sizes), scope);
};

/** One known size out of a shape with open ones. */
const knownSize: Rewrite = (node, scope) => {
  const maker = scope.editor.maker(node.inputs[0] ?? '');
  const index = scope.constant(node.inputs[1] ?? '');
  const places = wholeNumbersOf(index);
  const isOne = scope.is(node, 'Gather') && intOf(node, 'axis', 0) === 0;
  if (!isOne || !scope.is(maker, 'Shape') || index === undefined || places === undefined) return false;
  const sizes = sizesOf(maker, scope);
  const values = allKnown(places.map(at => sizes?.[axisOf(at, sizes.length) ?? sizes.length]));
  if (values === undefined) return false;
  return fold(node, constantOf('', 'int64', { shape: index.shape, values }), scope);
};

export const constantNodes = rewritePass('constants', [constantNode, knownShape, knownSize]);
