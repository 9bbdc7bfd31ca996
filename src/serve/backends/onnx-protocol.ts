// The words between the server and an instance that holds native sessions, in a thread or in a process of its own.
import type { Job, Tensors } from './backend.js';
import type { SessionTerms } from './session-terms.js';
import type { WireList, WireOrder } from './worker-wire.js';

/** A graph: its bytes; or its path, where it keeps weights in files beside it, which the runtime then maps into memory. */
export type GraphSource = Uint8Array | string;

export interface SessionsStart {
  readonly model: GraphSource;
  readonly guard: GraphSource | undefined;
  readonly terms: SessionTerms;
  /** The inputs that clients send, in the order of every call; what the graph wants besides follows them. */
  readonly inputs: WireOrder;
  /** Computed before the first request; inputs that are left out are zeros. */
  readonly warmUps: readonly Tensors[];
  /** It warms up until a run was as quick as this, for a while: on a busy machine the first runs say little. */
  readonly quickMs: number;
  /** The process ends itself, after an answer, once it takes more memory; 0: no bound. Threads have none of their own. */
  readonly maxRssBytes: number;
}

/** The order of what goes in and comes back. */
export interface SessionsOpened {
  readonly inputs: WireOrder;
  readonly outputs: WireOrder;
  readonly facts: WireOrder;
  /** The quickest warm-up run; a run that failed counts as quick. */
  readonly warmUpMs: number;
}

/** Number, guard, inputs, and outputs where they are given. */
export type SessionsCall = readonly [id: number, guard: Job['guard'], inputs: WireList, outputs: WireList | undefined];

/** Number and what was computed; or number and why it failed. The first reply, number 1, says what the graphs give. */
export type SessionsReply =
  | readonly [id: number, inferMs: number, outputs: WireList, facts: WireList | undefined]
  | readonly [id: number, reason: string]
  | readonly [id: number, opened: SessionsOpened];
