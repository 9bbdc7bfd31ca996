// A simulated release as the engine would tell it: one sample a request, of both versions, in the order of time.
import type { Random } from '../../../base/index.js';
import type { RequestSample } from '../../../observe/index.js';
import { type Answered, Answers } from './answers.js';
import type { ReleaseTruth } from './truth.js';

/** The versions of every simulated release. */
export const simulatedVersions = Object.freeze({ stable: 1, candidate: 2 });
const startMs = 1_700_000_000_000;
const burstSeconds = 3;

/** Load that both versions share: a rate that swings, waves, bursts and drift, moved on from request to request. */
class Load {
  seconds = 0;
  /** Logarithm of the factor on latencies. */
  level = 0;
  bursting = false;
  #wave = 0;
  #burstUntil = 0;
  readonly #truth: ReleaseTruth;
  readonly #random: Random;
  readonly #phase: number;
  readonly #length: number;

  constructor(truth: ReleaseTruth, random: Random) {
    this.#truth = truth;
    this.#random = random;
    this.#phase = 2 * Math.PI * random.uniform();
    this.#length = truth.samples / truth.world.ratePerSecond;
  }

  next(): void {
    const { ratePerSecond, rateSwing, waves, waveSeconds, burstsPerSecond, burstFactor, driftPerRelease } =
      this.#truth.world;
    const random = this.#random;
    const swing = rateSwing * Math.sin(this.#phase + (6 * this.seconds) / this.#length);
    const step = -Math.log(1 - random.uniform()) / (ratePerSecond * Math.exp(swing));
    this.seconds += step;
    const remembered = Math.exp(-step / waveSeconds);
    if (waves > 0)
      this.#wave = remembered * this.#wave + Math.sqrt(1 - remembered * remembered) * waves * random.normal();
    if (random.uniform() < 1 - Math.exp(-step * burstsPerSecond))
      this.#burstUntil = this.seconds - burstSeconds * Math.log(1 - random.uniform());
    this.bursting = this.seconds < this.#burstUntil;
    // More load, longer queues.
    this.level =
      this.#wave +
      0.2 * Math.max(0, swing) +
      (this.bursting ? Math.log(burstFactor) : 0) +
      driftPerRelease * (this.seconds / this.#length);
  }
}

/** Member by member: the same shape each time, many times faster than spreading. */
const sampleOf = (
  answer: Answered,
  { sequence, atMs, kind, paired }: Pick<RequestSample, 'sequence' | 'atMs' | 'kind' | 'paired'>,
): RequestSample => ({
  sequence,
  atMs,
  version: answer.version,
  kind,
  ok: answer.ok,
  latencyMs: answer.latencyMs,
  computeMs: answer.computeMs,
  items: answer.items,
  residual: answer.residual,
  fluxImbalance: answer.fluxImbalance,
  accepted: answer.accepted,
  paired,
});

/**
 * Plays a release of `truth.samples` requests. Copies come as samples beside.
 * @param hear called with each sample
 * @param asked called after each request with the number of requests so far
 */
export function replay(
  truth: ReleaseTruth,
  random: Random,
  { hear, asked }: { readonly hear: (sample: RequestSample) => void; readonly asked?: (requests: number) => void },
): void {
  const { world, visible, samples } = truth;
  const load = new Load(truth, random);
  const answers = new Answers(truth, random);
  let sequence = 0;
  for (let request = 1; request <= samples; request++) {
    load.next();
    const done = request / samples;
    const share = Math.min(0.5, done > 2 / 3 ? world.share * world.shareStep : world.share);
    const toCandidate = random.uniform() < share;
    const atMs = startMs + 1000 * load.seconds;
    const input = answers.input();
    const answer = answers.answer({ candidate: toCandidate, load, done, input });
    hear(sampleOf(answer, { sequence: sequence++, atMs, kind: 'answer', paired: null }));
    // What a cache answered is not copied.
    if (!toCandidate && answer.latencyMs !== null && random.uniform() < visible.mirror) {
      const copy = answers.answer({ candidate: true, load, done, input });
      const paired = answers.pair(answer, { done, input });
      hear(sampleOf(copy, { sequence: sequence++, atMs, kind: 'mirror', paired }));
    }
    asked?.(request);
  }
}
