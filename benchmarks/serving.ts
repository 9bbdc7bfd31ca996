// A small model over HTTP: what the server adds to a request, and how many it answers; beside Node's bare server and the bare runtime.
import { rm } from 'node:fs/promises';
import { cpuUs, startChild } from './fixtures/child.js';
import type { EchoOrder, EchoTold } from './fixtures/echo-process.js';
import { identityModel, identityRepository } from './fixtures/identity-repository.js';
import { type Loaded, loadHttp } from './fixtures/native-loads.js';
import type { Costs, ServerOrder, ServerTold } from './fixtures/server-process.js';
import { openDirect } from './fixtures/serving-direct.js';
import { between, type Counters, countersOf } from './fixtures/triton-statistics.js';
import { inWindows, result } from './fixtures/windows.js';
import { type HttpRequest, httpRequest } from './fixtures/wire-requests.js';
import { type BenchResult, median } from './result.js';

const size = 16;
const durationS = 2;
const counts = { warmUps: 2, windows: 7 };
const values = new Float32Array(size).fill(1);

interface Window {
  /** What runs in a loop, alone. */
  readonly rawUs: number;
  readonly echoOne: Loaded;
  readonly one: Loaded;
  readonly costs: Costs;
  readonly counted: Counters;
  /** The same model in the server's own thread. */
  readonly inlineOne: Loaded;
  readonly inlineCosts: Costs;
  readonly echoMany: Loaded;
  readonly many: Loaded;
  readonly batched: Counters;
  /** Of the two above: of all threads, for each request. */
  readonly echoCpuUs: number;
  readonly cpuUs: number;
}

interface Parts {
  readonly server: ReturnType<typeof startChild<ServerOrder, ServerTold>>;
  readonly plain: ReturnType<typeof startChild<ServerOrder, ServerTold>>;
  readonly echo: ReturnType<typeof startChild<EchoOrder, EchoTold>>;
  readonly ports: { readonly observed: number; readonly plain: number; readonly echo: number };
  readonly direct: ReturnType<typeof openDirect>;
  readonly request: HttpRequest;
  readonly inlineRequest: HttpRequest;
}

async function measure({ server, plain, echo, ports, direct, request, inlineRequest }: Parts): Promise<Window> {
  const load = (port: number, connections: number): Promise<Loaded> =>
    loadHttp(request, { port, connections, durationS });
  const raw = await direct.run(500 * durationS);
  const echoOne = await load(ports.echo, 1);
  await server.ask({ observe: true });
  const before = await countersOf(ports.observed, 'identity');
  await server.ask({ observe: true });
  const one = await load(ports.observed, 1);
  const costs = await server.ask({ observe: true });
  const counted = between(before, await countersOf(ports.observed, 'identity'));
  const inlineOne = await loadHttp(inlineRequest, { port: ports.observed, connections: 1, durationS });
  const inlineCosts = await server.ask({ observe: true });
  const echoBefore = await cpuUs(echo.pid);
  const echoMany = await load(ports.echo, 32);
  const echoSpent = (await cpuUs(echo.pid)) - echoBefore;
  const start = await countersOf(ports.plain, 'identity');
  const cpuBefore = await cpuUs(plain.pid);
  const many = await load(ports.plain, 32);
  const spent = (await cpuUs(plain.pid)) - cpuBefore;
  const batched = between(start, await countersOf(ports.plain, 'identity'));
  return {
    ...{
      rawUs: median([...raw.latenciesUs]),
      echoOne,
      one,
      costs,
      counted,
      inlineOne,
      inlineCosts,
      echoMany,
      many,
      batched,
    },
    echoCpuUs: (1000 * echoSpent) / (echoMany.perSecond * echoMany.elapsedMs),
    cpuUs: spent / batched.items,
  };
}

/** The middle of each request's own differences, in each window. */
const middle = (all: Float64Array, without: Float64Array): number =>
  median(Array.from(all, (value, k) => value - without[k]));

function overheads(windows: readonly Window[]): BenchResult[] {
  const raw = { of: 'the runtime in a loop', values: windows.map(({ rawUs }) => rawUs) };
  const { costs: lastCosts } = windows[windows.length - 1];
  const all = windows.map(({ costs }) => middle(costs.allUs, costs.inferUs));
  const engine = windows.map(({ costs }) => middle(costs.engineUs, costs.inferUs));
  const http = windows.map(({ costs }) => middle(costs.allUs, costs.engineUs));
  const infer = windows.map(({ costs }) => median([...costs.inferUs]));
  const stated = windows.map(({ counted }) => (counted.successNs - counted.inferNs) / counted.succeeded / 1000);
  const [last = new Float64Array(1)] = [lastCosts.allUs.map((value, k) => value - lastCosts.inferUs[k]).sort()];
  const tail = `p99 ${last[Math.floor(0.99 * last.length)].toFixed(0)} us in the last window`;
  return [
    { name: 'the runtime in a loop, a run', unit: 'us', values: raw.values },
    { name: 'own overhead of a request, median', unit: 'us', values: all, target: '<= 150', note: tail },
    {
      name: "the same in the server's own thread (isolation none)",
      unit: 'us',
      values: windows.map(({ inlineCosts }) => middle(inlineCosts.allUs, inlineCosts.inferUs)),
      target: '<= 150',
    },
    { name: 'of the overhead with a thread: HTTP', unit: 'us', values: http },
    { name: '  of it engine, queue and thread hops', unit: 'us', values: engine },
    { name: '  beside it the runtime, in the instance', unit: 'us', values: infer, against: raw },
    { name: 'success less compute_infer in /stats, mean', unit: 'us', values: stated, note: 'without HTTP' },
  ].map(result);
}

function rates(windows: readonly Window[]): BenchResult[] {
  const echoOne = { of: 'bare node:http', values: windows.map(each => each.echoOne.p50Us) };
  const echoMany = { of: 'bare node:http', values: windows.map(each => each.echoMany.perSecond) };
  const perBatch = median(windows.map(({ batched }) => batched.items / batched.executions));
  const many = windows.map(each => each.many.perSecond);
  const p99 = median(windows.map(each => each.many.p99Us));
  const raw = { of: 'the runtime in a loop', values: windows.map(({ rawUs }) => 1e6 / rawUs) };
  return [
    { name: 'bare node:http, concurrency 1, p50 at the client', unit: 'us', values: echoOne.values },
    {
      name: 'concurrency 1, p50 at the client',
      unit: 'us',
      values: windows.map(each => each.one.p50Us),
      against: echoOne,
    },
    {
      name: '  the same without isolation',
      unit: 'us',
      values: windows.map(each => each.inlineOne.p50Us),
      against: echoOne,
    },
    { name: 'bare node:http, concurrency 32', unit: 'requests/s', values: echoMany.values },
    {
      name: 'concurrency 32',
      unit: 'infer/s',
      values: many,
      against: echoMany,
      target: '>= 10,000',
      note: `p99 ${p99.toFixed(0)} us; ${perBatch.toFixed(1)} in a batch`,
    },
    { name: 'the same', unit: 'infer/s', values: many, against: raw },
    {
      name: '  processor time of the server, a request',
      unit: 'us',
      values: windows.map(each => each.cpuUs),
      against: { of: 'bare node:http', values: windows.map(each => each.echoCpuUs) },
      note: 'all threads',
    },
  ].map(result);
}

/** [16] FP32, binary over HTTP; each window measures all of them in turn. The server that says what requests cost is not the one whose rate counts. */
export async function run(): Promise<BenchResult[]> {
  const repository = await identityRepository();
  const server = startChild<ServerOrder, ServerTold>('./server-process.js', 'server');
  const plain = startChild<ServerOrder, ServerTold>('./server-process.js', 'server');
  const echo = startChild<EchoOrder, EchoTold>('./echo-process.js');
  const options = { repository, port: 0, threads: 1 };
  const [observed, counted, bare] = await Promise.all([
    server.ask({ serve: options }),
    plain.ask({ serve: options }),
    echo.ask({ answerBytes: 0, grpcAnswer: new Uint8Array(0) }),
  ]);
  const ports = { observed: observed.port, plain: counted.port, echo: bare.port };
  const direct = openDirect({ model: identityModel(size), input: 'x', shape: [1, size], values, threads: 1 });
  const request = httpRequest({ model: 'identity', input: 'x', shape: [1, size], values });
  const inlineRequest = httpRequest({ model: 'identity_inline', input: 'x', shape: [1, size], values });
  const parts = { server, plain, echo, ports, direct, request, inlineRequest };
  const windows = await inWindows(counts, () => measure(parts));
  await Promise.all([server.stop(), plain.stop(), echo.stop(), direct.stop()]);
  await rm(repository, { recursive: true });
  return [...overheads(windows), ...rates(windows)];
}
