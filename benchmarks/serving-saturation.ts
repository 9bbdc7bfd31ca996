// The Darcy operator when more is asked than can be computed: how much of the bare runtime's rate reaches the clients.
import { rm } from 'node:fs/promises';
import { startChild } from './fixtures/child.js';
import { loadHttp } from './fixtures/native-loads.js';
import { askedOperator, operatorRepository, permeabilities } from './fixtures/operator-repository.js';
import type { ServerOrder, ServerTold } from './fixtures/server-process.js';
import { type Direct, openDirect } from './fixtures/serving-direct.js';
import { between, type Counters, countersOf } from './fixtures/triton-statistics.js';
import { inWindows, result, share } from './fixtures/windows.js';
import { type HttpRequest, httpRequest } from './fixtures/wire-requests.js';
import type { BenchResult } from './result.js';

const durationS = 3;
const counts = { warmUps: 1, windows: 7 };
/** A batch that runs, one that is ready, and two that wait. */
const batches = 4;

interface Window {
  readonly raw: number;
  readonly served: number;
  readonly counted: Counters;
  readonly elapsedNs: number;
}

async function measure(
  direct: Direct,
  load: { readonly request: HttpRequest; readonly port: number; readonly batch: number },
): Promise<Window> {
  const { request, port, batch } = load;
  const raw = (await direct.run(1000 * durationS)).runsPerSecond * batch;
  const before = await countersOf(port, 'darcy');
  const { perSecond, elapsedMs } = await loadHttp(request, { port, connections: batches * batch, durationS });
  return {
    raw,
    served: perSecond,
    elapsedNs: 1e6 * elapsedMs,
    counted: between(before, await countersOf(port, 'darcy')),
  };
}

function figures(windows: readonly Window[], { what, batch }: { what: string; batch: number }): BenchResult[] {
  const raw = windows.map(each => each.raw);
  const served = windows.map(each => each.served);
  const perBatch = windows.map(({ counted }) => counted.items / counted.executions);
  const busy = windows.map(({ counted, elapsedNs }) => (100 * counted.busyNs) / elapsedNs);
  const slower = windows.map(({ counted }) => counted.busyNs / counted.items / 1000);
  const alone = raw.map(rate => 1e6 / rate);
  return [
    { name: 'the runtime in a loop', unit: 'fields/s', values: raw, note: `${what} and its guard, batch ${batch}` },
    { name: `served, concurrency ${batches * batch}`, unit: 'fields/s', values: served },
    { name: "share of the bare runtime's rate", unit: '%', values: share(served, raw), target: '>= 95' },
    { name: 'fields in a batch', unit: 'fields', values: perBatch, note: `of ${batch}` },
    { name: 'the instance computes', unit: '% of time', values: busy, note: 'the rest: hops, tensors in and out' },
    {
      name: 'a field in the runtime, while serving',
      unit: 'us',
      values: slower,
      against: { of: 'in the loop', values: alone },
      note: 'above 1: cores shared with server and clients',
    },
  ].map(result);
}

/** One instance with one thread, batches of the model's largest size; raw and served in turns. */
export async function run(): Promise<BenchResult[]> {
  const found = await operatorRepository();
  const { model } = found;
  const batch = model.config.max_batch_size;
  const asked = askedOperator(model);
  const server = startChild<ServerOrder, ServerTold>('./server-process.js', 'server');
  const { port } = await server.ask({ serve: { repository: found.repository, port: 0, threads: 1, instances: 1 } });
  const guardFile = model.manifest?.onnx?.guard;
  const direct = openDirect({
    model: await model.file(model.modelFile ?? 'model.onnx'),
    guard: guardFile === undefined ? undefined : await model.file(guardFile),
    input: asked.input,
    shape: [batch, ...asked.shape.slice(1)],
    values: permeabilities(batch * asked.values.length),
    threads: 1,
  });
  const request = httpRequest(asked);
  const windows = await inWindows(counts, () => measure(direct, { request, port, batch }));
  await Promise.all([server.stop(), direct.stop()]);
  await rm(found.repository, { recursive: true });
  return figures(windows, { what: found.what, batch });
}
