// The answers to one request of a session: a queue that is filled as they come and read as they are wanted.
import type { InferAnswer } from './infer-response.js';

export interface WaitingAnswers {
  put(answer: InferAnswer, isFinal: boolean): void;
  fail(reason: unknown): void;
  /** The next answer; undefined after the last. Throws what `fail` was given, once the answers before it are read. */
  next(): Promise<InferAnswer | undefined>;
}

export function waitingAnswers(): WaitingAnswers {
  const come: InferAnswer[] = [];
  let isOver = false;
  let failure: { readonly reason: unknown } | undefined;
  let wake = (): void => {};
  return {
    put(answer, isFinal) {
      come.push(answer);
      isOver ||= isFinal;
      wake();
    },
    fail(reason) {
      failure ??= { reason };
      wake();
    },
    async next() {
      for (;;) {
        const answer = come.shift();
        if (answer !== undefined) return answer;
        if (isOver) return undefined;
        if (failure !== undefined) throw failure.reason;
        await new Promise<void>(resolve => {
          wake = resolve;
        });
      }
    },
  };
}
