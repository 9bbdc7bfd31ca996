// Runs a load for minutes and looks at it every second: what became of the requests, what the server holds, and how long it still takes.
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Child } from '../fixtures/child.js';
import { median } from '../result.js';
import type { LoadOrder } from './load-process.js';
import { addTally, Latencies, newTally, type Tally } from './tally.js';

export type LoadProcess = Child<LoadOrder, Tally>;

const pageBytes = 4096;

/** Of any process of this machine. */
export async function rssBytes(pid: number): Promise<number> {
  const pages = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[1];
  return Number(pages) * pageBytes;
}

export interface Second {
  readonly atS: number;
  readonly rssBytes: number;
  readonly succeeded: number;
}

export interface Watched {
  readonly tally: Tally;
  readonly seconds: readonly Second[];
  readonly elapsedS: number;
}

export interface WatchOptions {
  readonly task: string;
  readonly load: LoadProcess;
  readonly start: NonNullable<LoadOrder['start']>;
  readonly serverPid: number;
  readonly durationS: number;
}

function clockTime(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

function tell({ task, durationS }: WatchOptions, last: Tally, { atS, rssBytes: rss, succeeded }: Second): void {
  const words = [
    `${task}  ${clockTime(Math.min(atS, durationS))} of ${clockTime(durationS)}, ${clockTime(Math.max(0, durationS - atS))} left`,
    `${succeeded} answered/s, ${last.refused} refused/s, ${last.failed} failed/s`,
    `p99 ${new Latencies(last.succeededUs).quantileMs(0.99).toFixed(0)} ms, RSS ${(rss / 2 ** 20).toFixed(0)} MiB`,
  ].join('; ');
  // A terminal keeps one live line; elsewhere a line every ten seconds.
  if (process.stderr.isTTY) process.stderr.write(`\r${words.slice(0, (process.stderr.columns ?? 120) - 1)}\x1b[K`);
  else if (Math.round(atS) % 10 === 0) process.stderr.write(`${words}\n`);
}

/** @returns when the load has stopped and what was under way has ended or had two seconds to */
export async function watch(options: WatchOptions): Promise<Watched> {
  const { load, start, serverPid, durationS } = options;
  const tally = newTally();
  const seconds: Second[] = [];
  const startMs = performance.now();
  const elapsedS = (): number => (performance.now() - startMs) / 1000;
  await load.ask({ start });
  let lookedS = elapsedS();
  for (let second = 1; second <= durationS; second++) {
    await pause(Math.max(0, 1000 * (second - elapsedS())));
    const last = await load.ask({});
    const atS = elapsedS();
    const rate = Math.round(last.succeeded / (atS - lookedS));
    lookedS = atS;
    const seen = { atS, rssBytes: await rssBytes(serverPid), succeeded: rate };
    seconds.push(seen);
    addTally(tally, last);
    tell(options, last, seen);
  }
  const spentS = elapsedS();
  addTally(tally, await load.ask({ stop: true }));
  await pause(2000);
  // Answers that come after the end count as answers, not towards the rate.
  await load.ask({});
  if (process.stderr.isTTY) process.stderr.write('\n');
  return { tally, seconds, elapsedS: spentS };
}

export interface Growth {
  readonly fromBytes: number;
  readonly toBytes: number;
}

/** RSS before and after: medians of the first and the last third of what follows the warm-up. */
export function growth(seconds: readonly Second[]): Growth {
  const durationS = seconds[seconds.length - 1].atS;
  const warm = seconds.filter(({ atS }) => atS >= Math.min(60, durationS / 3)).map(each => each.rssBytes);
  const third = Math.max(1, Math.floor(warm.length / 3));
  return { fromBytes: median(warm.slice(0, third)), toBytes: median(warm.slice(-third)) };
}
