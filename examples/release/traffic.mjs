// Steady traffic from a thread of its own: held-out fields sent at a fixed rate, whatever the answers do; counts who answered and what failed.
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const tickMs = 5;
/** Beyond so many unanswered requests nothing more is sent: a client would have given up too. */
const mostInFlight = 256;

/**
 * @typedef {{ urls: string[], model: string, bodies: string[], requestsPerSecond: number }} TrafficOptions
 * @typedef {{ sent: number, answered: number, byVersion: Record<string, number>, lastSentMs: Record<string, number>,
 *   failed: Record<string, number> }} Tally
 * By version: answers, and when the last request that it answered was sent. By HTTP status: failures, '0' for broken connections.
 */

/** @param {TrafficOptions} options */
export function startTraffic(options) {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: options, execArgv: [] });
  /** @type {((tally: Tally) => void)[]} */
  const waiting = [];
  worker.on('message', tally => waiting.shift()?.(tally));
  const ask = what =>
    new Promise((resolve, reject) => {
      waiting.push(resolve);
      worker.once('error', reject);
      worker.postMessage(what);
    });
  let stopped;
  return {
    /** Counts since the start, of requests whose answer has come. @returns {Promise<Tally>} */
    tally: () => ask('tally'),
    /** Sends nothing more, waits for the last answer. @returns {Promise<Tally>} */
    stop() {
      stopped ??= ask('stop').then(async tally => {
        await worker.terminate();
        return tally;
      });
      return stopped;
    },
  };
}

/** @param {TrafficOptions} options */
function send({ urls, model, bodies, requestsPerSecond }) {
  const tally = { sent: 0, answered: 0, byVersion: {}, lastSentMs: {}, failed: {} };
  const inFlight = new Set();
  const count = (table, key) => {
    table[key] = (table[key] ?? 0) + 1;
  };
  const ask = async number => {
    const url = `${urls[number % urls.length]}/v2/models/${model}/infer`;
    const headers = { 'content-type': 'application/json', 'x-user': `user-${(number * 7919) % 1009}` };
    const sentMs = Date.now();
    try {
      const response = await fetch(url, { method: 'POST', headers, body: bodies[number % bodies.length] });
      const text = await response.text();
      tally.answered++;
      if (!response.ok) return count(tally.failed, response.status);
      const version = /"model_version":"(\d+)"/.exec(text)?.[1] ?? 'none';
      count(tally.byVersion, version);
      tally.lastSentMs[version] = Math.max(sentMs, tally.lastSentMs[version] ?? 0);
    } catch {
      tally.answered++;
      count(tally.failed, 0);
    }
  };
  const startMs = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - startMs) / 1000) * requestsPerSecond;
    while (tally.sent < due && inFlight.size < mostInFlight) {
      const asked = ask(tally.sent++).finally(() => inFlight.delete(asked));
      inFlight.add(asked);
    }
  }, tickMs);
  parentPort?.on('message', async what => {
    if (what === 'stop') {
      clearInterval(timer);
      await Promise.all(inFlight);
    }
    parentPort?.postMessage(tally);
  });
}

if (!isMainThread && workerData?.urls !== undefined) send(workerData);
