// The Fourier neural operator by its formulas: loops over nodes, channels and modes, a padded field, a full discrete Fourier transform.
import type { FieldStatistics, HostArray, Weights } from 'galerkin/learn';

export interface Sizes {
  readonly n: number;
  readonly width: number;
  readonly modes: number;
  readonly layers: number;
  readonly headWidth: number;
  readonly padding: number;
}

/** One value per channel and node. */
type Channels = Float64Array[];

const gelu = (x: number): number => 0.5 * x * (1 + erf(x / Math.SQRT2));

/** Error function by its Taylor series; exact to rounding for the small arguments of a test. */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let k = 1; k < 80; k++) {
    term *= (-x * x) / k;
    sum += term / (2 * k + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const pointwise = (x: Channels, weights: Weights<HostArray>, name: string): Channels => {
  const weight = weights[`${name}.weight`];
  const bias = weights[`${name}.bias`];
  const [from, to] = weight.shape;
  return Array.from({ length: to }, (_, d) =>
    x[0].map((_, node) => {
      let sum = bias.data[d];
      for (let c = 0; c < from; c++) sum += x[c][node] * weight.data[c * to + d];
      return sum;
    }),
  );
};

function spectral(x: Channels, weight: HostArray, { n, width, modes, padding }: Sizes): Channels {
  const period = n + padding;
  const result: Channels = x.map(() => new Float64Array(n * n));
  for (let slot = 0; slot < 2 * modes; slot++) {
    const ky = slot < modes ? slot : slot - 2 * modes;
    for (let kx = 0; kx < modes; kx++) {
      const angle = (node: number): number => (2 * Math.PI * (kx * (node % n) + ky * Math.floor(node / n))) / period;
      const spectrum = x.map(channel => {
        let [re, im] = [0, 0];
        channel.forEach((value, node) => {
          re += value * Math.cos(angle(node));
          im -= value * Math.sin(angle(node));
        });
        return [re, im];
      });
      for (let d = 0; d < width; d++) {
        let [re, im] = [0, 0];
        for (let c = 0; c < width; c++) {
          const row = ((slot * modes + kx) * width + c) * 2 * width;
          const [wr, wi] = [weight.data[row + d], weight.data[row + width + d]];
          re += spectrum[c][0] * wr - spectrum[c][1] * wi;
          im += spectrum[c][0] * wi + spectrum[c][1] * wr;
        }
        const times = (kx === 0 ? 1 : 2) / period ** 2;
        for (let node = 0; node < n * n; node++) {
          result[d][node] += times * (re * Math.cos(angle(node)) - im * Math.sin(angle(node)));
        }
      }
    }
  }
  return result;
}

/** The answer for one raw field [n, n]. */
export function directFno(
  sizes: Sizes,
  weights: Weights<HostArray>,
  { field, input, output }: { field: Float32Array; input: FieldStatistics; output: FieldStatistics },
): Float64Array {
  const { n, layers } = sizes;
  const a = Float64Array.from(field, (value, node) => (value - input.mean[node]) / input.deviation[node]);
  const x = a.map((_, node) => (2 * (node % n)) / (n - 1) - 1);
  const y = a.map((_, node) => (2 * Math.floor(node / n)) / (n - 1) - 1);
  let hidden = pointwise([a, x, y], weights, 'lift');
  for (let layer = 0; layer < layers; layer++) {
    const skip = pointwise(hidden, weights, `layer${layer}.skip`);
    const mixed = spectral(hidden, weights[`layer${layer}.spectral`], sizes);
    const sum = mixed.map((channel, c) => channel.map((value, node) => value + skip[c][node]));
    hidden = layer < layers - 1 ? sum.map(channel => channel.map(gelu)) : sum;
  }
  const head = pointwise(hidden, weights, 'head').map(channel => channel.map(gelu));
  const [normal] = pointwise(head, weights, 'project');
  return normal.map((value, node) => value * output.deviation[node] + output.mean[node]);
}
