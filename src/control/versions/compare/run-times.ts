// Times of two versions, run in turns, so that both saw the same machine at the same time.
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../base/index.js';
import type { RunTimes, VersionComparison } from './comparison.js';

type Run = (round: number) => Promise<unknown>;

const warmUps = 5;

/** The value below which a part of the sorted values lies, between neighbours. */
export function quantile(sorted: readonly number[], part: number): number {
  const place = part * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)] ?? Number.NaN, sorted[Math.ceil(place)] ?? Number.NaN];
  return below + (above - below) * (place - Math.floor(place));
}

function timesOf(runsMs: readonly number[]): RunTimes {
  const sorted = runsMs.toSorted((x, y) => x - y);
  const [firstQuartileMs, medianMs, thirdQuartileMs] = [0.25, 0.5, 0.75].map(part => quantile(sorted, part));
  return {
    firstQuartileMs: firstQuartileMs ?? Number.NaN,
    medianMs: medianMs ?? Number.NaN,
    thirdQuartileMs: thirdQuartileMs ?? Number.NaN,
  };
}

/** Each round runs both, beginning with the other one each time. */
export async function runTimes(
  [a, b]: readonly [Run, Run],
  { clock, rounds, threads }: { readonly clock: Clock; readonly rounds: number; readonly threads: number },
): Promise<VersionComparison['latency']> {
  const time = async (run: Run, round: number): Promise<number> => {
    const start = clock.monotonic();
    await run(round);
    return clock.monotonic() - start;
  };
  for (let round = 0; round < warmUps; round++) for (const run of [a, b]) await run(round);
  const [ofA, ofB]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    // Whatever else this thread has to do is done between the rounds.
    await setImmediate();
    if (round % 2 === 0) ofA.push(await time(a, round));
    ofB.push(await time(b, round));
    if (round % 2 === 1) ofA.push(await time(a, round));
  }
  const ratios = ofB.map((b, k) => b / (ofA[k] ?? Number.NaN)).toSorted((x, y) => x - y);
  const [firstQuartile, median, thirdQuartile] = [
    quantile(ratios, 0.25),
    quantile(ratios, 0.5),
    quantile(ratios, 0.75),
  ];
  return { runs: rounds, threads, a: timesOf(ofA), b: timesOf(ofB), ratio: { firstQuartile, median, thirdQuartile } };
}
