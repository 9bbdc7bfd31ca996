// The search for a layout: each stream's channels are ordered in turn, while the other streams stand as they are.
import { type Random, seededRandom } from '../../base/index.js';
import type { Model } from '../../graph/index.js';
import { type Energies, energyKey } from './activation-energy.js';
import { type ChannelView, channelMatrices } from './channel-matrices.js';
import type { LayoutObjective } from './layout-objective.js';
import { applyPermutations, composed, identity, inverseOf, type Permutation } from './permute.js';
import type { Carrier, Stream } from './streams.js';
import { refineBySwaps, scoreOf } from './swap-refinement.js';

/** Channel orders by the names of streams; a stream that is not named stands as it was. */
export type Orders = ReadonlyMap<string, Permutation>;

export interface SearchGround {
  readonly base: Model;
  readonly streams: readonly Stream[];
  readonly objective: LayoutObjective;
  /** Of the base model; undefined lets every input count alike. */
  readonly energies: Energies | undefined;
}

export const orderOf = (orders: Orders, { name, size }: Stream): Permutation => orders.get(name) ?? identity(size);

export const permuted = (base: Model, streams: readonly Stream[], orders: Orders): Model =>
  applyPermutations(
    base,
    streams.map(stream => ({ touches: stream.touches, permutation: orderOf(orders, stream) })),
  );

function reordered(values: Float64Array, { outer, inner }: Carrier, order: Permutation): Float64Array {
  const size = order.length;
  const moved = new Float64Array(values.length);
  for (let o = 0; o < outer; o++) {
    for (let k = 0; k < size; k++) {
      const from = (o * size + order[k]) * inner;
      moved.set(values.subarray(from, from + inner), (o * size + k) * inner);
    }
  }
  return moved;
}

/** Mean squares as the permuted model would have them. */
function permutedEnergies(energies: Energies, streams: readonly Stream[], orders: Orders): Energies {
  const moved = new Map(energies);
  for (const stream of streams) {
    for (const carrier of stream.carriers) {
      const key = energyKey({ activation: carrier.value, activationAxis: carrier.axis });
      const values = moved.get(key);
      if (values !== undefined) moved.set(key, reordered(values, carrier, orderOf(orders, stream)));
    }
  }
  return moved;
}

function viewOf({ base, streams, objective, energies }: SearchGround, orders: Orders): ChannelView {
  return {
    model: permuted(base, streams, orders),
    objective,
    energies: energies && permutedEnergies(energies, streams, orders),
  };
}

/** Streams whose order matters to an objective. */
export const judgedStreams = (ground: SearchGround): Stream[] => {
  const view = viewOf(ground, new Map());
  return ground.streams.filter(stream => channelMatrices(stream, view).length > 0);
};

export interface StreamScore {
  readonly stream: string;
  /** What survives of the weights around the stream. */
  readonly kept: number;
  /** What would survive at most, whatever the order. */
  readonly bound: number;
}

/** What survives under a layout, stream by stream. Cost: O(weights). */
export function scoresOf(ground: SearchGround, orders: Orders): StreamScore[] {
  const view = viewOf(ground, orders);
  return ground.streams.flatMap(stream => {
    const matrices = channelMatrices(stream, view);
    if (matrices.length === 0) return [];
    const score = ground.objective.prepare(matrices);
    return [{ stream: stream.name, kept: scoreOf(identity(stream.size), score), bound: score.bound }];
  });
}

export interface SweepOptions {
  /** Orders to start from besides the present one. */
  readonly starts: Orders;
  /** Swaps tried for each stream and start at most. */
  readonly swaps: number;
  readonly random: Random;
}

/** Looks at groups may touch so many numbers for each stream and start. */
const numbersTouched = 4e7;

/** One pass over all streams: each is ordered anew, from its present order and from its start, and the better is kept. */
export function sweep(ground: SearchGround, orders: Orders, { starts, swaps, random }: SweepOptions): Orders {
  let current: Orders = orders;
  for (const [k, stream] of ground.streams.entries()) {
    const matrices = channelMatrices(stream, viewOf(ground, current));
    if (matrices.length === 0) continue;
    const score = ground.objective.prepare(matrices);
    const present = orderOf(current, stream);
    const start = starts.get(stream.name);
    const inverse = inverseOf(present);
    const from = [identity(stream.size), ...(start === undefined ? [] : [start.map(channel => inverse[channel])])];
    const limit = Math.min(swaps, Math.max(100, Math.floor(numbersTouched / (2 * score.cost))));
    const refined = from.map(order => refineBySwaps(order, score, { swaps: limit, random: random.fork(k) }));
    const [best] = refined.toSorted((a, b) => b.score - a.score);
    current = new Map([...current, [stream.name, composed(present, best.order)]]);
  }
  return current;
}

/** A shuffled order for each stream: what chance gives. */
export function randomOrders(streams: readonly Stream[], seed: number): Orders {
  const random = seededRandom(seed);
  return new Map(streams.map(stream => [stream.name, random.shuffle(identity(stream.size))]));
}

/** A few channels of one stream change places with others, a stream that is drawn by lot. */
export function shaken(streams: readonly Stream[], orders: Orders, random: Random): Orders {
  const stream = streams[random.integer(streams.length)];
  const order = [...orderOf(orders, stream)];
  const pairs = 1 + random.integer(Math.max(1, Math.floor(stream.size / 8)));
  for (let k = 0; k < pairs; k++) {
    const [i, j] = [random.integer(stream.size), random.integer(stream.size)];
    [order[i], order[j]] = [order[j], order[i]];
  }
  return new Map([...orders, [stream.name, order]]);
}
