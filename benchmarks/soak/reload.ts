// A new version of a model every two seconds, under load: no request fails, and what the old versions held is given back.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startChild } from '../fixtures/child.js';
import { askedOperator, type OperatorRepository, operatorRepository } from '../fixtures/operator-repository.js';
import type { ServerOrder, ServerTold } from '../fixtures/server-process.js';
import { httpBytes, httpRequest } from '../fixtures/wire-requests.js';
import { type Claim, flat } from './claims.js';
import type { LoadOrder } from './load-process.js';
import { failures } from './overload.js';
import { Latencies, type Tally } from './tally.js';
import { growth, watch } from './watch.js';

const everyMs = 2000;
const connections = 8;
const soak = 'reload';

interface Reloads {
  readonly loaded: number;
  readonly failed: readonly string[];
  readonly longestMs: number;
}

/** Publishes version `next` beside the one before, loads it, and takes the old one away. */
async function rollOut({ repository, publish }: OperatorRepository, next: number, port: number): Promise<void> {
  await publish(next);
  const base = `http://127.0.0.1:${port}/v2`;
  const reply = await fetch(`${base}/repository/models/darcy/load`, { method: 'POST' });
  if (reply.status !== 200) throw new Error(`load: ${reply.status} ${await reply.text()}`);
  const ready = await fetch(`${base}/models/darcy/versions/${next}/ready`);
  if (ready.status !== 200) throw new Error(`version ${next} is not ready after its load: ${ready.status}`);
  await rm(join(repository, 'darcy', String(next - 1)), { recursive: true });
}

/** Rolls out versions until stopped. */
function rollOuts(found: OperatorRepository, port: number): { stop(): Promise<Reloads> } {
  let isRunning = true;
  const failed: string[] = [];
  let loaded = 0;
  let longestMs = 0;
  const all = (async () => {
    for (let next = 2; isRunning; next++) {
      const startMs = performance.now();
      await rollOut(found, next, port).then(
        () => loaded++,
        (error: unknown) => failed.push(String(error)),
      );
      const tookMs = performance.now() - startMs;
      longestMs = Math.max(longestMs, tookMs);
      if (failed.length > 0) return;
      await new Promise(resolve => setTimeout(resolve, Math.max(0, everyMs - tookMs)));
    }
  })();
  return {
    async stop() {
      isRunning = false;
      await all;
      return { loaded, failed, longestMs };
    },
  };
}

export async function reload(durationS: number): Promise<Claim[]> {
  const found = await operatorRepository();
  const options = { repository: found.repository, port: 0, threads: 1, instances: 1 };
  const server = startChild<ServerOrder, ServerTold>('./server-process.js', 'server');
  const { port } = await server.ask({ serve: { ...options, modelControl: 'explicit', loadModels: 'darcy' } });
  const load = startChild<LoadOrder, Tally>('../soak/load-process.js');
  const request = httpBytes(httpRequest(askedOperator(found.model)), port);
  const rolling = rollOuts(found, port);
  const start = { port, request, connections };
  const { tally, seconds } = await watch({ task: soak, load, start, serverPid: server.pid, durationS });
  const { loaded, failed, longestMs } = await rolling.stop();
  await Promise.all([load.stop(), server.stop()]);
  await rm(found.repository, { recursive: true });
  const latencies = new Latencies(tally.succeededUs);
  const holds = (claim: string, text: string, good: boolean): Claim => ({ soak, claim, found: text, holds: good });
  return [
    holds(
      'every version loads',
      failed[0] ?? `${loaded} versions, the slowest in ${longestMs.toFixed(0)} ms`,
      loaded > 0 && failed.length === 0,
    ),
    holds('no request fails', `${failures(tally)} of ${tally.offered}`, tally.failed === 0 && tally.refused === 0),
    holds('none is refused', `${tally.refused}`, tally.refused === 0),
    {
      soak,
      claim: 'latency meanwhile',
      found: `p50 ${latencies.quantileMs(0.5).toFixed(1)} ms, p99 ${latencies.quantileMs(0.99).toFixed(0)} ms`,
      holds: undefined,
    },
    flat(soak, growth(seconds)),
  ];
}
