// A clock that goes on by a step each time it is read: searches that are bounded by time do the same work however busy the machine is.
import { type Clock, systemClock } from 'galerkin/base';

export function countedClock(stepMs: number): Clock {
  let ms = 0;
  return {
    now: () => systemClock.now(),
    monotonic: () => {
      ms += stepMs;
      return ms;
    },
  };
}
