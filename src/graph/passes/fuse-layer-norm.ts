// Fusion of a layer norm that was written out: (x - mean) / sqrt(variance + epsilon), scaled and shifted, along the last axis.
import { float, int } from '../attributes.js';
import { isSameShape } from '../types/shape.js';
import { uniform } from './algebra.js';
import { keptAxis } from './fuse-activations.js';
import type { Rewrite } from './pass.js';
import { bind, either, isClosed, noMatch, numeral, op, type Pattern } from './pattern.js';
import { become } from './replace.js';

/** The mean along the last axis, which is kept. */
const mean =
  (operand: Pattern): Pattern =>
  (value, match, scope) => {
    const node = scope.editor.maker(value);
    const [input = ''] = node?.inputs ?? [];
    const rank = scope.typeOf(input)?.shape?.length;
    if (node === undefined || rank === undefined || keptAxis(node, 'ReduceMean', scope) !== rank - 1) return undefined;
    return operand(input, { ...match, nodes: [...match.nodes, node] }, scope);
  };

const centred = op('Sub', bind('x'), mean(bind('x')));
const c = bind('c');
const variance = mean(either(op('Pow', c, numeral(2)), op('Mul', c, c)));
const root = op('Sqrt', op('Add', variance, bind('epsilon')));
const norm = op('Add', op('Mul', op('Div', c, root), bind('scale')), bind('bias'));

export const layerNorm: Rewrite = (node, scope) => {
  if (!scope.is(node, 'Add') || scope.opset('') < 17) return false;
  const outer = norm(node.outputs[0] ?? '', noMatch, scope);
  const inner = centred(outer?.values.get('c') ?? '', noMatch, scope);
  if (outer === undefined || inner === undefined || !isClosed(node, [...outer.nodes, ...inner.nodes], scope))
    return false;
  const [x = '', scale = '', bias = ''] = [inner.values.get('x'), outer.values.get('scale'), outer.values.get('bias')];
  const epsilon = uniform(scope.constant(outer.values.get('epsilon') ?? ''));
  const type = scope.typeOf(x);
  const width = type?.shape?.slice(-1);
  const fits = [scale, bias].every(name => isSameShape(scope.typeOf(name)?.shape, width));
  if (epsilon === undefined || type?.dtype !== 'float32' || !fits) return false;
  const attributes = { axis: int(-1), epsilon: float(epsilon) };
  return become(node, { operator: 'LayerNormalization', inputs: [x, scale, bias], attributes }, scope);
};
