// How one node goes into tiles: which inputs are cut along their slowest axis, and whether results lie one behind another or are summed.
import type { Constant, GraphNode } from '../../onnx/graph.js';
import {
  broadcastShape,
  integersOf,
  isElementwise,
  isProduct,
  productAxes,
  type Shape,
  type Shapes,
} from './shapes.js';

export interface Cut {
  /** For each input: true if cut, false if each tile reads all of it. */
  readonly inputs: readonly boolean[];
  /** Tiles of the result lie one behind another in memory, or are parts of a sum. */
  readonly output: 'behind' | 'summed';
}

/** The slowest axis that is not of size 1: tiles along it are runs of memory. */
export const leadOf = (shape: Shape): number => shape.findIndex(size => size !== 1);

const divides = (tiles: number, shape: Shape, axis: number): boolean => axis >= 0 && (shape[axis] ?? 1) % tiles === 0;

/** True for an input that has the result's slowest axis whole; false if it repeats along it. */
const reaches = (shape: Shape, result: Shape, axis: number): boolean =>
  (shape[axis - result.length + shape.length] ?? 1) === result[axis];

function cutElementwise(shapes: readonly Shape[], tiles: number): Cut | undefined {
  const result = broadcastShape(shapes);
  const lead = leadOf(result);
  if (!divides(tiles, result, lead)) return undefined;
  return { inputs: shapes.map(shape => reaches(shape, result, lead)), output: 'behind' };
}

/** Letters of an operand's axes: its two own, and a number for each axis of the stack. */
const lettersOf = (shape: Shape, own: readonly string[], rank: number): string[] =>
  shape.map((_, axis) => own[axis - shape.length + 2] ?? `${axis - shape.length + rank}`);

/** A product: along its stack, rows or columns where they are slowest, or along the sum. */
function cutProduct(node: GraphNode, [a, b]: readonly Shape[], tiles: number): Cut | undefined {
  if (a === undefined || b === undefined || a.length < 2 || b.length < 2) return undefined;
  const rank = Math.max(a.length, b.length);
  const own = productAxes(node);
  const [lettersA, lettersB] = [lettersOf(a, own.a, rank), lettersOf(b, own.b, rank)];
  const [leadA, leadB] = [lettersA[leadOf(a)], lettersB[leadOf(b)]];
  if (leadA === 'K' && leadB === 'K') {
    return divides(tiles, a, leadOf(a)) ? { inputs: [true, true], output: 'summed' } : undefined;
  }
  const sizeOf = (letter: string): number =>
    Math.max(a[lettersA.indexOf(letter)] ?? 1, b[lettersB.indexOf(letter)] ?? 1);
  const stack = Array.from({ length: rank - 2 }, (_, axis) => `${axis}`);
  const lead = [...stack, 'M', 'N'].find(letter => sizeOf(letter) !== 1);
  if (lead === undefined || sizeOf(lead) % tiles !== 0) return undefined;
  const whole = (letters: readonly string[], shape: Shape): boolean => (shape[letters.indexOf(lead)] ?? 1) !== 1;
  const inputs = [whole(lettersA, a), whole(lettersB, b)];
  // What is cut must be cut along its own slowest axis.
  if ((inputs[0] && leadA !== lead) || (inputs[1] && leadB !== lead)) return undefined;
  return { inputs, output: 'behind' };
}

export interface CutContext {
  readonly shapes: Shapes;
  readonly constants: ReadonlyMap<string, Constant>;
  /** How many tiles. */
  readonly tiles: number;
}

/** Reshapes and transposes that leave the slowest axis where it is, and sums. */
function cutMovement(node: GraphNode, [source, result]: readonly [Shape, Shape], context: CutContext): Cut | undefined {
  const lead = leadOf(source);
  if (!divides(context.tiles, source, lead)) return undefined;
  const { perm } = node.attributes;
  switch (node.operator) {
    case 'Reshape':
      return divides(context.tiles, result, leadOf(result)) ? { inputs: [true, false], output: 'behind' } : undefined;
    case 'Transpose':
      return Array.isArray(perm) && perm[leadOf(result)] === lead ? { inputs: [true], output: 'behind' } : undefined;
    case 'ReduceSum': {
      const axes = integersOf(context.constants, node.inputs[1]);
      if (axes === undefined) return undefined;
      const summed = axes.some(axis => (axis < 0 ? axis + source.length : axis) === lead);
      return { inputs: [true, false], output: summed ? 'summed' : 'behind' };
    }
    default:
      return undefined;
  }
}

/** How `node` goes into tiles; undefined if it does not. */
export function cutOf(node: GraphNode, context: CutContext): Cut | undefined {
  const sources = node.inputs.flatMap(name => {
    const shape = context.shapes.get(name);
    return shape === undefined ? [] : [shape];
  });
  const [output = '', ...more] = node.outputs;
  const result = context.shapes.get(output);
  const [source] = sources;
  if (result === undefined || source === undefined || more.length > 0 || sources.length !== node.inputs.length)
    return undefined;
  if (isElementwise(node.operator)) return cutElementwise(sources, context.tiles);
  if (isProduct(node.operator)) return cutProduct(node, sources, context.tiles);
  return cutMovement(node, [source, result], context);
}
