// The prediction cache inside the server: what a hit costs on each tier, against computing the same answer.
import { rm } from 'node:fs/promises';
import { seededRandom, type Tensor } from 'galerkin/base';
import { type ModelPackage, readPackage } from 'galerkin/model';
import { openSession } from 'galerkin/runtime';
import { type Answer, cachedPackage, type PredictionCache, plainTerms, type Question } from 'galerkin/serve';
import { open, startTiers, type Tier } from './fixtures/cache-servers.js';
import { servingRepository } from './fixtures/serving-model.js';
import { type BenchResult, median, ratioOf } from './result.js';

const rounds = 7;
const questions = 256;
const perRound = 3000;
const computed = 100;

type Compute = (question: Question) => Promise<Answer>;

/** The model and, where it has one, its guard, called directly with one thread: no worker, no queue. */
async function direct(model: ModelPackage): Promise<Compute> {
  const onnx = model.manifest?.onnx;
  const session = await openSession(await model.file(onnx?.model ?? 'model.onnx'), { threads: 1 });
  const guard = onnx?.guard === undefined ? undefined : await openSession(await model.file(onnx.guard), { threads: 1 });
  return async ({ inputs }) => {
    const outputs = await session.run(inputs);
    await guard?.run({ ...inputs, ...outputs });
    return { outputs, maps: {}, guard: undefined, answeredBy: 'surrogate' };
  };
}

function asked({ inputs: [input] }: ModelPackage): Question[] {
  const random = seededRandom(3);
  const size = input.dims.reduce((product, each) => product * each, 1);
  return Array.from({ length: questions }, () => {
    const data = Float32Array.from({ length: size }, () => (random.uniform() < 0.5 ? 3 : 12));
    const tensor: Tensor = { dtype: 'FP32', shape: [1, ...input.dims], data };
    return { inputs: { [input.name]: tensor }, items: 1, maps: false, terms: plainTerms };
  });
}

/** Times of so many calls in turn, in µs, sorted. */
async function timed(count: number, call: (k: number) => Promise<unknown>): Promise<Float64Array> {
  const times = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    const start = performance.now();
    await call(k);
    times[k] = 1000 * (performance.now() - start);
  }
  return times.sort();
}
const p50 = (sorted: Float64Array): number => sorted[sorted.length >> 1];
const p99 = (sorted: Float64Array): number => sorted[Math.floor(sorted.length * 0.99)];

interface Measured {
  readonly hits: Float64Array[];
  readonly computes: Float64Array[];
}

async function measure(cache: PredictionCache, model: ModelPackage): Promise<Measured> {
  const cached = cachedPackage(model, true);
  const all = asked(model);
  const compute = await direct(model);
  const never = (): Promise<Answer> => Promise.reject(new Error('computed what should be known'));
  for (const question of all) await cache.answer(cached, question, () => compute(question));
  const measured: Measured = { hits: [], computes: [] };
  for (let k = -2; k < rounds; k++) {
    const hits = await timed(perRound, call => cache.answer(cached, all[call % questions], never));
    const computes = await timed(computed, call => compute(all[call % questions]));
    if (k < 0) continue;
    measured.hits.push(hits);
    measured.computes.push(computes);
  }
  return measured;
}

/** Hits on a server: another replica fills it, and this one has no memory to speak of. */
async function onServer({ kind, server }: Tier, model: ModelPackage): Promise<BenchResult[]> {
  const cached = cachedPackage(model, true);
  const all = asked(model);
  const compute = await direct(model);
  const cache = await open({ cacheUrl: server.url });
  for (const question of all) await cache.answer(cached, question, () => compute(question));
  const medians: number[] = [];
  const tails: number[] = [];
  let fromServer = 0;
  for (let k = -1; k < rounds; k++) {
    // A replica that starts anew finds nothing in its memory.
    const fresh = await open({ cacheUrl: server.url });
    const hits = await timed(questions, call => fresh.answer(cached, all[call], () => compute(all[call])));
    fromServer = fresh.report().secondHits;
    await fresh.close();
    if (k < 0) continue;
    medians.push(p50(hits));
    tails.push(p99(hits));
  }
  await cache.close();
  await server.stop();
  const note = `p99 ${median(tails).toFixed(0)} us; ${fromServer} of ${questions} found on it, the rest computed`;
  return [{ name: `hit on ${kind}, first in a fresh replica, median`, value: median(medians), unit: 'us', note }];
}

/** Microseconds of hits, beside microseconds of computing. */
export async function run(): Promise<BenchResult[]> {
  const { repository, what } = await servingRepository();
  const model = await readPackage(repository, 'darcy');
  const cache = await open();
  const { hits, computes } = await measure(cache, model);
  await cache.close();
  const servers: BenchResult[] = [];
  for (const tier of await startTiers()) servers.push(...(await onServer(tier, model)));
  await rm(repository, { recursive: true });
  const hitTimes = hits.map(p50);
  const computeTimes = computes.map(p50);
  const form = `[${model.inputs[0].dims}] FP32`;
  return [
    {
      name: 'hit in memory, median',
      value: median(hitTimes),
      unit: 'us',
      ratio: ratioOf('the time of computing', hitTimes, computeTimes),
      note: `${form}: key, look-up and decoding; p99 ${median(hits.map(p99)).toFixed(0)} us`,
    },
    {
      name: 'computing, median',
      value: median(computeTimes),
      unit: 'us',
      ratio: ratioOf('a hit in memory', computeTimes, hitTimes),
      note: `${what} and its guard in this thread, without worker or queue`,
    },
    ...servers,
  ];
}
