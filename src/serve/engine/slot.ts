// The place of one instance in a pool: it stays when the instance is replaced.
import type { Instance } from '../backends/backend.js';
import type { Execution } from './execution.js';

export interface Slot {
  instance: Instance | undefined;
  /** What it computes, and what already waits inside it; the oldest first. */
  readonly running: Set<Execution>;
  /** Deaths in a row; an answer sets them back. */
  failures: number;
  /** Its instance was killed because it took too long. */
  overran: boolean;
  /** Calls off the restart that is due. */
  retry: (() => void) | undefined;
}

export const newSlot = (): Slot => ({
  instance: undefined,
  running: new Set(),
  failures: 0,
  overran: false,
  retry: undefined,
});
