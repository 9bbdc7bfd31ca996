// The load of a soak, in a process of its own: closed loops, or an open loop whose arrivals do not wait for answers.
import { seededRandom } from 'galerkin/base';
import { type Answered, HttpClient } from './http-client.js';
import { Latencies, newTally, type Tally } from './tally.js';

export interface LoadOrder {
  readonly start?: {
    readonly port: number;
    readonly request: Uint8Array;
    /** So many connections, each asks again when it is answered. */
    readonly connections?: number;
    /** Or so many arrivals a second, at random times, on as many connections as it takes. */
    readonly perSecond?: number;
  };
  readonly stop?: true;
}

/** Connections an open loop opens at most; arrivals that find none are counted as unsent. */
const mostConnections = 4000;
const tickMs = 2;

let tally: Tally = newTally();
let isRunning = false;
let idle: HttpClient[] = [];
let opened = 0;

/** @param sinceMs of the arrival, not of the sending: who comes late has waited. */
function count({ status, fault, hasRetryAfter }: Answered, sinceMs: number): void {
  const us = 1000 * (performance.now() - sinceMs);
  if (status === 200) {
    tally.succeeded++;
    new Latencies(tally.succeededUs).add(us);
  } else if (status === 429 || status === 503) {
    tally.refused++;
    if (!hasRetryAfter) tally.withoutRetryAfter++;
    new Latencies(tally.refusedUs).add(us);
  } else {
    tally.failed++;
    const what = status === 0 ? fault : String(status);
    tally.failures[what] = (tally.failures[what] ?? 0) + 1;
  }
}

function closedLoop(client: HttpClient): void {
  const startMs = performance.now();
  tally.offered++;
  client.ask(answered => {
    count(answered, startMs);
    if (isRunning) closedLoop(client);
    else client.close();
  });
}

function arrive(atMs: number, open: () => HttpClient): void {
  tally.offered++;
  const client = idle.pop() ?? (opened < mostConnections ? open() : undefined);
  if (client === undefined) {
    tally.unsent++;
    return;
  }
  client.ask(answered => {
    count(answered, atMs);
    idle.push(client);
  });
}

/** Poisson arrivals: what is due at a tick is sent then. */
function openLoop(perSecond: number, open: () => HttpClient): void {
  const random = seededRandom(11);
  const pauseMs = (): number => (-1000 * Math.log(1 - random.uniform())) / perSecond;
  let nextMs = performance.now() + pauseMs();
  const timer = setInterval(() => {
    if (!isRunning) {
      clearInterval(timer);
      return;
    }
    const nowMs = performance.now();
    for (; nextMs <= nowMs; nextMs += pauseMs()) arrive(nextMs, open);
  }, tickMs);
}

function start({ port, request, connections = 0, perSecond = 0 }: NonNullable<LoadOrder['start']>): void {
  const bytes = Buffer.from(request);
  const open = (): HttpClient => {
    opened++;
    return new HttpClient(port, bytes);
  };
  isRunning = true;
  for (let k = 0; k < connections; k++) closedLoop(new HttpClient(port, bytes));
  if (perSecond > 0) openLoop(perSecond, open);
}

process.on('message', (order: LoadOrder) => {
  if (order.start !== undefined) start(order.start);
  if (order.stop) {
    isRunning = false;
    for (const client of idle) client.close();
    idle = [];
    opened = 0;
  }
  process.send?.(tally);
  tally = newTally();
});
process.once('disconnect', () => process.exit(0));
