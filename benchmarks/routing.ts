// What a route costs: finding the version of a request, and a whole request to the engine, with a route and without, in turns.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveOptions, seededRandom, systemClock, systemTimers } from 'galerkin/base';
import { parseRoute, type RouteDraft } from 'galerkin/model';
import { plainTerms, type Question, serveOptions } from 'galerkin/serve';
import { identityModel } from './fixtures/identity-repository.js';
import { type BenchResult, median, ratioOf } from './result.js';

const { startEngine }: typeof import('../dist/serve/start-engine.js') = await import(
  new URL('../../dist/serve/start-engine.js', import.meta.url).href
);
type Engine = Awaited<ReturnType<typeof startEngine>>;

const rounds = 11;
const finds = 300_000;
const requests = 1500;
const users = 1024;

const config = `backend: "onnxruntime"
max_batch_size: 8
version_policy: { all: {} }
input [ { name: "x" data_type: TYPE_FP32 dims: [ 16 ] } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ 16 ] } ]
instance_group [ { count: 1 kind: KIND_CPU } ]
`;

const shares = [
  { version: 1, share: 9_000 },
  { version: 2, share: 1_000 },
];
const orders: Readonly<Record<string, Partial<RouteDraft>>> = {
  'all to one version': {
    shares: [
      { version: 1, share: 0 },
      { version: 2, share: 10_000 },
    ],
  },
  drawn: {},
  'kept by a header': { sticky: { kind: 'header', name: 'x-user' }, salt: 'bench' },
  'kept by a cookie, after a rule': {
    sticky: { kind: 'cookie', name: 'user' },
    rules: [{ version: 2, when: { kind: 'header', name: 'x-ring', equals: 'early' } }],
  },
};

/** A model without a route, and one for each kind of route. */
async function repositoryOf(names: readonly string[]): Promise<string> {
  const repository = await mkdtemp(join(tmpdir(), 'galerkin-bench-'));
  for (const name of names) {
    for (const version of ['1', '2']) {
      await mkdir(join(repository, name, version), { recursive: true });
      await writeFile(join(repository, name, version, 'model.onnx'), identityModel(16));
    }
    await writeFile(join(repository, name, 'config.pbtxt'), config);
  }
  return repository;
}

const origins = Array.from({ length: users }, (_, k) => {
  const headers: Readonly<Record<string, string>> = {
    'x-user': `user-${k}`,
    cookie: `session=0123456789abcdef; theme=dark; user=user-${k}`,
  };
  return { header: (name: string) => headers[name], address: '127.0.0.1' };
});

/** Nanoseconds of finding the version of a request. */
function findNs(engine: Engine, name: string): number {
  const start = performance.now();
  for (let k = 0; k < finds; k++) engine.find(name, undefined, origins[k % users]);
  return ((performance.now() - start) / finds) * 1e6;
}

const question: Question = {
  inputs: { x: { dtype: 'FP32', shape: [1, 16], data: new Float32Array(16) } },
  items: 1,
  maps: false,
  terms: plainTerms,
};
const read = () => ({ question });

/** Microseconds of processor time for a request through the engine: found, computed in a worker, counted, sampled. */
async function requestUs(engine: Engine, name: string): Promise<number> {
  const before = process.cpuUsage();
  for (let k = 0; k < requests; k++) await engine.ask(engine.find(name, undefined, origins[k % users]), read);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / requests;
}

/** Nanoseconds to find a version, and microseconds of a request, beside a model without a route. */
export async function run(): Promise<BenchResult[]> {
  const kinds = Object.keys(orders);
  const names = ['plain', ...kinds.map((_, k) => `routed_${k}`)];
  const repository = await repositoryOf(names);
  const options = resolveOptions('serve', serveOptions, { repository, threads: 1 });
  const surroundings = { backends: [], clock: systemClock, timers: systemTimers, random: seededRandom(1) };
  const engine = await startEngine(options, surroundings);
  for (const [k, kind] of kinds.entries()) {
    const order = { model: `routed_${k}`, fence: { term: 1, revision: 0 }, stable: 1, shares, ...orders[kind] };
    await engine.traffic.apply(parseRoute(order));
  }
  const found = names.map((): number[] => []);
  const asked = names.map((): number[] => []);
  for (let round = -2; round < rounds; round++) {
    for (const [k, name] of names.entries()) {
      const [ns, us] = [findNs(engine, name), await requestUs(engine, name)];
      if (round < 0) continue;
      found[k].push(ns);
      asked[k].push(us);
    }
  }
  await engine.close(0);
  await rm(repository, { recursive: true });
  const row = (what: string, unit: string, series: readonly number[][]): BenchResult[] =>
    ['without a route', ...kinds].map((kind, k) => ({
      name: `${what}, ${kind}`,
      value: median(series[k]),
      unit,
      ...(k === 0 ? {} : { ratio: ratioOf('without a route', series[k], series[0]) }),
    }));
  return [...row('finding the version', 'ns', found), ...row('a request, processor time', 'us', asked)];
}
