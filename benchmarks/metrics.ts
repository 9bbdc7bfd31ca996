// What counting costs: one record, all of one request, and one page of a hundred models; against a bare HTTP round trip.
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import { systemClock } from 'galerkin/base';
import { Counter, Histogram, logBuckets } from 'galerkin/observe';
import { hostMetrics, type Measured, modelStatistics, writeMetrics } from 'galerkin/serve';
import { type BenchResult, median, ratioOf } from './result.js';

const rounds = 9;
const records = 1_000_000;
const requests = 100_000;
const roundTrips = 1000;

/** Nanoseconds per call of the function, over so many calls in one loop of it. */
function timed(count: number, loop: (count: number) => void): number {
  const start = performance.now();
  loop(count);
  return ((performance.now() - start) / count) * 1e6;
}

const guard = {
  verdict: 'accepted',
  figures: { residual: 0.01, residualBound: 0.5, fluxImbalance: 1e-4, fluxBound: 0.1 },
} as const;

/** What the engine tells of each request: its times, its execution, and what the guard said. */
function recordRequests(statistics: ReturnType<typeof modelStatistics>, count: number): void {
  const nowMs = systemClock.monotonic();
  for (let k = 0; k < count; k++) {
    const doneMs = nowMs + k / 100;
    const inferMs = (k % 1000) / 100;
    const times = {
      queuedMs: doneMs - inferMs - 0.2,
      startedMs: doneMs - inferMs - 0.1,
      inputDoneMs: doneMs - inferMs - 0.05,
      inferredMs: doneMs - 0.02,
      doneMs,
    };
    statistics.execute({
      items: 1 + (k % 8),
      requests: 1,
      inputMs: 0.05,
      inferMs,
      outputMs: 0.02,
      why: 'full',
      waitedMs: 0.1,
      doneMs,
    });
    statistics.succeed(times, inferMs + 0.3, { items: 1 + (k % 8), guard });
  }
}

/** Microseconds of one request to a server that does nothing, one after the other on one connection. */
async function roundTripUs(port: number, agent: Agent): Promise<number> {
  const start = performance.now();
  for (let k = 0; k < roundTrips; k++) {
    const asked = request({ host: '127.0.0.1', port, agent, method: 'POST' }).end('x');
    const [reply] = await once(asked, 'response');
    reply.resume();
    await once(reply, 'end');
  }
  return ((performance.now() - start) / roundTrips) * 1000;
}

/** Milliseconds until the page of these models is there as bytes. */
function pageMs(models: readonly Measured[]): number {
  const start = performance.now();
  Buffer.from(writeMetrics(models, { collectors: [host] }).body);
  return performance.now() - start;
}

const host = hostMetrics(systemClock);

/** A hundred models, every second one with a guard, that answered a thousand requests each. */
function hundredModels(): readonly Measured[] {
  const bounds = { residualBound: 0.5, fluxBound: 0.1 };
  return Array.from({ length: 100 }, (_, k) => {
    const kind = k % 2 === 0 ? { guard: bounds } : {};
    const statistics = modelStatistics({ name: `model ${k}`, version: '1', clock: systemClock, ...kind });
    recordRequests(statistics, 1000);
    return { statistics, pending: 0, isReady: () => true };
  });
}

export async function run(): Promise<BenchResult[]> {
  const server = createServer((asked, reply) => {
    asked.resume();
    asked.on('end', () => reply.end('y'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address === null || typeof address === 'string' ? 0 : address.port;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const counter = new Counter();
  const histogram = new Histogram(logBuckets({ low: 3, high: 25, parts: 2 }));
  const statistics = modelStatistics({ name: 'darcy', version: '1', clock: systemClock, guard: guard.figures });
  const models = hundredModels();
  const counterNs: number[] = [];
  const histogramNs: number[] = [];
  const requestUs: number[] = [];
  const tripUs: number[] = [];
  const pagesMs: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const count = timed(records, many => {
      for (let k = 0; k < many; k++) counter.add(k & 3);
    });
    const record = timed(records, many => {
      for (let k = 0; k < many; k++) histogram.record((k % 100_000) * 1.37);
    });
    const whole = timed(requests, many => recordRequests(statistics, many)) / 1000;
    const trip = await roundTripUs(port, agent);
    const page = pageMs(models);
    if (round < 0) continue;
    counterNs.push(count);
    histogramNs.push(record);
    requestUs.push(whole);
    tripUs.push(trip);
    pagesMs.push(page);
  }
  agent.destroy();
  server.closeAllConnections();
  server.close();
  const { body } = writeMetrics(models, { collectors: [host] });
  return [
    { name: 'counter, one step', value: median(counterNs), unit: 'ns' },
    { name: 'histogram, one record', value: median(histogramNs), unit: 'ns' },
    {
      name: 'everything recorded of one request, with its batch',
      value: median(requestUs),
      unit: 'us',
      ratio: ratioOf('a bare HTTP round trip', requestUs, tripUs),
    },
    { name: 'a bare HTTP round trip', value: median(tripUs), unit: 'us' },
    {
      name: 'metrics page of 100 models',
      value: median(pagesMs),
      unit: 'ms',
      note: `${body.split('\n').length} lines, ${(body.length / 2 ** 20).toFixed(1)} MiB; best ${Math.min(...pagesMs).toFixed(1)} ms`,
    },
  ];
}
