// Copies of requests that the stable version answered, for versions that no client sees yet: asked behind the answer, compared, dropped.
import type { Clock, Random } from '../../base/index.js';
import { wholeShare } from '../../model/index.js';
import type { PairedSample } from '../../observe/index.js';
import type { Tensors } from '../backends/backend.js';
import { solveItems, takesTheSame } from '../engine/fallback.js';
import type { Aid, Answer, Computing, Question } from '../engine/question.js';
import type { RunningModel, Served } from '../engine/running-model.js';
import { areOutputsOf } from '../engine/served-model.js';
import { plainTerms } from '../engine/terms.js';
import type { CompiledRoute } from './compiled-route.js';
import { relativeDifference } from './difference.js';
import { isSameSignature } from './same-signature.js';
import { guardFacts, isOwnFault, timeless } from './sample-of.js';
import type { NewSample } from './sample-ring.js';
import { type Timed, timedAnswer } from './timed-answer.js';

/** What became of the copies for one version. */
export interface MirrorCount {
  readonly version: number;
  answered: number;
  failed: number;
  /** Too many were under way, one where times are compared with fresh instances; or the version does not take such inputs. */
  dropped: number;
}

export interface MirroringParts {
  readonly clock: Clock;
  readonly random: Random;
  /** Where the model is that gives the truth. */
  readonly aid: Aid;
  /** Copies under way at once. */
  readonly limit: number;
  record(sample: NewSample): void;
}

interface Copy {
  readonly target: RunningModel;
  readonly question: Question;
  readonly served: Served;
  readonly stable: RunningModel;
  /** The model that says what is true; undefined for most copies. */
  readonly truth: Computing | undefined;
  readonly count: MirrorCount;
  /** Fresh instances of the stable version, which are asked the same beside the candidate. */
  readonly twin: RunningModel | undefined;
}

const noComparison = { difference: null, stableError: null, candidateError: null };

export class Mirroring {
  private readonly counts = new Map<number, MirrorCount>();
  private inFlight = 0;
  /** Versions that are being timed beside fresh instances: one copy after the other, so that a stall is one witness and no crowd. */
  private readonly timing = new Set<RunningModel>();

  constructor(private readonly parts: MirroringParts) {}

  /** What became of the copies so far, by version. */
  get report(): readonly MirrorCount[] {
    return [...this.counts.values()];
  }

  /** Draws whether the request is copied, and to whom. The answer is on its way meanwhile; nothing here waits or throws. */
  consider(compiled: CompiledRoute, stable: RunningModel, served: Served): void {
    const { route, twin } = compiled;
    const { random, aid } = this.parts;
    const { question, times } = served;
    // A copy in another order would break a sequence, and an answer from the cache says nothing of the stable version.
    if (question.terms.sequence !== undefined || times === undefined || stable.served.unroll !== undefined) return;
    for (const { version, share } of route.mirrors) {
      if (random.uniform() * wholeShare >= share) continue;
      const target = compiled.arm(version)?.base;
      const isChecked = route.checks !== undefined && random.uniform() * wholeShare < route.checks.share;
      const truth = isChecked && route.checks !== undefined ? aid.running(route.checks.model) : undefined;
      const count = this.countOf(version);
      const takes = target !== undefined && isSameSignature(stable.served, target.served);
      const isFull = this.inFlight >= this.parts.limit || (target !== undefined && this.timing.has(target));
      if (!takes || isFull || !target.isReady()) count.dropped++;
      else void this.send({ target, question, served, stable, truth, count, twin: twin?.base });
    }
  }

  private countOf(version: number): MirrorCount {
    const known = this.counts.get(version) ?? { version, answered: 0, failed: 0, dropped: 0 };
    this.counts.set(version, known);
    return known;
  }

  /** The inputs are those of the client's request: nothing in the server writes to them, or moves them elsewhere. */
  private async send(copy: Copy): Promise<void> {
    const { target, count, twin } = copy;
    const asked = twin === undefined ? [target] : [target, twin];
    this.inFlight++;
    for (const { leases } of asked) leases.take();
    try {
      const { given, freshMs } = await this.bothTimed(copy);
      const sample = await this.compared(copy, given, freshMs);
      count.answered++;
      this.parts.record(twin !== undefined && freshMs === undefined ? timeless(sample) : sample);
    } catch (error) {
      count.failed++;
      if (isOwnFault(error, undefined)) this.parts.record(this.failure(copy));
    } finally {
      for (const { leases } of asked) leases.give();
      this.inFlight--;
    }
  }

  /** The candidate's answer, and how long fresh instances took for the same. @throws what the candidate throws, after both were asked */
  private async bothTimed(copy: Copy): Promise<{ given: Timed; freshMs: number | undefined }> {
    const { target, question, twin } = copy;
    if (twin !== undefined) this.timing.add(target);
    try {
      // The answer of the client is written first.
      await new Promise(resolve => setImmediate(resolve));
      // Who comes second finds the caches warm and the processor taken: neither is always second.
      const isFirst = twin === undefined || this.parts.random.uniform() < 0.5;
      const before = isFirst ? undefined : await this.freshTimes(copy);
      const answering = timedAnswer(target, question, this.parts);
      // The other is asked whatever becomes of it: else the stable version would be spared just where both fail.
      await answering.catch(() => undefined);
      const freshMs = isFirst ? await this.freshTimes(copy) : before;
      return { given: await answering, freshMs };
    } finally {
      if (twin !== undefined) this.timing.delete(target);
    }
  }

  /** How long fresh instances of the stable version take for the same, as a sample of theirs too, also if they fail; undefined if they do not answer. */
  private async freshTimes({ twin, question, stable }: Copy): Promise<number | undefined> {
    if (!twin?.isReady()) return undefined;
    const { record, clock } = this.parts;
    const about = {
      version: Number(stable.served.version),
      kind: 'mirror',
      items: question.items,
      paired: null,
    } as const;
    const figures = { residual: null, fluxImbalance: null, accepted: null };
    try {
      const { latencyMs, computeMs } = await timedAnswer(twin, question, this.parts);
      record({ ...about, ...figures, atMs: clock.now(), ok: true, latencyMs, computeMs });
      return latencyMs;
    } catch (error) {
      const nothing = { ok: false, latencyMs: null, computeMs: null };
      if (isOwnFault(error, undefined)) record({ ...about, ...figures, atMs: clock.now(), ...nothing });
      return undefined;
    }
  }

  private async compared(copy: Copy, given: Timed, freshMs: number | undefined): Promise<NewSample> {
    const { target, served } = copy;
    const { answer: own, latencyMs, computeMs } = given;
    const facts = guardFacts(own.guard);
    const stable = this.stableFacts(served);
    return {
      ...this.blank(copy),
      ok: !(facts.accepted === false && target.served.guard?.policy === 'reject'),
      latencyMs,
      computeMs,
      ...facts,
      paired: {
        ...stable,
        stableLatencyMs: freshMs ?? stable.stableLatencyMs,
        ...(await this.comparison(copy, own)),
      },
    };
  }

  private failure(copy: Copy): NewSample {
    return {
      ...this.blank(copy),
      latencyMs: null,
      computeMs: null,
      residual: null,
      fluxImbalance: null,
      accepted: null,
      paired: { ...this.stableFacts(copy.served), ...noComparison },
    };
  }

  private blank({ target, question }: Copy) {
    const version = Number(target.served.version);
    return { atMs: this.parts.clock.now(), version, kind: 'mirror', ok: false, items: question.items } as const;
  }

  private stableFacts({ latencyMs, answer: given }: Served) {
    const { residual, fluxImbalance } = guardFacts(given.guard);
    return { stableLatencyMs: latencyMs, stableResidual: residual, stableFluxImbalance: fluxImbalance };
  }

  private async comparison({ served, stable, truth, question }: Copy, given: Answer): Promise<Comparison> {
    const mine = served.answer;
    // What a solver replaced is not the stable version's answer any more.
    const isOwn = mine.guard?.refused === undefined;
    const difference = isOwn ? relativeDifference(given.outputs, mine.outputs) : null;
    const right =
      truth === undefined
        ? undefined
        : await truthFor(stable, truth, { question, nowMs: this.parts.clock.monotonic() });
    if (right === undefined) return { ...noComparison, difference };
    return {
      difference,
      stableError: isOwn ? relativeDifference(mine.outputs, right) : null,
      candidateError: relativeDifference(given.outputs, right),
    };
  }
}

interface Asked {
  readonly question: Question;
  readonly nowMs: number;
}

type Comparison = Pick<PairedSample, 'difference' | 'stableError' | 'candidateError'>;

/** The outputs of the model that says what is true; undefined if it cannot say. */
async function truthFor(stable: RunningModel, truth: Computing, asked: Asked): Promise<Tensors | undefined> {
  if (!takesTheSame(stable.served, truth.served)) return undefined;
  const { inputs, items } = asked.question;
  try {
    const outputs = await solveItems(truth, inputs, { items, terms: plainTerms, nowMs: asked.nowMs });
    return areOutputsOf(stable.served, outputs, items) ? outputs : undefined;
  } catch {
    return undefined;
  }
}
