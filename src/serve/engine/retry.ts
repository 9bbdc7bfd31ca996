// How long to wait before an instance is started again: at once after the first death, then longer and longer.

const firstDelayMs = 50;
const longestDelayMs = 5000;

/** 0, 50, 100, 200, ... up to 5000 ms after `failures` deaths without an answer between them. */
export function retryDelayMs(failures: number): number {
  return failures === 0 ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** (failures - 1));
}
