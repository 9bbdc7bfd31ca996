// Tier 2: several ways to run one program take the real calls in turns, and the fastest is kept.
import type { OpenProgram, SessionChoice } from './compiled-program.js';
import { decideSwitch } from './decide.js';
import { Samples } from './samples.js';

interface Candidate {
  readonly program: OpenProgram;
  readonly label: string;
  readonly samples: Samples;
}

export const labelOf = ({ threads, graphLevel }: SessionChoice): string =>
  `${threads === 0 ? 'all threads' : `${threads} thread${threads === 1 ? '' : 's'}`}, graph level ${graphLevel}`;

/** The choices that are worth a try beside the one that runs. */
export function otherChoices(current: SessionChoice, cores: number): SessionChoice[] {
  const threads = current.threads === 1 ? 0 : 1;
  const graphLevel = current.graphLevel === 'extended' ? 'all' : 'extended';
  // 'basic' is there for the digits, not for speed: what is faster would be less exact.
  const choices: SessionChoice[] = current.graphLevel === 'basic' ? [] : [{ ...current, graphLevel }];
  return cores > 1 ? [{ ...current, threads }, ...choices] : choices;
}

export interface TrialResult {
  readonly chosen: OpenProgram;
  readonly losers: readonly OpenProgram[];
  readonly why: string;
  readonly tried: readonly { readonly label: string; readonly medianMs: number }[];
}

export class Trial {
  readonly #candidates: readonly Candidate[];
  readonly #calls: number;
  #next = 0;

  /** @param programs the one that runs first. @param calls how many calls each gets. */
  constructor(programs: readonly OpenProgram[], calls: number) {
    this.#candidates = programs.map(program => ({ program, label: labelOf(program.choice), samples: new Samples() }));
    this.#calls = calls;
  }

  /** The program for the next call: each in turn, so that all see the same machine. */
  next(): OpenProgram | undefined {
    const candidate = this.#candidates[this.#next % this.#candidates.length];
    this.#next += 1;
    return candidate?.program;
  }

  saw(program: OpenProgram, ms: number): void {
    this.#candidates.find(candidate => candidate.program === program)?.samples.add(ms);
  }

  get programs(): readonly OpenProgram[] {
    return this.#candidates.map(({ program }) => program);
  }

  /** The verdict, once every candidate had its calls. */
  verdict(threshold: number): TrialResult | undefined {
    if (this.#candidates.some(({ samples }) => samples.count < this.#calls)) return undefined;
    const rated = this.#candidates.map(({ program, label, samples }) => ({
      program,
      label,
      medianMs: samples.medianMs ?? Number.POSITIVE_INFINITY,
    }));
    const [current, ...others] = rated;
    if (current === undefined) return undefined;
    const { chosen, why } = decideSwitch(current, others, threshold);
    return {
      chosen: chosen.program,
      losers: this.programs.filter(program => program !== chosen.program),
      why,
      tried: rated.map(({ label, medianMs }) => ({ label, medianMs })),
    };
  }
}
