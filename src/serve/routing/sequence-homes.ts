// Where sequences live: each stays with the version that began it, however shares move meanwhile.
import type { RunningModel } from '../engine/running-model.js';
import type { SequenceTerms } from '../engine/terms.js';

const fewest = 1024;

/** A text and a number that look alike are two sequences. */
const keyOf = ({ id, isText }: SequenceTerms): string => (isText ? `"${id}` : id);

const lives = (model: RunningModel, sequence: SequenceTerms): boolean => model.scheduler.holds?.(sequence) === true;

interface Home {
  readonly model: RunningModel;
  readonly sequence: SequenceTerms;
}

export class SequenceHomes {
  private readonly homes = new Map<string, Home>();
  private sweepAt = fewest;

  /**
   * The version that a request of a sequence belongs to. A start belongs where it was sent, and the latest start counts;
   * what follows belongs where it lives, also if that is a version on its way out; undefined if it lives nowhere.
   * A version is kept from ending while sequences that were begun in it go on.
   */
  of(sequence: SequenceTerms, sentTo: RunningModel, running: readonly RunningModel[]): RunningModel | undefined {
    const key = keyOf(sequence);
    if (sequence.start) {
      this.forget(key);
      if (!sequence.end) this.settle(key, { model: sentTo, sequence: { ...sequence, start: false } });
      return sentTo;
    }
    const known = this.homes.get(key)?.model;
    if (known !== undefined && !lives(known, sequence)) this.forget(key);
    const home = known !== undefined && lives(known, sequence) ? known : running.find(model => lives(model, sequence));
    if (sequence.end) this.forget(key);
    return home;
  }

  /** Keeps no version for their sake any more: no requests come. */
  clear(): void {
    for (const key of [...this.homes.keys()]) this.forget(key);
  }

  private settle(key: string, home: Home): void {
    if (this.homes.size >= this.sweepAt) this.sweep();
    this.homes.set(key, home);
    home.model.leases.take();
  }

  private forget(key: string): void {
    const home = this.homes.get(key);
    if (home === undefined) return;
    this.homes.delete(key);
    home.model.leases.give();
  }

  /** Lets go of sequences that fell silent for too long. */
  private sweep(): void {
    for (const [key, { model, sequence }] of this.homes) if (!lives(model, sequence)) this.forget(key);
    this.sweepAt = Math.max(fewest, 2 * this.homes.size);
  }
}
