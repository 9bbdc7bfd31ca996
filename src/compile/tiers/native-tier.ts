// Tiers 1 and 2 of one version: the session that answers, and the search for threads and graph level on real calls.
import type { Tensor } from '../../base/index.js';
import type { Tree } from '../tree.js';
import type { Opened } from './compile-steps.js';
import { OpenProgram, type SessionChoice } from './compiled-program.js';
import { decideTrial } from './decide.js';
import { Samples } from './samples.js';
import { otherChoices, Trial, type TrialResult } from './trial.js';
import { turn, type Workshop } from './workshop.js';

export interface NativeTerms {
  /** The key of the program in the cache. */
  readonly key: string;
  readonly opened: Opened;
  /** Called when a trial has ended. */
  readonly onVerdict: (verdict: { readonly why: string; readonly isSwitch: boolean }) => void;
}

export class NativeTier {
  readonly #workshop: Workshop;
  readonly #terms: NativeTerms;
  readonly samples = new Samples();
  #current: OpenProgram;
  #trial: Trial | undefined;
  #isTried: boolean;
  #tried: TrialResult['tried'] = [];
  #isClosed = false;

  constructor(workshop: Workshop, terms: NativeTerms) {
    this.#workshop = workshop;
    this.#terms = terms;
    this.#current = terms.opened.open;
    this.#isTried = terms.opened.compiled.record.choice !== undefined;
  }

  /** 2 once the choices were tried, here or by the process that wrote the cache. */
  get tier(): 1 | 2 {
    return this.#isTried && this.#trial === undefined ? 2 : 1;
  }

  get choice(): SessionChoice {
    return this.#current.choice;
  }

  get nodes(): number {
    return this.#current.record.nodes;
  }

  get tried(): TrialResult['tried'] {
    return this.#tried;
  }

  /** Runs one call; while choices are tried, each call goes to the next of them. @throws what the session throws. */
  async run(leaves: readonly Tensor[]): Promise<Tree<Tensor>> {
    const { clock } = this.#workshop;
    const program = this.#trial?.next() ?? this.#current;
    const start = clock.monotonic();
    const result = await program.run(leaves);
    const ms = clock.monotonic() - start;
    this.samples.add(ms);
    this.#trial?.saw(program, ms);
    this.#considerTrial();
    this.#considerVerdict();
    return result;
  }

  /** Frees the sessions once their runs have ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const programs = this.#trial?.programs ?? [this.#current];
    this.#trial = undefined;
    for (const program of programs) await program.close();
  }

  #considerTrial(): void {
    const { config, machine, background } = this.#workshop;
    const nativeMs = this.samples.medianMs;
    if (this.#isTried || config.trialCalls === 0 || nativeMs === undefined) return;
    const choices = otherChoices(this.choice, machine.cores);
    const openMs = this.#terms.opened.report.openMs * choices.length;
    if (!decideTrial({ calls: this.samples.count, nativeMs, openMs }).yes) return;
    this.#isTried = true;
    background.add(() => this.#openTrial(choices));
  }

  /** Opens the other choices, each in a turn of its own. Whatever fails to open is no choice. */
  async #openTrial(choices: readonly SessionChoice[]): Promise<void> {
    const { program } = await this.#workshop.cache.get(this.#terms.key);
    if (program === undefined) return;
    const others: OpenProgram[] = [];
    for (const choice of choices) {
      await turn();
      const open = await OpenProgram.open(program, choice).catch(() => undefined);
      if (open !== undefined) others.push(open);
    }
    if (this.#isClosed) for (const open of others) await open.close();
    else this.#trial = new Trial([this.#current, ...others], this.#workshop.config.trialCalls);
  }

  #considerVerdict(): void {
    const { config, background } = this.#workshop;
    const verdict = this.#trial?.verdict(config.recompilationThreshold);
    if (verdict === undefined || this.#isClosed) return;
    const isSwitch = verdict.chosen !== this.#current;
    this.#current = verdict.chosen;
    this.#tried = verdict.tried;
    this.#trial = undefined;
    background.add(async () => {
      for (const loser of verdict.losers) await loser.close();
      await this.#remember();
    });
    this.#terms.onVerdict({ why: verdict.why, isSwitch });
  }

  /** Writes the choice into the cache, so that the next process begins with it. */
  async #remember(): Promise<void> {
    const { cache } = this.#workshop;
    const { program } = await cache.get(this.#terms.key);
    if (program === undefined) return;
    await cache.put(this.#terms.key, { ...program, record: { ...program.record, choice: this.choice } });
  }
}
