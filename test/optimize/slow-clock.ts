// A clock that goes slowly: searches that are bounded by time do all their work on it, however busy the machine is.
import { type Clock, systemClock } from 'galerkin/base';

export const slowClock = (times: number): Clock => ({
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() / times,
});
