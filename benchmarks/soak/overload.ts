// Five times more requests than can be computed, whether answered or not: goodput stays, latency is bounded, refusals are quick.
import { rm } from 'node:fs/promises';
import { serveOptions } from 'galerkin/serve';
import { startChild } from '../fixtures/child.js';
import { askedOperator, operatorRepository } from '../fixtures/operator-repository.js';
import type { ServerOrder, ServerTold } from '../fixtures/server-process.js';
import { quantile, quartiles } from '../fixtures/windows.js';
import { httpBytes, httpRequest } from '../fixtures/wire-requests.js';
import { median } from '../result.js';
import { type Claim, flat } from './claims.js';
import type { LoadOrder } from './load-process.js';
import { Latencies, type Tally } from './tally.js';
import { growth, type Watched, watch } from './watch.js';

const times = 5;
const peakS = 15;
const soak = 'overload';

/** Longest time of the accepted, by design: the door's waiting room and the server are full. Half as much again for noise. */
function boundMs(perSecond: number, batch: number): number {
  const { maxConcurrency, maxWaiting } = serveOptions.parse({});
  return (1.5 * 1000 * (maxConcurrency + maxWaiting + 2 * batch)) / perSecond;
}

interface Facts {
  readonly peak: readonly number[];
  readonly batch: number;
  readonly watched: Watched;
}

function claims({ peak, batch, watched }: Facts): Claim[] {
  const { tally, seconds, elapsedS } = watched;
  const best = median(peak);
  const goodput = tally.succeeded / elapsedS;
  const rates = seconds.map(({ succeeded }) => succeeded);
  const p99 = new Latencies(tally.succeededUs).quantileMs(0.99);
  const refused = new Latencies(tally.refusedUs);
  const bound = boundMs(best, batch);
  const offered = `${(tally.offered / elapsedS).toFixed(0)}/s, ${(tally.offered / elapsedS / best).toFixed(1)} times the peak`;
  const spread = `seconds: quartiles ${quantile(rates, 0.25).toFixed(0)} to ${quantile(rates, 0.75).toFixed(0)}`;
  const told = (claim: string, found: string): Claim => ({ soak, claim, found, holds: undefined });
  const holds = (claim: string, found: string, good: boolean): Claim => ({ soak, claim, found, holds: good });
  return [
    told('peak, 64 closed loops', `${best.toFixed(0)}/s, ${quartiles(peak)}`),
    holds('at least 4.5 times the peak arrives', offered, tally.offered / elapsedS >= 4.5 * best),
    holds(
      'goodput at least 90 % of the peak',
      `${((100 * goodput) / best).toFixed(1)} %: ${goodput.toFixed(0)}/s, ${spread}`,
      goodput >= 0.9 * best,
    ),
    holds(
      `p99 of the accepted at most ${bound.toFixed(0)} ms`,
      `${p99.toFixed(0)} ms (p50 ${new Latencies(tally.succeededUs).quantileMs(0.5).toFixed(0)} ms)`,
      p99 <= bound,
    ),
    holds(
      'half of the refusals within 20 ms, 99 % within 100 ms',
      `p50 ${refused.quantileMs(0.5).toFixed(1)} ms, p99 ${refused.quantileMs(0.99).toFixed(1)} ms of ${tally.refused}`,
      refused.quantileMs(0.5) <= 20 && refused.quantileMs(0.99) <= 100,
    ),
    holds('every refusal says Retry-After', `${tally.withoutRetryAfter} do not`, tally.withoutRetryAfter === 0),
    holds('nothing fails otherwise', failures(tally), tally.failed === 0),
    holds('the client sends what arrives', `${tally.unsent} unsent of ${tally.offered}`, tally.unsent === 0),
    flat(soak, growth(seconds)),
  ];
}

export const failures = ({ failed, failures: byStatus }: Tally): string =>
  failed === 0 ? '0' : `${failed}: ${JSON.stringify(byStatus)}`;

/** @param durationS of the overload, after a quarter of a minute at the peak */
export async function overload(durationS: number): Promise<Claim[]> {
  const found = await operatorRepository();
  const { model } = found;
  const batch = model.config.max_batch_size;
  const server = startChild<ServerOrder, ServerTold>('./server-process.js', 'server');
  const { port } = await server.ask({ serve: { repository: found.repository, port: 0, threads: 1, instances: 1 } });
  const load = startChild<LoadOrder, Tally>('../soak/load-process.js');
  const request = httpBytes(httpRequest(askedOperator(model)), port);
  const common = { load, serverPid: server.pid };
  const warm = { ...common, task: 'warm-up', start: { port, request, connections: 64 }, durationS: 5 };
  await watch(warm);
  const before = await watch({ ...warm, task: 'peak', durationS: peakS });
  const peak = before.seconds.map(({ succeeded }) => succeeded);
  const perSecond = times * median(peak);
  const watched = await watch({ ...common, task: soak, start: { port, request, perSecond }, durationS });
  await Promise.all([load.stop(), server.stop()]);
  await rm(found.repository, { recursive: true });
  return claims({ peak, batch, watched });
}
