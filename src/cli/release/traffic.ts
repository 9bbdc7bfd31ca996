// Traffic for trying a release out: a model's own held-out samples at a fixed rate, whatever the answers do.
import { z } from 'zod';
import { type Random, systemClock } from '../../base/index.js';
import { request } from '../client.js';

/** Beyond so many unanswered requests nothing more is sent: real clients would have gone by then. */
const mostInFlight = 128;
const mostSamples = 16;
const tickMs = 5;
const rateWindowMs = 2000;

export interface TrafficTally {
  /** Answers a second, lately. */
  readonly perSecond: number;
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  /** Were due, but too many were unanswered. */
  readonly unsent: number;
  /** Failures by status, or 'connection', most first. */
  readonly reasons: readonly (readonly [what: string, count: number])[];
}

export interface Traffic {
  tally(): TrafficTally;
  /** Sends nothing more and waits for what is under way. */
  stop(): Promise<TrafficTally>;
}

const sampleAnswer = z.object({ inputs: z.record(z.string(), z.unknown()) });
const metadataAnswer = z.object({
  inputs: z.array(z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) })),
});

/** Nested lists of normal numbers; free sizes are one. */
function randomField(shape: readonly number[], random: Random): unknown {
  const [size, ...rest] = shape;
  if (size === undefined) return random.normal();
  return Array.from({ length: Math.max(1, size) }, () => randomField(rest, random));
}

/** Bodies to send: held-out samples, or seeded normal numbers for a model that has none. */
async function bodiesOf(server: string, model: string, random: Random): Promise<string[]> {
  const place = encodeURIComponent(model);
  const inputs: unknown[] = [];
  for (let index = 0; index < mostSamples; index++) {
    const sample = await request(server, `/models/${place}/samples/${index}`, sampleAnswer).catch(() => undefined);
    if (sample === undefined) break;
    inputs.push(sample.inputs);
  }
  if (inputs.length === 0) {
    const { inputs: specs } = await request(server, `/v2/models/${place}`, metadataAnswer);
    for (let index = 0; index < mostSamples; index++)
      inputs.push(Object.fromEntries(specs.map(({ name, shape }) => [name, randomField(shape, random)])));
  }
  return inputs.map(each => JSON.stringify({ model, inputs: each }));
}

export interface TrafficOptions {
  readonly server: string;
  readonly model: string;
  readonly requestsPerSecond: number;
  /** Chooses among the samples. */
  readonly random: Random;
}

/** Starts at once. @throws what asking for the samples throws */
export async function startTraffic({ server, model, requestsPerSecond, random }: TrafficOptions): Promise<Traffic> {
  const bodies = await bodiesOf(server, model, random);
  const url = new URL('/predict', server);
  const headers = { 'content-type': 'application/json' };
  const inFlight = new Set<Promise<void>>();
  const failures = new Map<string, number>();
  const recent: number[] = [];
  let [sent, answered, failed, unsent] = [0, 0, 0, 0];

  const fail = (what: string): void => {
    failed++;
    failures.set(what, (failures.get(what) ?? 0) + 1);
  };
  const ask = async (body: string): Promise<void> => {
    try {
      const response = await fetch(url, { method: 'POST', headers, body });
      await response.arrayBuffer();
      if (!response.ok) fail(String(response.status));
    } catch {
      fail('connection');
    }
    answered++;
    recent.push(systemClock.monotonic());
  };
  const startMs = systemClock.monotonic();
  const timer = setInterval(() => {
    const due = Math.floor(((systemClock.monotonic() - startMs) / 1000) * requestsPerSecond);
    for (; sent + unsent < due; ) {
      if (inFlight.size >= mostInFlight) {
        unsent++;
        continue;
      }
      sent++;
      const asked = ask(bodies[random.integer(bodies.length)] ?? '').finally(() => inFlight.delete(asked));
      inFlight.add(asked);
    }
  }, tickMs);
  const tally = (): TrafficTally => {
    const nowMs = systemClock.monotonic();
    while (recent.length > 0 && (recent[0] ?? 0) < nowMs - rateWindowMs) recent.shift();
    const windowMs = Math.min(rateWindowMs, Math.max(1, nowMs - startMs));
    const reasons = [...failures].sort((a, b) => b[1] - a[1]);
    return { perSecond: (1000 * recent.length) / windowMs, sent, answered, failed, unsent, reasons };
  };
  return {
    tally,
    async stop() {
      clearInterval(timer);
      const last = tally();
      await Promise.all(inFlight);
      return { ...tally(), perSecond: last.perSecond };
    },
  };
}
