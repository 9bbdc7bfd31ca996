// Layouts that a co-design tries: none, the best of several shuffles, the spectral order, and rounds of swaps from there.
import { seededRandom } from '../../base/index.js';
import type { CodesignConfig } from './codesign-options.js';
import type { Correlation } from './correlation.js';
import { type Orders, orderOf, permuted, randomOrders, type SearchGround, shaken, sweep } from './layout-search.js';
import { spectralOrder } from './spectral-order.js';
import type { Stream } from './streams.js';
import { type Jury, type Trial, tried } from './trials.js';

/** Time spent on orders, apart from running models. */
export class Stopwatch {
  seconds = 0;
  constructor(readonly clock: { monotonic(): number }) {}
  during<T>(work: () => T): T {
    const start = this.clock.monotonic();
    try {
      return work();
    } finally {
      this.seconds += (this.clock.monotonic() - start) / 1000;
    }
  }
}

export interface Search {
  readonly ground: SearchGround;
  readonly jury: Jury;
  readonly config: CodesignConfig;
  readonly watch: Stopwatch;
}

/** Orders, compresses, measures, and again from where it stands, until a round gains too little. */
async function refinedTrials(
  { ground, jury, config, watch }: Search,
  starts: Orders,
  identity: Trial,
): Promise<Trial[]> {
  const trials: Trial[] = [];
  const random = seededRandom(config.seed);
  let [orders, error]: [Orders, number] = [new Map(), identity.fitted.relativeL2];
  for (let round = 1; round <= config.rounds; round++) {
    const next = watch.during(() =>
      sweep(ground, orders, {
        starts: round === 1 ? starts : new Map(),
        swaps: config.swaps,
        random: random.fork(round),
      }),
    );
    const isSame = ground.streams.every(stream =>
      orderOf(next, stream).every((from, k) => from === orderOf(orders, stream)[k]),
    );
    if (isSame) break;
    const model = watch.during(() => permuted(ground.base, ground.streams, next));
    const trial = await tried(model, { kind: 'refined', round, orders: next }, jury);
    trials.push(trial);
    const gain = (error - trial.fitted.relativeL2) / error;
    if (!(gain >= config.leastGain)) break;
    [orders, error] = [next, trial.fitted.relativeL2];
  }
  return trials;
}

/** The stream with only those products that the compression changes: the others are none of its objective's business. */
export function onlyChanged(stream: Stream, { compressed }: Trial): Stream {
  const changed = new Set(compressed.report.changed);
  return { ...stream, products: stream.products.filter(({ node }) => changed.has(node)) };
}

export async function allTrials(
  search: Search,
  identity: Trial,
  correlations: readonly Correlation[],
): Promise<Trial[]> {
  const { ground, jury, config, watch } = search;
  if (ground.streams.length === 0) return [identity];
  const layout = async (kind: 'spectral', orders: Orders): Promise<Trial> =>
    tried(
      watch.during(() => permuted(ground.base, ground.streams, orders)),
      { kind, round: 0, orders },
      jury,
    );
  const spectral: Orders = watch.during(
    () =>
      new Map(
        correlations.map(({ stream, matrix, size }) => [
          stream,
          spectralOrder(matrix, size, seededRandom(config.seed)),
        ]),
      ),
  );
  const trials = [identity, await bestShuffle(search), await layout('spectral', spectral)];
  trials.push(...(await refinedTrials(search, spectral, identity)));
  const measured = await measuredTrial(search, bestOf(trials));
  return measured === undefined ? trials : [...trials, measured];
}

export const bestOf = (trials: readonly Trial[]): Trial =>
  trials.reduce((best, trial) => (trial.fitted.relativeL2 < best.fitted.relativeL2 ? trial : best));

/** The best of several random layouts by the measured error: what a search by luck alone would find. */
async function bestShuffle({ ground, jury, config }: Search): Promise<Trial> {
  const shuffles: Trial[] = [];
  for (let k = 0; k < config.randomLayouts; k++) {
    const orders = randomOrders(ground.streams, config.seed + k);
    const layout = { kind: 'random', round: config.randomLayouts, orders } as const;
    shuffles.push(await tried(permuted(ground.base, ground.streams, orders), layout, jury));
  }
  return bestOf(shuffles);
}

/** Swaps on trial: a few channels change places, the model is compressed and run, and what errs less stays. */
async function measuredTrial({ ground, jury, config }: Search, from: Trial): Promise<Trial | undefined> {
  const random = seededRandom(config.seed).fork(99);
  let [best, made] = [from, 0];
  for (let k = 0; k < config.measuredSwaps; k++) {
    const orders = shaken(ground.streams, best.orders, random);
    const layout = { kind: 'measured', round: made + 1, orders } as const;
    const trial = await tried(permuted(ground.base, ground.streams, orders), layout, jury);
    if (trial.fitted.relativeL2 < best.fitted.relativeL2) [best, made] = [trial, made + 1];
  }
  return made === 0 ? undefined : best;
}
