// Which ready requests make the next execution, one of each sequence, and whether it pays to wait for more.
import type { FlushReason } from '../statistics/executions.js';
import type { Sequence } from './sequence.js';
import type { FlushRule } from './sequence-plan.js';

export interface Chosen {
  readonly sequences: readonly Sequence[];
  readonly why: FlushReason;
  /** When `sequences` is empty because it pays to wait: how long. */
  readonly waitMs: number;
}

export interface ChoiceMoment {
  readonly ms: number;
  /** Nobody will join any more: nothing waits. */
  readonly isClosing: boolean;
  /** Only requests of one key share an execution. */
  keyOf(sequence: Sequence): string;
}

/** The largest preferred size that is reached; 0 for none. */
function bestPreferred(preferred: ReadonlySet<number>, count: number): number {
  let best = 0;
  for (const size of preferred) if (size <= count && size > best) best = size;
  return best;
}

/** Sequences in the order in which they became ready that fit together, and whether one that does not follows. */
function joinable(ready: ReadonlySet<Sequence>, maxRows: number, keyOf: ChoiceMoment['keyOf']) {
  const sequences: Sequence[] = [];
  let key = '';
  for (const sequence of ready) {
    if (sequences.length === 0) key = keyOf(sequence);
    else if (keyOf(sequence) !== key) return { sequences, isEnded: true };
    sequences.push(sequence);
    if (sequences.length === maxRows) break;
  }
  return { sequences, isEnded: false };
}

/** Chooses of a set that is not empty; takes nothing out of it. */
export function chooseTurns(ready: ReadonlySet<Sequence>, rule: FlushRule, moment: ChoiceMoment): Chosen {
  const { maxRows, enoughRows, preferred, delayMs } = rule;
  const { sequences, isEnded } = joinable(ready, maxRows, moment.keyOf);
  const send = (why: FlushReason, count = sequences.length): Chosen => ({
    sequences: count === sequences.length ? sequences : sequences.slice(0, count),
    why,
    waitMs: 0,
  });
  if (maxRows === 1) return send('single');
  const count = sequences.length;
  if (count === maxRows) return send('full');
  const ageMs = moment.ms - (sequences[0]?.readyMs ?? moment.ms);
  const isOver = delayMs > 0 && ageMs >= delayMs;
  const best = bestPreferred(preferred, count);
  if (best > 0 && !isOver) return send('preferred', best);
  if (isEnded) return send('shape');
  if (isOver) return send('delay');
  if (delayMs === 0) return send('no-delay');
  if (count >= enoughRows) return send('preferred');
  if (moment.isClosing) return send('close');
  return { sequences: [], why: 'delay', waitMs: delayMs - ageMs };
}
