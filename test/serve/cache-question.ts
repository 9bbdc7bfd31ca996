// Questions and answers for the tests of the prediction cache, and a cache over a memory tier of its own.
import { type Clock, systemClock, systemTimers, type Tensor, type Timers } from 'galerkin/base';
import { type GuardedTier, memoryTier } from 'galerkin/store';
import { type CachedModel, cachedModel } from '../../dist/serve/cache/cached-model.js';
import { type PredictionCache, predictionCache } from '../../dist/serve/cache/prediction-cache.js';
import type { Answer, Question } from '../../dist/serve/engine/question.js';
import { plainTerms, type Terms } from '../../dist/serve/engine/terms.js';

export const fp32 = (values: readonly number[]): Tensor => ({
  dtype: 'FP32',
  shape: [values.length],
  data: Float32Array.from(values),
});

export type Asked = Partial<Omit<Question, 'terms'>> & { readonly terms?: Partial<Terms> };

export const question = ({ terms, ...rest }: Asked = {}): Question => ({
  inputs: { a: fp32([1, 2, 3]) },
  items: 1,
  maps: false,
  ...rest,
  terms: { ...plainTerms, ...terms },
});

export const answerOf = (values: readonly number[]): Answer => ({
  outputs: { u: fp32(values) },
  maps: {},
  guard: undefined,
  answeredBy: 'surrogate',
});

export const modelOf = (content: unknown, name = 'darcy'): CachedModel =>
  cachedModel({ name, version: 1, config: { response_cache: { enable: true } }, content: [content] }, false);

interface Opening {
  readonly clock?: Clock;
  readonly timers?: Timers;
  readonly second?: GuardedTier;
  readonly secret?: string;
  readonly maxFollowers?: number;
  readonly find?: (asked: { readonly name: string }) => CachedModel | undefined;
}

export function openedCache(opening: Opening = {}): PredictionCache {
  const { clock = systemClock, timers = systemTimers } = opening;
  const memory = memoryTier({ budgetBytes: 2 ** 20, maxEntryBytes: 2 ** 18, clock });
  return predictionCache({ maxEntryBytes: 2 ** 18, ...opening, memory, clock, timers });
}

/** A computation that the test ends by hand. */
export function handCompute() {
  const begun: { resolve(answer: Answer): void; reject(error: unknown): void }[] = [];
  return {
    begun,
    compute: (): Promise<Answer> =>
      new Promise((resolve, reject) => {
        begun.push({ resolve, reject });
      }),
  };
}

/** Lets everything that is due run. */
export const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
