// The loop of whatever operates: hold the office, and again and again look, decide, write down, act. Only one process does.
import type { Timers } from '../base/index.js';
import type { Office } from '../store/index.js';

export interface LoopOptions {
  readonly takeOffice: () => Promise<Office | undefined>;
  /** Looks, decides, writes down and acts once. `isHeld` is to be asked again before each act. @returns true to go on at once */
  readonly tick: (office: Office) => Promise<boolean>;
  /** Besides, in every process: what those without the office do, too. */
  readonly besides: () => Promise<void>;
  /** Between the end of one tick and the beginning of the next, and between two tries to take the office. */
  readonly tickMs: number;
  readonly timers: Timers;
  /** A tick that failed: told, and tried again after a pause. */
  readonly onFault: (error: unknown) => void;
}

export interface Loop {
  /** The next tick begins now, or as soon as the one under way is over. */
  nudge(): void;
  /** Undefined without the office. */
  office(): Office | undefined;
  /** Ends the tick under way, and gives the office back. */
  close(): Promise<void>;
}

/** Begins at once. An office that is lost is tried for again, with a new term. */
export function runLoop({ takeOffice, tick, besides, tickMs, timers, onFault }: LoopOptions): Loop {
  let office: Office | undefined;
  let isClosed = false;
  let isNudged = false;
  let wake: () => void = () => {};

  const rest = (): Promise<void> =>
    new Promise(resolve => {
      const callOff = timers.after(tickMs, resolve);
      wake = () => {
        callOff();
        resolve();
      };
    });

  const once = async (): Promise<boolean> => {
    if (office?.isHeld() !== true) office = await takeOffice();
    const again = office !== undefined && (await tick(office));
    await besides();
    return again;
  };

  const run = async (): Promise<void> => {
    while (!isClosed) {
      isNudged = false;
      const again = await once().catch((error: unknown) => {
        onFault(error);
        return false;
      });
      if (!again && !isNudged && !isClosed) await rest();
    }
    await office?.resign();
    office = undefined;
  };

  const ended = run();
  return {
    nudge() {
      isNudged = true;
      wake();
    },
    office: () => (office?.isHeld() === true ? office : undefined),
    close() {
      isClosed = true;
      wake();
      return ended;
    },
  };
}
