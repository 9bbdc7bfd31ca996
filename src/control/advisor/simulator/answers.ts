// How a version of a simulated release answers one request: latency, cost, failure, residuals, and a copy beside the client's answer.
import type { Random } from '../../../base/index.js';
import type { PairedSample, RequestSample } from '../../../observe/index.js';
import { latencyChange, residualChange } from './effects.js';
import type { Change, ReleaseTruth } from './truth.js';

/** What an answer is, before it is told when. */
export type Answered = Omit<RequestSample, 'sequence' | 'atMs' | 'kind' | 'paired'>;

/** How hard an input is, in normal units: for the residual, the flux and the error alike. */
export interface Input {
  readonly residual: number;
  readonly flux: number;
  readonly error: number;
}

const usualInput: Input = Object.freeze({ residual: 0, flux: 0, error: 0 });

export interface Situation {
  readonly load: { readonly level: number; readonly bursting: boolean };
  /** Part of the release that is over. */
  readonly done: number;
  readonly input: Input;
}

const failureFactorOfBursts = 3;
const coldFactor = 4;

/** How much of a change is there yet. */
export const grown = ({ onset }: Change, done: number): number => (onset === 0 ? 1 : Math.min(1, done / onset));

export class Answers {
  readonly #truth: ReleaseTruth;
  readonly #random: Random;
  readonly #latencyChange: number;
  readonly #residualChange: number;
  readonly #inputMatters: boolean;
  #candidateAnswers = 0;

  constructor(truth: ReleaseTruth, random: Random) {
    this.#truth = truth;
    this.#random = random;
    this.#latencyChange = latencyChange(truth);
    this.#residualChange = residualChange(truth);
    this.#inputMatters = truth.visible.guard || truth.visible.mirror > 0;
  }

  input(): Input {
    const random = this.#random;
    if (!this.#inputMatters) return usualInput;
    return { residual: random.normal(), flux: random.normal(), error: random.normal() };
  }

  answer({ candidate, load, done, input }: Situation & { readonly candidate: boolean }): Answered {
    const { world, change, visible } = this.#truth;
    const random = this.#random;
    const part = candidate ? grown(change, done) : 0;
    const cold = candidate && this.#candidateAnswers++ < change.coldRequests;
    const failing = world.failures * (load.bursting ? failureFactorOfBursts : 1) + part * change.failures;
    const ok = random.uniform() >= failing;
    const fromCache = random.uniform() < world.cached;
    const latencyMs = this.#latency(load.level, part) * (cold ? coldFactor : 1);
    const computeMs =
      world.latencyMs *
      world.computeShare *
      Math.exp(0.3 * load.level + world.computeNoise * random.normal() + part * change.compute);
    const rejected = random.uniform() < world.rejections + part * change.rejections;
    return {
      version: candidate ? 2 : 1,
      ok,
      latencyMs: fromCache ? null : latencyMs,
      computeMs: visible.compute && !fromCache ? computeMs : null,
      items: 1,
      residual: visible.guard
        ? world.residual * this.#hardness(input.residual) * Math.exp(part * this.#residualChange)
        : null,
      fluxImbalance: visible.guard
        ? 0.3 * world.residual * this.#hardness(input.flux) * Math.exp(part * change.flux)
        : null,
      accepted: visible.guard ? !rejected : null,
    };
  }

  #latency(level: number, part: number): number {
    const { world, change } = this.#truth;
    const random = this.#random;
    const tail = random.uniform() < world.tailShare ? 2 * (1 - random.uniform()) ** (-1 / world.tailExponent) : 1;
    const stall = random.uniform() < part * change.stalls ? change.stallFactor : 1;
    const steady = part * this.#latencyChange;
    return world.latencyMs * Math.exp(level + world.noise * random.normal() + steady) * tail * stall;
  }

  /** Log-normal around 1: a part is the input's, the rest the version's own, unless both versions are one file. */
  #hardness(ofInput: number): number {
    const { world, identical } = this.#truth;
    const own = identical ? 0 : this.#random.normal();
    return Math.exp(world.residualNoise * (world.shared * ofInput + Math.sqrt(1 - world.shared ** 2) * own));
  }

  /** What the answer to the client was, and how far apart both are. */
  pair(stable: Answered, { done, input }: Omit<Situation, 'load'>): PairedSample {
    const { world, change, visible, identical } = this.#truth;
    const random = this.#random;
    const spread = () => {
      const own = identical ? 0 : Math.sqrt(1 - world.shared ** 2) * random.normal();
      return Math.exp(world.errorNoise * (world.shared * input.error + own));
    };
    const stableError = world.stableError * spread();
    const candidateError = Math.max(0, world.stableError + grown(change, done) * change.error) * spread();
    // Two errors in a space of many dimensions, of which `shared` is the cosine of the angle between them.
    const squared = stableError ** 2 + candidateError ** 2 - 2 * world.shared * stableError * candidateError;
    const known = random.uniform() < visible.checked;
    return {
      stableLatencyMs: stable.latencyMs ?? Number.NaN,
      stableResidual: stable.residual,
      stableFluxImbalance: stable.fluxImbalance,
      difference: identical ? 0 : Math.sqrt(Math.max(0, squared)),
      stableError: known ? stableError : null,
      candidateError: known ? candidateError : null,
    };
  }
}
