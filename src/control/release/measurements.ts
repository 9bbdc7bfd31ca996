// What a decision is made from, and what it is: all data, so that decisions can be replayed, enumerated and checked.
import type { Route } from '../../model/index.js';
import type { Advice } from '../advisor/advice.js';
import type { Judgement } from '../judge/judgement.js';
import type { Word } from './releases.js';
import type { ReleaseCommand, ReleaseEvent, ReleaseStatus, unrouteWord } from './status.js';

/** A replica as it was seen last. */
export interface ReplicaView {
  readonly name: string;
  readonly isReachable: boolean;
  /** What it obeys; undefined without one, and where it could not be reached. */
  readonly route: Route | undefined;
  /** Versions of the model that can answer in it. */
  readonly ready: readonly number[];
  /** Why it did not obey the last order, or could not be reached; '' if nothing is wrong. */
  readonly fault: string;
  /** True if it cannot load what the last order names: repeating helps little. */
  readonly isLoadFailed: boolean;
  /** Why it obeys without the fresh baseline that its route asks for. */
  readonly baselineFault?: string | undefined;
}

export interface AskedCommand {
  readonly number: number;
  readonly command: ReleaseCommand | typeof unrouteWord;
  readonly word: Word;
}

export interface Measurements {
  /** Of the office of who decides. */
  readonly term: number;
  readonly replicas: readonly ReplicaView[];
  /** Undefined before anything could be judged. */
  readonly judgement: Judgement | undefined;
  readonly advice: Advice | undefined;
  /** In the order in which they were asked for. */
  readonly commands: readonly AskedCommand[];
  /** What the model's own policy would serve, the newest first; looked up only where somebody asks to go back to it. */
  readonly policy?: readonly number[] | undefined;
}

export type EventDraft = Pick<ReleaseEvent, 'kind' | 'text' | 'by'>;

export interface Decision {
  readonly status: ReleaseStatus;
  readonly events: readonly EventDraft[];
  /** Commands that were executed or refused; the others wait. */
  readonly answers: readonly { readonly number: number; readonly outcome: string }[];
  /** Routes to send, once the status is written down. */
  readonly orders: readonly Order[];
}

export interface Order {
  readonly replica: string;
  readonly route: Route;
}
