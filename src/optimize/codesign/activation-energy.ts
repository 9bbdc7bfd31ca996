// How strong each input of each product is: the mean square over a calibration set, which weighs the weights that read it.
import { type Model, writeModel } from '../../graph/index.js';
import { openSession } from '../../runtime/index.js';
import type { Feeds } from '../feeds.js';
import type { StreamProduct } from './streams.js';

/** Mean squares by activation and axis. */
export type Energies = ReadonlyMap<string, Float64Array>;

export const energyKey = ({
  activation,
  activationAxis,
}: Pick<StreamProduct, 'activation' | 'activationAxis'>): string => `${activation}/${activationAxis}`;

function addSquares(
  into: Float64Array,
  { data, shape }: { data: ArrayLike<unknown>; shape: readonly number[] },
  axis: number,
): void {
  const after = shape.slice(axis + 1).reduce((product, each) => product * each, 1);
  const size = shape[axis];
  const scale = size / data.length;
  for (let at = 0; at < data.length; at++) into[Math.floor(at / after) % size] += scale * Number(data[at]) ** 2;
}

/** Mean squares of the activations of `products` along the axes that are summed over. Cost: a run for each sample. */
export async function energiesOf(
  model: Model,
  products: readonly StreamProduct[],
  samples: readonly Feeds[],
): Promise<Energies> {
  const energies = new Map<string, Float64Array>();
  const distinct = new Map(products.map(product => [energyKey(product), product]));
  const { graph } = model;
  const fed = new Set(graph.inputs.map(({ name }) => name));
  const names = [...new Set(products.map(({ activation }) => activation))].filter(name => !graph.constants.has(name));
  const outputs = names.filter(name => !fed.has(name)).map(name => graph.values.get(name) ?? { name, type: undefined });
  const probe: Model = { ...model, graph: { ...graph, outputs: outputs.length === 0 ? graph.outputs : outputs } };
  const session = await openSession(writeModel(probe), { threads: 1, spin: false });
  try {
    for (const feeds of samples) {
      const values = { ...feeds, ...(await session.run(feeds)) };
      for (const [key, { activation, activationAxis: axis }] of distinct) {
        const tensor = values[activation];
        if (tensor === undefined) continue;
        const sums = energies.get(key) ?? new Float64Array(tensor.shape[axis] ?? 0);
        energies.set(key, sums);
        addSquares(sums, tensor, axis);
      }
    }
  } finally {
    await session.close();
  }
  return energies;
}
