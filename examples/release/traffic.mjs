// Steady traffic from a thread of its own: held-out fields sent at a fixed rate, whatever the answers do; counts who answered and what failed.
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const tickMs = 5;

/**
 * Beyond `mostInFlight` unanswered requests nothing more is sent: a client would have given up too.
 * @typedef {{ urls: string[], model: string, bodies: string[], requestsPerSecond: number, mostInFlight?: number }} TrafficOptions
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
  const broken = new Promise((_, reject) => worker.once('error', reject));
  broken.catch(() => {});
  const ask = what =>
    Promise.race([
      broken,
      new Promise(resolve => {
        waiting.push(resolve);
        worker.postMessage(what);
      }),
    ]);
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

/** One request over a connection that is kept. @returns {Promise<{ status: number, text: string }>} */
const post = (url, { agent, headers, body }) =>
  new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', agent, headers }, response => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', chunk => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });

/** @param {TrafficOptions} options */
function send({ urls, model, bodies, requestsPerSecond, mostInFlight = 256 }) {
  const tally = { sent: 0, answered: 0, byVersion: {}, lastSentMs: {}, failed: {} };
  const inFlight = new Set();
  const agent = new Agent({ keepAlive: true, maxSockets: mostInFlight });
  const count = (table, key) => {
    table[key] = (table[key] ?? 0) + 1;
  };
  const ask = async number => {
    const url = `${urls[number % urls.length]}/v2/models/${model}/infer`;
    const headers = { 'content-type': 'application/json', 'x-user': `user-${(number * 7919) % 1009}` };
    const sentMs = Date.now();
    try {
      const { status, text } = await post(url, { agent, headers, body: bodies[number % bodies.length] });
      tally.answered++;
      if (status !== 200) return count(tally.failed, status);
      const version = /"model_version":"(\d+)"/.exec(text)?.[1] ?? 'none';
      count(tally.byVersion, version);
      tally.lastSentMs[version] = Math.max(sentMs, tally.lastSentMs[version] ?? 0);
    } catch {
      tally.answered++;
      count(tally.failed, 0);
    }
  };
  let beforeMs = performance.now();
  let due = 0;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    due += ((nowMs - beforeMs) / 1000) * requestsPerSecond;
    beforeMs = nowMs;
    // What could not be sent is not made up for: it would come as a burst.
    due = Math.min(due, tally.sent + mostInFlight - inFlight.size);
    while (tally.sent + 1 <= due) {
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
