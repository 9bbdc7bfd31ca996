// Operators that change nothing go away: copies, dropout at inference, casts and reshapes to what is there already.
import { intOf, intsOf } from '../attributes.js';
import { type Constant, integersOf, numbersOf } from '../constant.js';
import { elementTypeOf } from '../element-type.js';
import type { Node } from '../model.js';
import { isSameShape } from '../types/shape.js';
import { type Rewrite, rewritePass, type Scope } from './pass.js';
import { substitute } from './replace.js';

const input = (node: Node, at: number): string => node.inputs[at] ?? '';

function isFalse(constant: Constant | undefined): boolean {
  return constant?.dtype === 'bool' && Array.from(numbersOf(constant)).every(value => value === 0);
}

/** Whether a Dropout lets everything through: when it is not training. */
function isIdleDropout(node: Node, scope: Scope): boolean {
  const version = scope.opset('');
  if (version < 7) return intOf(node, 'is_test', 0) === 1;
  return version < 12 || input(node, 2) === '' || isFalse(scope.constant(input(node, 2)));
}

/** What a constant lists, if it lists whole numbers: a file may put anything in the place of axes. */
export const wholeNumbersOf = (constant: Constant | undefined): number[] | undefined =>
  constant !== undefined && /^u?int(8|16|32|64)$/u.test(constant.dtype) ? integersOf(constant) : undefined;

/** Whole numbers from an attribute of old versions or the input of new ones, as far as they are constant. */
export function listOf(node: Node, name: string, { at, scope }: { at: number; scope: Scope }): number[] | undefined {
  return intsOf(node, name) ?? wholeNumbersOf(scope.constant(input(node, at)));
}

const all = (values: readonly number[] | undefined, wanted: number): boolean =>
  values?.every(value => value === wanted) ?? false;

/** Operators that move nothing where the shape stays: the shapes alone decide. */
const shapers = ['Reshape', 'Expand', 'Flatten', 'Squeeze', 'Unsqueeze', 'Tile'];

function changesNothing(node: Node, scope: Scope): boolean {
  const { is } = scope;
  const data = scope.typeOf(input(node, 0));
  const list = (name: string, at: number) => listOf(node, name, { at, scope });
  if (is(node, 'Identity')) return true;
  if (is(node, 'Dropout')) return isIdleDropout(node, scope);
  if (is(node, 'Cast')) return data !== undefined && data.dtype === elementTypeOf(intOf(node, 'to', 0));
  if (is(node, 'CastLike')) return data !== undefined && data.dtype === scope.typeOf(input(node, 1))?.dtype;
  if (is(node, 'Transpose')) return intsOf(node, 'perm')?.every((axis, k) => axis === k) ?? false;
  if (is(node, 'Concat', 'Sum', 'Max', 'Min', 'Mean')) return node.inputs.length === 1;
  if (is(node, 'Pad')) return all(list('pads', 1), 0);
  if (is(node, ...shapers)) {
    // A Tile by one keeps the shape too, but so does any Tile of nothing.
    const output = scope.typeOf(node.outputs[0] ?? '');
    return isSameShape(data?.shape, output?.shape) && !(data?.shape?.includes(0) ?? false);
  }
  return is(node, 'Slice') && isWholeSlice(node, scope);
}

function isWholeSlice(node: Node, scope: Scope): boolean {
  const list = (name: string, at: number) => listOf(node, name, { at, scope });
  const steps = input(node, 4) === '' ? [] : list('steps', 4);
  const ends = list('ends', 2) ?? [];
  // Ends at the largest number of 32 bits or more are what exporters write for 'to the end'.
  return all(list('starts', 1), 0) && all(steps, 1) && ends.length > 0 && ends.every(end => end >= 2 ** 31 - 1);
}

const dropIdentity: Rewrite = (node, scope) => changesNothing(node, scope) && substitute(node, input(node, 0), scope);

/** A copy that only gives a computed value the name of an output: the value's maker takes the name. */
const nameAtSource: Rewrite = (node, { editor, is }) => {
  const [source = ''] = node.inputs;
  const [output = ''] = node.outputs;
  const maker = editor.maker(source);
  const isCopy = is(node, 'Identity') && editor.isOutput(output) && !editor.isOutput(source);
  if (!isCopy || maker === undefined || maker === node) return false;
  editor.remove(node);
  editor.replace(maker, { ...maker, outputs: maker.outputs.map(name => (name === source ? output : name)) });
  editor.redirect(source, output);
  return editor.readers(source).length === 0;
};

/** Where a body keeps the old name, the copy must stay: such values are left alone. */
const isRenamable: Rewrite = (node, scope) => {
  const [source = ''] = node.inputs;
  const readers = scope.editor.readers(source);
  return readers.every(reader => reader.inputs.includes(source)) && nameAtSource(node, scope);
};

export const identities = rewritePass('identities', [dropIdentity, isRenamable]);
