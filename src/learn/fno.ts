// The Fourier neural operator in two dimensions (Li et al. 2021), with GELU and padding: lift, Fourier layers, project.
import { GalerkinError, integerOption, optionSchema, type Random, resolveOptions } from '../base/index.js';
import { lax, np, type Traced } from '../compile/index.js';
import type { FieldStatistics } from './field-statistics.js';
import { fourierMatrices } from './fourier-matrices.js';
import type { Operator } from './operator.js';
import { fourierArrays, spectralConvolution } from './spectral-convolution.js';
import { constantArray, type HostArray, normalArray, type Weights, zeroArray } from './traced-arrays.js';

export interface FnoOptions {
  /** Grid nodes per side. */
  readonly n: number;
  readonly width: number;
  /** Modes kept per axis and sign; at most (n + padding) / 2. */
  readonly modes: number;
  readonly layers: number;
  readonly headWidth: number;
  readonly padding: number;
  /** Mean and deviation per node of the input and of the output, over training fields. */
  readonly input: FieldStatistics;
  readonly output: FieldStatistics;
}

const size = (doc: string, max: number) => integerOption({ doc, default: 1, min: 1, max });
const layout = optionSchema({
  n: integerOption({ doc: 'Grid nodes per side', unit: 'nodes', default: 64, min: 3, max: 4097 }),
  width: size('Channels of the hidden layers', 4096),
  modes: size('Fourier modes kept per axis and sign', 2048),
  layers: size('Fourier layers', 256),
  headWidth: size('Channels of the projection', 65_536),
  padding: integerOption({
    doc: 'Empty nodes between the periodic images',
    unit: 'nodes',
    default: 0,
    min: 0,
    max: 4096,
  }),
}).superRefine(({ n, modes, padding }, context) => {
  if (2 * modes <= n + padding) return;
  context.addIssue({ code: 'custom', path: ['modes'], message: `wanted at most ${(n + padding) >> 1}, got ${modes}` });
});

function checkStatistics(name: string, { mean, deviation }: FieldStatistics, nodes: number): void {
  for (const [part, values] of Object.entries({ mean, deviation })) {
    if (values.length === nodes && values.every(Number.isFinite)) continue;
    const got = `${values.length} values${values.every(Number.isFinite) ? '' : ', not all finite'}`;
    throw new GalerkinError('TENSOR_INVALID', { name: `${name}.${part}`, wanted: `${nodes} finite values`, got });
  }
}

/** Smallest deviation that an input is divided by, relative to the largest one. */
const deviationFloor = 1e-3;

/**
 * max(x, 0) smoothed: x·Φ(x) (Hendrycks & Gimpel 2016). Of the ways to write it, the one whose factors a training step
 * moves onto the weights; nn.gelu's, with erfc, costs it one more pass over each array.
 */
const gelu = (x: Traced): Traced => x.mul(0.5).mul(lax.erf(x.mul(Math.SQRT1_2)).add(1));

/** The same affine map of the channels at every node: [b, c, y, x] by [c, d] to [b, d, y, x]. */
const pointwise = (x: Traced, weight: Traced, bias: Traced): Traced =>
  np.einsum('bcyx,cd->bdyx', x, weight).add(bias.reshape([1, -1, 1, 1]));

const reciprocals = ({ deviation }: FieldStatistics): Float32Array => {
  const floor = deviation.reduce((most, value) => Math.max(most, value), 1e-12) * deviationFloor;
  return deviation.map(value => 1 / Math.max(value, floor));
};

/** Coordinates x and y in [-1, 1] at the nodes, [1, 2, n, n]. */
function coordinates(n: number): Traced {
  const data = Float32Array.from({ length: 2 * n * n }, (_, k) => {
    const node = k % (n * n);
    return (2 * (k < n * n ? node % n : Math.floor(node / n))) / (n - 1) - 1;
  });
  return constantArray(data, [1, 2, n, n]);
}

function initialWeights({ width, modes, layers, headWidth }: FnoOptions, random: Random): Weights<HostArray> {
  const weights: Record<string, HostArray> = {};
  const affine = (name: string, from: number, to: number): void => {
    weights[`${name}.weight`] = normalArray(random, [from, to], 1 / Math.sqrt(from));
    weights[`${name}.bias`] = zeroArray([to]);
  };
  affine('lift', 3, width);
  for (let layer = 0; layer < layers; layer++) {
    weights[`layer${layer}.spectral`] = normalArray(random, [2 * modes * modes, width, 2 * width], 1 / width);
    affine(`layer${layer}.skip`, width, width);
  }
  affine('head', width, headWidth);
  affine('project', headWidth, 1);
  return weights;
}

/** Lifting of (a, x, y): the part of the coordinates is the same for all fields and computed once. */
function lift(weights: Weights<Traced>, a: Traced): Traced {
  const weight = weights['lift.weight'];
  const n = a.shape[1];
  const width = weight.shape[1];
  const place = pointwise(coordinates(n), weight.slice([1, 3], []), weights['lift.bias']);
  return a
    .reshape([-1, 1, n, n])
    .mul(weight.slice([0, 1], []).reshape([1, width, 1, 1]))
    .add(place);
}

/**
 * The operator a ↦ u on n x n nodes. Normalisation, coordinates and transforms are constants inside, so that raw
 * fields go in and come out; where the training outputs never vary (the Dirichlet boundary) the answer is exact.
 * Reals: 4·modes²·width²·layers of spectral weights, and few others. Li et al. 2021, "Fourier Neural Operator for
 * Parametric Partial Differential Equations"; without batch normalisation.
 * @throws OPTIONS_INVALID, TENSOR_INVALID for statistics of another grid.
 */
export function fno2d(options: FnoOptions): Operator {
  const { input, output, ...sizes } = options;
  const { n, width, modes, layers, headWidth, padding } = resolveOptions('fno2d', layout, sizes);
  checkStatistics('input', input, n * n);
  checkStatistics('output', output, n * n);
  const matrices = fourierMatrices({ n, modes, padding });
  const inputScale = reciprocals(input);
  const field = (data: Float32Array): Traced => constantArray(data, [n, n]);

  function forward(weights: Weights<Traced>, a: Traced): Traced {
    const fourier = fourierArrays(matrices);
    let hidden = lift(weights, a.sub(field(input.mean)).mul(field(inputScale)));
    for (let layer = 0; layer < layers; layer++) {
      const spectral = spectralConvolution(hidden, weights[`layer${layer}.spectral`], fourier);
      const skip = pointwise(hidden, weights[`layer${layer}.skip.weight`], weights[`layer${layer}.skip.bias`]);
      const sum = spectral.add(skip);
      hidden = layer < layers - 1 ? gelu(sum) : sum;
    }
    const head = gelu(pointwise(hidden, weights['head.weight'], weights['head.bias']));
    const normal = pointwise(head, weights['project.weight'], weights['project.bias']);
    return normal.reshape([-1, n, n]).mul(field(output.deviation)).add(field(output.mean));
  }

  return Object.freeze<Operator>({
    name: 'fno2d',
    n,
    config: Object.freeze({ operator: 'fno2d', n, width, modes, layers, headWidth, padding }),
    init: random => initialWeights(options, random),
    forward,
  });
}
