// Simulated traffic of a release: two versions side by side, with the noise that real latencies have.
import { type Random, seededRandom } from 'galerkin/base';
import { type Criterion, type JudgeConfig, type JudgedMetric, type Judgement, openJudge } from 'galerkin/control';
import type { RequestSample } from 'galerkin/observe';

export const versions = { stable: 1, candidate: 2 };

/** A sample in which nothing went wrong and little was measured. */
export const sampleOf = (facts: Partial<RequestSample>): RequestSample => ({
  sequence: 1,
  atMs: 0,
  version: versions.stable,
  kind: 'answer',
  ok: true,
  latencyMs: 10,
  computeMs: null,
  items: 1,
  residual: null,
  fluxImbalance: null,
  accepted: null,
  paired: null,
  ...facts,
});

export const criterion = (metric: JudgedMetric, margin: number, advisory = false) => ({ metric, margin, advisory });

export const judgeConfig = (...criteria: readonly Criterion[]): JudgeConfig => ({
  falseAlarm: 0.01,
  falsePass: 0.05,
  minSamples: 50,
  criteria,
});

/** As a release document has them when it says nothing. */
export const usualConfig = judgeConfig(
  criterion('latency-mean', 0.1),
  criterion('latency-p99', 0.5, true),
  criterion('error-rate', 0.01),
  criterion('guard-rate', 0.05),
  criterion('residual', 0.1),
  criterion('conservation', 0.25),
);

/** What disturbs latencies: standard normal noise of the logarithm, unless it says otherwise. */
export interface Noise {
  /** Correlation with the version's request before: first-order autoregression in each version by itself. */
  readonly correlation?: number;
  /** Probability that a burst of ten requests, three times as slow, begins in one version. */
  readonly bursts?: number;
  /** The same in both at once, as a collection of garbage in the server: 20 requests, four times as slow. */
  readonly pauses?: number;
  /** Probability of a request ten times as slow. */
  readonly tail?: number;
  /** Growth of all latencies over the whole release, in the logarithm. */
  readonly drift?: number;
}

export interface Traffic {
  readonly seed: number;
  readonly requests?: number;
  /** Of the candidate, at the start and at the end; it changes in five steps. */
  readonly share?: number;
  readonly lastShare?: number;
  /** Standard deviation of the logarithm of latencies. */
  readonly scatter?: number;
  /** Factor of the candidate's latencies. */
  readonly slower?: number;
  readonly errors?: number;
  readonly moreErrors?: number;
  readonly noise?: Noise;
}

/** Latencies in ms, in the order in which they are asked for. */
function latencies(random: Random, { scatter = 0.3, noise = {}, requests = 4000 }: Traffic) {
  const last = { stable: 0, candidate: 0 };
  const left = { stable: 0, candidate: 0, both: 0 };
  const { correlation = 0, bursts = 0, pauses = 0, tail = 0, drift = 0 } = noise;
  const slowed = (of: keyof typeof left, probability: number, length: number): boolean => {
    if (left[of] > 0) left[of] -= 1;
    else if (probability > 0 && random.uniform() < probability) left[of] = length;
    return left[of] > 0;
  };
  return (arm: 'stable' | 'candidate', k: number): number => {
    last[arm] = correlation * last[arm] + Math.sqrt(1 - correlation ** 2) * random.normal();
    const burst = slowed(arm, bursts, 10) ? 3 : 1;
    const pause = slowed('both', pauses, 20) ? 4 : 1;
    const far = tail > 0 && random.uniform() < tail ? 10 : 1;
    return 10 * Math.exp(scatter * last[arm] + (drift * k) / requests) * burst * pause * far;
  };
}

export function* samplesOf(traffic: Traffic): Generator<RequestSample> {
  const { seed, requests = 4000, share = 0.5, lastShare = share, slower = 1, errors = 0, moreErrors = 0 } = traffic;
  const random = seededRandom(seed);
  const latency = latencies(random, traffic);
  for (let k = 0; k < requests; k++) {
    const now = share + ((lastShare - share) * Math.floor((5 * k) / requests)) / 4;
    const arm = random.uniform() < now ? 'candidate' : 'stable';
    const isCandidate = arm === 'candidate';
    const ok = random.uniform() >= errors + (isCandidate ? moreErrors : 0);
    const latencyMs = latency(arm, k) * (isCandidate ? slower : 1);
    yield sampleOf({ sequence: k + 1, atMs: 10 * k, version: versions[arm], ok, latencyMs: ok ? latencyMs : null });
  }
}

export interface Outcome {
  readonly verdict: Judgement['verdict'];
  readonly stable: number;
  readonly candidate: number;
  readonly judgement: Judgement;
}

/** Lets a judge hear the traffic, and asks it after every so many samples, until it decides. */
export function outcomeOf(traffic: Traffic, { config = usualConfig, every = 20 } = {}): Outcome {
  const judge = openJudge(config, versions);
  const heard = { stable: 0, candidate: 0 };
  let judgement = judge.judge(0);
  for (const sample of samplesOf(traffic)) {
    judge.hear(sample);
    heard[sample.version === versions.candidate ? 'candidate' : 'stable'] += 1;
    if ((heard.stable + heard.candidate) % every !== 0) continue;
    judgement = judge.judge(sample.atMs);
    if (judgement.verdict !== 'continue') break;
  }
  return { verdict: judgement.verdict, ...heard, judgement };
}

/** Outcomes of so many releases that differ in their seed only. */
export const outcomesOf = (count: number, traffic: Omit<Traffic, 'seed'>, asked?: Parameters<typeof outcomeOf>[1]) =>
  Array.from({ length: count }, (_, k) => outcomeOf({ ...traffic, seed: k + 1 }, asked));

export const countOf = (outcomes: readonly Outcome[], verdict: Outcome['verdict']): number =>
  outcomes.filter(each => each.verdict === verdict).length;

/** Of the candidate's samples at the end; one that never ended so counts as infinitely long. */
export function medianSamples(outcomes: readonly Outcome[], verdict: Outcome['verdict']): number {
  const counts = outcomes.map(each => (each.verdict === verdict ? each.candidate : Number.POSITIVE_INFINITY));
  return counts.toSorted((a, b) => a - b)[counts.length >> 1];
}

/** Clopper and Pearson's interval of a share, at 95 %: exact, by halving the binomial distribution function. */
export function exactInterval(hits: number, count: number): readonly [number, number] {
  const atMost = (k: number, p: number): number => {
    let term = (1 - p) ** count;
    let sum = term;
    for (let j = 1; j <= k; j++) {
      term *= ((count - j + 1) / j) * (p / (1 - p));
      sum += term;
    }
    return sum;
  };
  const solve = (isBelow: (p: number) => boolean): number => {
    let [low, high] = [0, 0.5];
    for (let step = 0; step < 50; step++) {
      const middle = (low + high) / 2;
      if (isBelow(middle)) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
  const lower = hits === 0 ? 0 : solve(p => 1 - atMost(hits - 1, p) < 0.025);
  return [lower, solve(p => atMost(hits, p) > 0.025)];
}
