// A value that comes later: to be waited for, or looked at as far as it is there.

export interface Late<T> {
  readonly value: Promise<T>;
  /** Undefined until it is there. */
  now(): T | undefined;
  set(value: T): void;
}

export function late<T>(): Late<T> {
  let now: T | undefined;
  let settle = (_: T): void => {};
  const value = new Promise<T>(resolve => {
    settle = resolve;
  });
  return {
    value,
    now: () => now,
    set(given) {
      now = given;
      settle(given);
    },
  };
}
