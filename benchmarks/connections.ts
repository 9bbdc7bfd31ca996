// Ten thousand idle connections, HTTP and WebSocket: what each costs the server in memory, and what they cost the others in time.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { serve } from 'galerkin/serve';
import type { Order } from './fixtures/connections-clients.js';
import { servingRepository } from './fixtures/serving-model.js';
import { type BenchResult, median } from './result.js';

const connections = 10_000;
const requests = 2000;
const path = '/v2/models/darcy';

interface Told {
  readonly opened?: number;
  readonly latenciesMs?: readonly number[];
  readonly lost?: number;
}

async function ask(clients: ChildProcess, order: Order): Promise<Told> {
  clients.send(order);
  const [told]: Told[] = await once(clients, 'message');
  return told;
}

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

interface Held {
  /** Of the language's heap and its buffers. */
  readonly heapBytes: number;
  readonly rssBytes: number;
}

/** What the process holds when everything that can go has gone. */
function held(): Held {
  for (let k = 0; k < 3; k++) collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapBytes: heapUsed + external, rssBytes: rss };
}

const p50Us = ({ latenciesMs = [] }: Told): number => 1000 * median([...latenciesMs]);

async function measure(kind: 'http' | 'ws', port: number): Promise<BenchResult[]> {
  const clients = fork(new URL('./fixtures/connections-clients.js', import.meta.url), [String(port)], { execArgv: [] });
  await ask(clients, { time: { path, requests } });
  const alone = await ask(clients, { time: { path, requests } });
  const before = held();
  const { opened = 0 } = await ask(clients, { open: { kind, count: connections } });
  const after = held();
  const beside = await ask(clients, { time: { path, requests } });
  const exited = once(clients, 'exit');
  clients.kill();
  await exited;
  const name = kind === 'http' ? 'HTTP' : 'WebSocket';
  const [quiet, busy] = [p50Us(alone), p50Us(beside)];
  return [
    {
      name: `${name}: idle connections held`,
      value: opened,
      unit: 'connections',
      note: `${beside.lost ?? 0} lost while requests were timed`,
    },
    {
      name: `${name}: memory of one, heap and buffers`,
      value: (after.heapBytes - before.heapBytes) / 1024 / Math.max(1, opened),
      unit: 'KiB',
      note: `the process grew by ${((after.rssBytes - before.rssBytes) / 2 ** 20).toFixed(0)} MiB in all`,
    },
    {
      name: `${name}: GET ${path} beside them, median`,
      value: busy,
      unit: 'us',
      ratio: { of: 'without them', value: busy / quiet, low: busy / quiet, high: busy / quiet },
    },
  ];
}

/** Needs some 10,100 open files in each of two processes (`ulimit -n`); says how many connections it got. */
export async function run(): Promise<BenchResult[]> {
  const { repository } = await servingRepository();
  const server = await serve({ repository, port: 0, threads: 1 });
  const results = [...(await measure('http', server.port)), ...(await measure('ws', server.port))];
  await server.close();
  await rm(repository, { recursive: true });
  return results;
}
