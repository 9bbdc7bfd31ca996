// Instances take a second job while they compute the first. A batch that lies there cannot grow: it is better formed late.
import type { Choice } from './choose-batch.js';

/** Below this an instance that waits for its next job loses more than a larger batch saves. */
const shortMs = 2;
const forgetting = 0.9;

export interface HoldBackOptions {
  readonly instances: number;
  /** Hold back full batches too: requests have a latency target, and lying in a busy instance costs as much as a whole batch. */
  readonly holdsFull: boolean;
}

export class HoldBack {
  private inFlight = 0;
  private meanMs = 0;
  /** Something was held back, and the pool must be told when an instance is through. */
  isHolding = false;

  constructor(private readonly options: HoldBackOptions) {}

  /** @param choice a batch that could be sent now. */
  holds({ why, members }: Choice): boolean {
    const { instances, holdsFull } = this.options;
    const isAhead = this.inFlight >= instances && this.meanMs >= shortMs;
    const canGrow = why === 'delay' || why === 'no-delay';
    this.isHolding = isAhead && members.length > 0 && (canGrow || holdsFull);
    return this.isHolding;
  }

  began(): void {
    this.inFlight++;
  }

  ended(): void {
    this.inFlight--;
  }

  measured(inferMs: number): void {
    this.meanMs = this.meanMs === 0 ? inferMs : forgetting * this.meanMs + (1 - forgetting) * inferMs;
  }
}
