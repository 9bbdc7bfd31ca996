// Ctrl-C and SIGTERM as an AbortSignal: the first asks the work to stop cleanly, a second one ends the process at once.

export interface Interrupt {
  readonly signal: AbortSignal;
  /** Resolves when the process is asked to stop. */
  readonly asked: Promise<void>;
  dispose(): void;
}

export function onInterrupt(): Interrupt {
  const controller = new AbortController();
  const { promise, resolve } = promiseWithResolve();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
    resolve();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    asked: promise,
    dispose() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}

function promiseWithResolve(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>(done => {
    resolve = done;
  });
  return { promise, resolve };
}
