// What a soak claims, what it found, and whether that holds: a table for people, or JSON.
import type { Growth } from './watch.js';

export interface Claim {
  readonly soak: string;
  readonly claim: string;
  readonly found: string;
  /** Undefined: told, not claimed. */
  readonly holds: boolean | undefined;
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

/** A heap breathes by so much; a leak goes beyond it in ten minutes. */
const slackBytes = 16 * 2 ** 20;
const slackShare = 0.05;

/** That memory is flat after the warm-up. */
export function flat(soak: string, { fromBytes, toBytes }: Growth): Claim {
  const allowed = Math.max(slackBytes, slackShare * fromBytes);
  return {
    soak,
    claim: `RSS flat after the warm-up, to ${mebibytes(allowed)}`,
    found: `${mebibytes(fromBytes)}, then ${mebibytes(toBytes)}`,
    holds: toBytes - fromBytes <= allowed,
  };
}

const marks = new Map([
  [true, 'ok'],
  [false, 'FAILED'],
]);

export function printClaims(claims: readonly Claim[], asJson: boolean): void {
  if (asJson) {
    console.log(JSON.stringify(claims, null, 2));
    return;
  }
  console.log('');
  for (const { soak, claim, found, holds } of claims) {
    const mark = holds === undefined ? '' : marks.get(holds);
    console.log(`${(mark ?? '').padEnd(7)} ${soak.padEnd(9)} ${claim.padEnd(58)} ${found}`);
  }
}
