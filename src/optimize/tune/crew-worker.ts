// A member of the crew: a worker thread that opens, runs and closes sessions, and times every run where it happens.
import { parentPort } from 'node:worker_threads';
import { invariant } from '../../base/index.js';
import { openSession, type Session } from '../../runtime/index.js';
import type { Feeds } from '../feeds.js';
import type { CrewCall, CrewReply, SliceTimes } from './crew-protocol.js';

const port = parentPort;
invariant(port !== null, 'the worker runs outside a worker thread');

interface Held {
  readonly session: Session;
  readonly feeds: readonly Feeds[];
  turn: number;
}

const held = new Map<string, Held>();
const warmUps = 2;
/** A model that takes longer than this needs no second run to be warm. */
const longMs = 500;

async function runOnce(one: Held): Promise<number> {
  const feeds = one.feeds[one.turn++ % one.feeds.length] ?? {};
  const startMs = performance.now();
  await one.session.run(feeds);
  return performance.now() - startMs;
}

async function open({ key, bytes, threads, graphLevel, feeds }: Extract<CrewCall, { op: 'open' }>): Promise<void> {
  // As the server opens its instances: their threads sleep between runs.
  const session = await openSession(bytes, { threads, graphLevel, spin: false });
  const one: Held = { session, feeds, turn: 0 };
  held.set(key, one);
  for (let k = 0; k < warmUps; k++) if ((await runOnce(one)) > longMs) break;
}

async function run({ key, runs, limitMs }: Extract<CrewCall, { op: 'run' }>): Promise<SliceTimes> {
  const one = held.get(key);
  invariant(one !== undefined, `session '${key}' is open`);
  const runsMs: number[] = [];
  const startMs = performance.now();
  do runsMs.push(await runOnce(one));
  while (runsMs.length < runs && performance.now() - startMs < limitMs);
  return { runsMs, wallMs: performance.now() - startMs };
}

async function answer(call: CrewCall): Promise<CrewReply> {
  const { id, op, key } = call;
  if (op === 'run') return { id, times: await run(call) };
  if (op === 'open') await open(call);
  else {
    await held.get(key)?.session.close();
    held.delete(key);
  }
  return { id };
}

let turn: Promise<void> = Promise.resolve();
port.on('message', (call: CrewCall) => {
  turn = turn.then(async () => {
    try {
      port.postMessage(await answer(call));
    } catch (error) {
      port.postMessage({ id: call.id, failed: error instanceof Error ? error.message : String(error) });
    }
  });
});
