// Answers in the order in which their requests came, where a model asks for that; otherwise as they are ready.
import type { Computed } from '../backends/backend.js';
import { Ring } from './ring.js';
import type { Waiting } from './waiting.js';

export interface Delivery {
  /** A request has come. */
  expect(waiting: Waiting): void;
  succeed(waiting: Waiting, computed: Computed): void;
  fail(waiting: Waiting, error: unknown): void;
  /** The request ends here and now, whatever its turn: nobody waits for it, or its time is over. */
  drop(waiting: Waiting, error: unknown): void;
}

export const directDelivery: Delivery = Object.freeze({
  expect: () => undefined,
  succeed: (waiting: Waiting, computed: Computed) => waiting.succeed(computed),
  fail: (waiting: Waiting, error: unknown) => waiting.fail(error),
  drop: (waiting: Waiting, error: unknown) => waiting.fail(error),
});

export class OrderedDelivery implements Delivery {
  private readonly order = new Ring<Waiting>();

  expect(waiting: Waiting): void {
    this.order.push(waiting);
  }

  succeed(waiting: Waiting, computed: Computed): void {
    waiting.answer = computed;
    this.deliver();
  }

  fail(waiting: Waiting, error: unknown): void {
    waiting.error = { cause: error };
    this.deliver();
  }

  drop(waiting: Waiting, error: unknown): void {
    waiting.fail(error);
    this.deliver();
  }

  private deliver(): void {
    for (let first = this.order.first; first !== undefined; first = this.order.first) {
      if (!first.isSettled) {
        if (first.answer !== undefined) first.succeed(first.answer);
        else if (first.error !== undefined) first.fail(first.error.cause);
        else return;
      }
      this.order.shift();
    }
  }
}
