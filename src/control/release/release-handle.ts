// A release in the hand of who began it: how it stands, when it is over, and the way to stop it.
import { systemTimers, type Timers } from '../../base/index.js';
import type { Releases } from './releases.js';
import type { ReleaseStatus } from './status.js';
import { isFinal } from './transitions.js';

export interface ReleaseHandle {
  readonly id: string;
  status(): Promise<ReleaseStatus>;
  /** When it is promoted, aborted or reported; who executes it does not matter. Rejected where its status cannot be read any more. */
  readonly finished: Promise<ReleaseStatus>;
  /** All traffic back to the baseline. @throws RELEASE_PHASE if it is over */
  abort(why?: string): Promise<ReleaseStatus>;
}

/** Looked at so often where no event comes. */
const lookMs = 1000;

export interface HandleOptions {
  readonly id: string;
  readonly by: string;
  readonly timers?: Timers;
}

export function releaseHandle(releases: Releases, { id, by, timers = systemTimers }: HandleOptions): ReleaseHandle {
  const finished = new Promise<ReleaseStatus>((resolve, reject) => {
    let callOff = (): void => {};
    let isOver = false;
    const over = (settle: () => void): void => {
      isOver = true;
      callOff();
      unsubscribe();
      settle();
    };
    const look = async (): Promise<void> => {
      const status = await releases.status(id);
      if (isOver) return;
      if (isFinal(status.phase)) over(() => resolve(status));
      else callOff = timers.after(lookMs, begin);
    };
    const begin = (): void => {
      look().catch((error: unknown) => over(() => reject(error)));
    };
    const unsubscribe = releases.subscribe(event => {
      if (event.id !== id || !isFinal(event.status.phase) || isOver) return;
      over(() => resolve(event.status));
    });
    begin();
  });
  // Who never asks for the end is not told of a failure to see it.
  finished.catch(() => {});
  return {
    id,
    status: () => releases.status(id),
    finished,
    abort: (why = '') => releases.command(id, 'abort', { by, why }),
  };
}
