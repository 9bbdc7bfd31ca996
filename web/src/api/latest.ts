// One request at a time, and of those that wait only the newest: painting never queues stale work.

export interface LatestHooks<Input, Output> {
  readonly onStart?: (input: Input) => void;
  readonly onResult: (input: Input, output: Output) => void;
  readonly onFailure: (input: Input, thrown: unknown) => void;
  /** Called when nothing runs and nothing waits. */
  readonly onIdle?: () => void;
}

/** Returns `submit`. An input that is replaced before its turn is dropped without a call. */
export function latestOnly<Input, Output>(
  work: (input: Input) => Promise<Output>,
  hooks: LatestHooks<Input, Output>,
): (input: Input) => void {
  let running = false;
  let waiting: { readonly input: Input } | undefined;

  const run = async (first: Input): Promise<void> => {
    running = true;
    let next: { readonly input: Input } | undefined = { input: first };
    while (next !== undefined) {
      const { input } = next;
      hooks.onStart?.(input);
      try {
        hooks.onResult(input, await work(input));
      } catch (thrown) {
        hooks.onFailure(input, thrown);
      }
      next = waiting;
      waiting = undefined;
    }
    running = false;
    hooks.onIdle?.();
  };

  return input => {
    if (running) waiting = { input };
    else void run(input);
  };
}
