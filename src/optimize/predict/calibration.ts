// Calibration: small models of one operator each, over a range of shapes, from which kinds of operators become known before any model is.
import { float32, seededRandom } from '../../base/index.js';
import {
  type Attributes,
  type Constant,
  constantOf,
  ints,
  type Model,
  modelOf,
  type Node,
  tensorValue,
} from '../../graph/index.js';
import type { Feeds } from '../feeds.js';

export interface CalibrationCase {
  readonly model: Model;
  readonly feeds: Feeds;
}

interface Single {
  readonly operator: string;
  readonly x: readonly number[];
  readonly weight?: readonly number[];
  readonly axes?: readonly number[];
  readonly attributes?: Attributes;
}

const random = seededRandom(1);
const elementsOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const values = (shape: readonly number[]): Float32Array =>
  Float32Array.from({ length: elementsOf(shape) }, () => random.uniform() - 0.5);
const weightOf = (name: string, shape: readonly number[]): Constant =>
  constantOf(name, 'float32', { shape, values: values(shape) });

function caseOf(nodes: readonly Node[], constants: readonly Constant[], x: readonly number[]): CalibrationCase {
  const output = nodes.at(-1)?.outputs[0] ?? 'x';
  const model = modelOf({ nodes, constants, inputs: [tensorValue('x', x)], outputs: [tensorValue(output)] });
  return { model, feeds: { x: float32(values(x), x) } };
}

function single({ operator, x, weight, axes, attributes = {} }: Single): CalibrationCase {
  const constants = [
    ...(weight === undefined ? [] : [weightOf('w', weight)]),
    ...(axes === undefined ? [] : [constantOf('axes', 'int64', { shape: [axes.length], values: axes })]),
  ];
  const inputs = ['x', ...constants.map(({ name }) => name)];
  return caseOf([{ name: operator, operator, domain: '', inputs, outputs: ['y'], attributes }], constants, x);
}

/** Products that follow one another, each with weights of its own: as in a network, they do not all stay in a cache. */
function chain(widths: readonly number[], count: number): CalibrationCase {
  const constants = widths
    .slice(1)
    .flatMap((width, k) => [weightOf(`w${k}`, [widths[k] ?? width, width]), weightOf(`b${k}`, [width])]);
  const nodes = widths.slice(1).flatMap((_, k): Node[] => {
    const node = (operator: string, inputs: string[], output: string): Node => {
      return { name: output, operator, domain: '', inputs, outputs: [output], attributes: {} };
    };
    return [
      node('MatMul', [k === 0 ? 'x' : `t${k - 1}`, `w${k}`], `m${k}`),
      node('Add', [`m${k}`, `b${k}`], `s${k}`),
      node('Tanh', [`s${k}`], `t${k}`),
    ];
  });
  return caseOf(nodes, constants, [count, widths[0] ?? 1]);
}

const rows = [1, 4, 16, 64, 256, 1024] as const;
const chains = [
  [24, 24, 24, 24, 24, 24, 24],
  [48, 48, 48, 48],
  [128, 128, 128, 128, 128, 128],
  [64, 256, 64, 256],
  [300, 300, 300, 20],
  [512, 512, 512, 512],
  [128, 1024, 128, 8],
  [1024, 1024, 1024],
  [16, 2048, 2048, 16],
] as const;
const lengths = [2 ** 8, 2 ** 12, 2 ** 15, 2 ** 18, 2 ** 21] as const;
const elementwise = ['Relu', 'Tanh', 'Sigmoid', 'Exp', 'Erf', 'Sqrt', 'Neg'] as const;

/** Products, elementwise operators, sums, transposes, softmax and convolutions: some 120 cases, a few seconds on two cores. */
export function calibrationCases(): CalibrationCase[] {
  const products = chains.flatMap(widths => rows.map(count => chain(widths, count)));
  const maps = elementwise.flatMap(operator => lengths.map(length => single({ operator, x: [length] })));
  const pairs = ['Add', 'Mul'].flatMap(operator =>
    lengths.map(length => single({ operator, x: [length / 256, 256], weight: [256] })),
  );
  const sums = lengths.flatMap(length => [
    single({ operator: 'ReduceSum', x: [length / 16, 16], axes: [0] }),
    single({ operator: 'ReduceSum', x: [16, length / 16], axes: [1] }),
    single({ operator: 'Softmax', x: [length / 16, 16] }),
    single({ operator: 'Transpose', x: [length / 16, 16], attributes: { perm: ints([1, 0]) } }),
  ]);
  const convolutions = [8, 16, 32].flatMap(channels =>
    [16, 32, 64].map(size =>
      single({
        operator: 'Conv',
        x: [4, channels, size, size],
        weight: [channels, channels, 3, 3],
        attributes: { pads: ints([1, 1, 1, 1]) },
      }),
    ),
  );
  return [...products, ...maps, ...pairs, ...sums, ...convolutions];
}
