// Inner functions recognised by what they do, not by their name: their equations, written in short, are those of a known function.
import type { Atom, Jaxpr } from '../../jaxpr.js';
import type { ElementType } from '../../onnx/element-type.js';
import type { Attributes } from '../../onnx/graph.js';

/** The equations of a function in short: inputs by number, numbers to seven digits, inner functions in brackets. */
export function outlineOf(jaxpr: Jaxpr): string {
  const numbers = new Map<Atom, number>();
  const name = (atom: Atom): string => {
    if ('value' in atom) return `#${Number(Math.fround(Number(atom.value)).toPrecision(6))}`;
    return `${numbers.get(atom) ?? '?'}`;
  };
  for (const variable of jaxpr.inBinders) numbers.set(variable, numbers.size);
  const lines = jaxpr.eqns.map(({ primitive, params, inputs, outBinders }) => {
    const inner: unknown = params.jaxpr;
    const isInner = typeof inner === 'object' && inner !== null && 'eqns' in inner;
    const what = isInner ? `[${outlineOf(params.jaxpr)}]` : `${primitive}${'op' in params ? `.${params.op}` : ''}`;
    const line = `${what}(${inputs.map(name).join(',')})`;
    for (const variable of outBinders) numbers.set(variable, numbers.size);
    return line;
  });
  return `${lines.join(';')}>${jaxpr.outs.map(name).join(',')}`;
}

export interface KnownFunction {
  readonly operator: string;
  readonly dtypes: readonly ElementType[];
  readonly attributes?: Attributes;
}

const tanh =
  'compare.less(0,#0);where(1,#1,#-1);mul(0,2);mul(3,#2);exp(4);add(5,#-1);add(5,#1);reciprocal(7);mul(6,8);mul(9,2)>10';

/** Functions of one array, by their outline. */
export const knownFunctions: ReadonlyMap<string, KnownFunction> = new Map([
  [tanh, { operator: 'Tanh', dtypes: ['float32', 'float64', 'float16'] }],
  [
    'neg(0);exp(1);add(2,#1);reciprocal(3);mul(0,4)>5',
    { operator: 'QuickGelu', dtypes: ['float32'], attributes: { alpha: { float: 1 } } },
  ],
  [
    `mul(0,#0.5);mul(0,0);mul(2,#0.044715);add(3,#1);mul(0,4);mul(5,#0.797885);[${tanh}](6);add(7,#1);mul(1,8)>9`,
    { operator: 'FastGelu', dtypes: ['float32'] },
  ],
  ['mul(0,#0.5);mul(0,#0.707107);neg(2);erfc(3);mul(1,4)>5', { operator: 'Gelu', dtypes: ['float32'] }],
]);
