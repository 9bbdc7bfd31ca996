// A question that must be answered in time, and with version numbers; whatever else comes is no answer.
import type { Timers } from '../../base/index.js';

/** Undefined for a failure, for silence, and for what are no versions. */
export async function askWithin(
  question: () => Promise<readonly number[]>,
  { timers, timeoutMs }: { readonly timers: Timers; readonly timeoutMs: number },
): Promise<readonly number[] | undefined> {
  let cancel: () => void = () => undefined;
  const silence = new Promise<undefined>(resolve => {
    cancel = timers.after(timeoutMs, () => resolve(undefined));
  });
  try {
    const answer: unknown = await Promise.race([question(), silence]);
    return isVersions(answer) ? answer : undefined;
  } catch {
    return undefined;
  } finally {
    cancel();
  }
}

const isVersions = (answer: unknown): answer is readonly number[] =>
  Array.isArray(answer) && answer.every(version => Number.isSafeInteger(version) && version >= 1);
