// The way of one request through the engine: which version takes it, that this version stays meanwhile, and who hears if it fails.
import { type Clock, GalerkinError } from '../../base/index.js';
import { isSameSignature } from '../routing/same-signature.js';
import type { Question } from './question.js';
import { refusalBy } from './refusal.js';
import type { RunningModel } from './running-model.js';
import type { SequenceTerms } from './terms.js';

export class Passage<Asked extends { readonly question: Question }> {
  readonly startMs: number;
  /** Who answers. */
  model: RunningModel;
  private question: Question | undefined;

  constructor(
    found: RunningModel,
    private readonly read: (model: RunningModel) => Asked,
    private readonly clock: Clock,
  ) {
    this.startMs = clock.monotonic();
    // A request may have waited at the door while the version that was found for it left.
    this.model = found.leases.isLeaving && found.trail !== undefined ? found.trail.successor() : found;
    this.model.leases.take();
  }

  /** Reads the request, and goes where its sequence lives, or on from a version that has no instance now. @throws what `read` throws */
  open(): Asked {
    const asked = this.read(this.model);
    this.question = asked.question;
    const { trail, served } = this.model;
    if (trail === undefined) return asked;
    const { sequence } = asked.question.terms;
    if (sequence !== undefined) return this.goHome(asked, sequence);
    if (this.model.isReady()) return asked;
    // Where nobody stands in, it waits for an instance.
    return this.passOn(new GalerkinError('MODEL_NOT_READY', { model: served.name, version: served.version })) ?? asked;
  }

  /**
   * Passes a request that the route sent to a version which refuses to begin on to the stable version: once, and as a failure of the
   * version that refused. @returns the request as the other reads it; undefined where it stays, and `error` stands
   */
  passOn(error: unknown): Asked | undefined {
    const { model, question } = this;
    if (question === undefined || question.terms.sequence !== undefined) return undefined;
    if (refusalBy(model.served, error) === undefined) return undefined;
    const standIn = model.trail?.standIn();
    if (standIn === undefined || (standIn.served.unroll === undefined) !== (model.served.unroll === undefined))
      return undefined;
    let asked: Asked;
    try {
      asked = this.read(standIn);
    } catch {
      // It was put in words that only the other version understands.
      return undefined;
    }
    this.fail(error);
    this.move(standIn, asked);
    return asked;
  }

  fail(error: unknown): void {
    this.model.statistics.fail(error, this.clock.monotonic() - this.startMs);
    this.model.trail?.failed(error, this.question);
  }

  close(): void {
    this.model.leases.give();
  }

  private goHome(asked: Asked, sequence: SequenceTerms): Asked {
    const { model } = this;
    const home = model.trail?.homeOf(sequence) ?? model;
    if (home === model) return asked;
    this.move(home, asked);
    if (isSameSignature(home.served, model.served)) return asked;
    const again = this.read(home);
    this.question = again.question;
    return again;
  }

  private move(next: RunningModel, { question }: Asked): void {
    next.leases.take();
    this.model.leases.give();
    this.model = next;
    this.question = question;
  }
}
