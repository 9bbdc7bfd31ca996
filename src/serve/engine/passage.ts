// The way of one request through the engine: which version takes it, that this version stays meanwhile, and who hears if it fails.
import { isSameSignature } from '../routing/same-signature.js';
import type { Question } from './question.js';
import type { RunningModel } from './running-model.js';

export class Passage<Asked extends { readonly question: Question }> {
  /** Who answers. */
  model: RunningModel;
  private question: Question | undefined;

  constructor(
    found: RunningModel,
    readonly startMs: number,
  ) {
    // A request may have waited at the door while the version that was found for it left.
    this.model = found.leases.isLeaving && found.trail !== undefined ? found.trail.successor() : found;
    this.model.leases.take();
  }

  /** Reads the request, and goes where its sequence lives. @throws what `read` throws */
  open(read: (model: RunningModel) => Asked): Asked {
    let asked = read(this.model);
    const { sequence } = asked.question.terms;
    const home = sequence === undefined ? undefined : this.model.trail?.homeOf(sequence);
    if (home !== undefined && home !== this.model) {
      const isReadAlike = isSameSignature(home.served, this.model.served);
      home.leases.take();
      this.model.leases.give();
      this.model = home;
      if (!isReadAlike) asked = read(home);
    }
    this.question = asked.question;
    return asked;
  }

  fail(error: unknown, nowMs: number): void {
    this.model.statistics.fail(error, nowMs - this.startMs);
    this.model.trail?.failed(error, this.question);
  }

  close(): void {
    this.model.leases.give();
  }
}
