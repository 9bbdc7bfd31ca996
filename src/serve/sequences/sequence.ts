// One sequence: its requests in order, one of them at a time on an instance, and its state between them.
import type { Tensors } from '../backends/backend.js';
import { LinkedList } from '../batching/linked-list.js';
import type { Lane } from './lane.js';
import type { Turn } from './turn.js';

export class Sequence {
  /** Requests that wait; several lives of one id may follow each other in here. */
  readonly turns = new LinkedList<Turn>(0);
  /** What an instance has. */
  running: Turn | undefined;
  /** The last request that came does not end it: more may follow without a start. */
  isOpen = false;
  /** States after the last answer; undefined before the first. */
  state: Tensors | undefined;
  /** Where it runs; undefined while it waits for a slot. */
  lane: Lane | undefined;
  /** Its slot there. */
  place = -1;
  /** Since when its next request could have been sent. */
  readyMs = 0;
  /** Since when nothing of it waits or runs. */
  idleSinceMs = 0;

  constructor(readonly key: string) {}
}
