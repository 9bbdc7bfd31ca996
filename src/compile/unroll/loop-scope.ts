// Where a loop may stand: directly in what is recorded for lowering, or in the body of another loop. Nobody else could run it.
import type { Recorder } from '../tracer-classes.js';

const open = new Set<Recorder>();

/** Runs `action`, in which loops may stand in what `recorder` records. */
export function withLoops<T>(recorder: Recorder | undefined, action: () => T): T {
  if (recorder === undefined || open.has(recorder)) return action();
  open.add(recorder);
  try {
    return action();
  } finally {
    open.delete(recorder);
  }
}

export const takesLoops = (recorder: Recorder): boolean => open.has(recorder);
