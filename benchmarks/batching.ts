// What the batcher itself costs per request: queue, choice, joining and splitting, with instances that compute at once.
import { type Clock, systemClock, systemTimers, type Tensor } from 'galerkin/base';
import { modelConfig } from 'galerkin/model';
import {
  type BatchingScheduler,
  directScheduler,
  dynamicBatcher,
  type Execution,
  newStageTimes,
  type Pool,
  plainTerms,
  type SchedulerParts,
  type Source,
  type Tensors,
} from 'galerkin/serve';
import { type BenchResult, median, ratioOf } from './result.js';

const rounds = 7;
const requests = 20_000;
const maxBatchSize = 32;

type ServedModel = SchedulerParts['served'];

const spec = (name: string, dims: readonly number[]) =>
  ({ name, dtype: 'FP32', dims, unit: '1', description: '', finite: false }) as const;

const model = (dims: readonly number[]): ServedModel => ({
  name: 'identity',
  version: '1',
  title: 'identity',
  backend: 'onnxruntime',
  maxBatchSize,
  inputs: [spec('x', dims)],
  outputs: [spec('x', dims)],
  guard: undefined,
});

/** One instance that runs freely: what it pulled ends in the next turn of the event loop. */
class FreePool implements Pool {
  private readonly running: Execution[] = [];

  constructor(private readonly source: Source) {}

  get free(): number {
    return 1 - this.running.length;
  }

  get busy(): number {
    return this.running.length;
  }

  isReady(): boolean {
    return true;
  }

  wake(): void {
    if (this.running.length > 0) return;
    const execution = this.source.next();
    if (execution === undefined) return;
    this.running.push(execution);
    execution.started();
    setImmediate(this.finish);
  }

  private readonly finish = (): void => {
    const execution = this.running.pop();
    this.wake();
    execution?.done({ outputs: execution.job.inputs, inferMs: 0 });
  };

  async close(): Promise<void> {
    this.running.length = 0;
  }
}

const clock: Clock = systemClock;

const parts = (dims: readonly number[]): SchedulerParts => ({
  served: model(dims),
  clock,
  timers: systemTimers,
  statistics: { execute: () => undefined },
  maxQueue: requests,
  openPool: async source => new FreePool(source),
});

async function batcher(dims: readonly number[], parameters: Readonly<Record<string, string>> = {}) {
  const { dynamic_batching: config } = modelConfig({
    name: 'identity',
    max_batch_size: maxBatchSize,
    dynamic_batching: { default_queue_policy: { default_timeout_microseconds: 60_000_000 } },
  });
  if (config === undefined) throw new Error('the configuration has no dynamic_batching');
  const strings = Object.entries(parameters).map(([key, value]) => [key, { string_value: value }]);
  return dynamicBatcher(config, { ...parts(dims), parameters: Object.fromEntries(strings) });
}

/** Microseconds per request, with `waiting` of them asked at a time. */
async function perRequest(scheduler: BatchingScheduler, all: readonly Tensors[], waiting: number): Promise<number> {
  const start = performance.now();
  for (let asked = 0; asked < requests; asked += waiting) {
    const answers: Promise<unknown>[] = [];
    for (let k = 0; k < waiting; k++) {
      const inputs = all[(asked + k) % all.length] ?? {};
      const times = newStageTimes(clock.monotonic());
      answers.push(scheduler.run({ inputs, items: 1, bytes: 64, guard: 'none', terms: plainTerms, times }));
    }
    await Promise.all(answers);
  }
  return (1000 * (performance.now() - start)) / requests;
}

/** The same without a scheduler: a promise each, settled in the same turns of the event loop. */
async function bare(waiting: number): Promise<number> {
  const start = performance.now();
  for (let asked = 0; asked < requests; asked += waiting) {
    const answers: Promise<unknown>[] = [];
    for (let k = 0; k < waiting; k++) {
      const times = newStageTimes(clock.monotonic());
      answers.push(new Promise(resolve => resolve(times)));
    }
    await new Promise(resolve => setImmediate(resolve));
    await Promise.all(answers);
  }
  return (1000 * (performance.now() - start)) / requests;
}

/** Joining and splitting as memory does them: every request's bytes written once. */
function copied(bytes: number): number {
  const batch = new Uint8Array(bytes * maxBatchSize);
  const own = new Uint8Array(bytes).fill(1);
  const start = performance.now();
  for (let k = 0; k < requests; k++) batch.set(own, bytes * (k % maxBatchSize));
  return (1000 * (performance.now() - start)) / requests;
}

const field = (shape: readonly number[]): Tensors => {
  const count = shape.reduce((a, b) => a * b, 1);
  const x: Tensor = { dtype: 'FP32', shape, data: new Float32Array(count).fill(1) };
  return { x };
};

const direct = await directScheduler(parts([16]));
const small = await batcher([16]);
const large = await batcher([64, 64]);
const bucketed = await batcher([-1, -1], { buckets: '32' });
const ofSixteen = [field([1, 16])];
const of4096 = [field([1, 64, 64])];
const mixed = Array.from({ length: 16 }, (_, k) => field([1, 17 + k, 32 - k]));

const cases: readonly [string, () => Promise<number> | number][] = [
  ['a bare promise and clock, 64 at a time', () => bare(64)],
  ['without batching, 64 at a time', () => perRequest(direct, ofSixteen, 64)],
  ['joined by 32, 16 floats, 64 at a time', () => perRequest(small, ofSixteen, 64)],
  ['joined by 32, 16 floats, 10,000 at a time', () => perRequest(small, ofSixteen, 10_000)],
  ['joined by 32, 16 KiB, 64 at a time', () => perRequest(large, of4096, 64)],
  ['one copy of 16 KiB', () => copied(16_384)],
  ['padded to 32 x 32 from 16 sizes, 64 at a time', () => perRequest(bucketed, mixed, 64)],
];

/** Each case in turn, so that all see the same machine. */
export async function run(): Promise<BenchResult[]> {
  const found = cases.map((): number[] => []);
  for (let round = -2; round < rounds; round++) {
    for (const [k, [, measure]] of cases.entries()) {
      const us = await measure();
      if (round >= 0) found[k]?.push(us);
    }
  }
  const [first = []] = found;
  return cases.map(([name], k) => {
    const values = found[k] ?? [];
    const note = name.includes('10,000') ? { note: 'mostly the collector copying what waits' } : {};
    const ratio = ratioOf('the bare promise', values, first);
    return { name, value: median(values), unit: 'us / request', ratio, ...note };
  });
}
