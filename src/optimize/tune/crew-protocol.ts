// The words between a crew and its worker threads.
import type { Feeds } from '../feeds.js';
import type { GraphLevel } from './trial.js';

export type CrewCall =
  | {
      readonly id: number;
      readonly op: 'open';
      readonly key: string;
      readonly bytes: Uint8Array;
      readonly threads: number;
      readonly graphLevel: GraphLevel;
      readonly feeds: readonly Feeds[];
    }
  | {
      readonly id: number;
      readonly op: 'run';
      readonly key: string;
      readonly runs: number;
      readonly limitMs: number;
    }
  | { readonly id: number; readonly op: 'close'; readonly key: string };

export interface SliceTimes {
  readonly runsMs: readonly number[];
  readonly wallMs: number;
}

export interface CrewReply {
  readonly id: number;
  readonly times?: SliceTimes;
  readonly failed?: string;
}
