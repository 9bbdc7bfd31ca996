// What the optimizer tells on the channel 'compile.tiers': promotions, swaps, deoptimisations, refusals.
import { channel } from '../../base/index.js';

export interface TierEvent {
  readonly kind: 'compiled' | 'swapped' | 'deoptimised' | 'refused';
  /** Name of the function. */
  readonly name: string;
  /** Shapes and types of the version. */
  readonly signature: string;
  readonly why: string;
  /** What the version runs in from now on. */
  readonly tier: 0 | 1 | 2;
  /** Of 'compiled': what it took. */
  readonly compileMs?: number;
}

export const tierChannel = channel<TierEvent>('compile.tiers');
