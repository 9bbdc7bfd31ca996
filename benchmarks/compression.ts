// What each compression costs and saves: processor time for one item and for 32 against float32 in turns, bytes, and error, on an MLP and an FNO.
import { loadavg } from 'node:os';
import { gzipSync } from 'node:zlib';
import { type Clock, seededRandom, type Tensor } from 'galerkin/base';
import { lower, np, ready, type Traced, trace } from 'galerkin/compile';
import { type Model, readModel, writeModel } from 'galerkin/graph';
import {
  answersOf,
  calibrate,
  deviationOf,
  type Feeds,
  measureInTurns,
  prune,
  quantizeBlocks,
  quantizeDynamic,
  quantizeStatic,
  storeHalf,
} from 'galerkin/optimize';
import { openSession, type Session } from 'galerkin/runtime';
import { fullSize } from './fixtures/fno.js';
import { fnoFeed, fnoWithWeights } from './fixtures/fno-with-weights.js';
import { type BenchResult, ratioOf } from './result.js';

const width = 1024;
const layers = 4;
const batches = [1, 32];
const budgetMs = 600;

/** Time that this process computed: with one thread, other work on the machine hardly shows. */
const processorMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const processorClock: Clock = { now: Date.now, monotonic: processorMs };

interface Subject {
  readonly name: string;
  readonly model: Model;
  readonly feed: (batch: number, seed: number) => Feeds;
}

/** Four dense layers of 1024 with ReLU between, seeded. */
function wideMlp(): Model {
  const random = seededRandom(1);
  const normals = (count: number, scale: number) => Float32Array.from({ length: count }, () => scale * random.normal());
  const weights = Array.from({ length: layers }, () => normals(width * width, Math.sqrt(2 / width)));
  const biases = Array.from({ length: layers }, () => normals(width, 0.1));
  const answer = (x: Traced): Traced =>
    weights.reduce((h, weight, k) => {
      const sum = np.matmul(h, np.array(weight).reshape([width, width])).add(np.array(biases[k]));
      return k === layers - 1 ? sum : np.maximum(sum, 0);
    }, x);
  const program = trace(answer, [{ shape: ['batch', width], dtype: 'float32' }]);
  return readModel(lower(program, { inputNames: ['x'], outputNames: ['y'] }).bytes);
}

function mlpFeed(batch: number, seed: number): { x: Tensor } {
  const random = seededRandom(seed);
  return {
    x: { dtype: 'FP32', shape: [batch, width], data: Float32Array.from({ length: batch * width }, random.normal) },
  };
}

/** Every way, by name; one that finds nothing to do in a model says so by throwing. */
async function variants({ model, feed }: Subject): Promise<[string, Model][]> {
  const samples = [1, 2, 3, 4, 5, 6, 7, 8].map(seed => feed(1, 100 + seed));
  const minmax = await calibrate(model, samples);
  const entropy = await calibrate(model, samples, { method: 'entropy' });
  const ways: [string, () => Model][] = [
    ['int8 dynamic', () => quantizeDynamic(model).model],
    ['int8 static, minmax', () => quantizeStatic(model, minmax).model],
    ['int8 static, entropy', () => quantizeStatic(model, entropy).model],
    ['8-bit blocks', () => quantizeBlocks(model, { bits: 8 }).model],
    ['4-bit blocks', () => quantizeBlocks(model, { bits: 4 }).model],
    ['half storage', () => storeHalf(model).model],
    ['half of the weights zero', () => prune(model, { ratio: 0.5 }).model],
    ['2:4', () => prune(model, { structure: 'nm' }).model],
    ['half of the channels gone', () => prune(model, { structure: 'channels', ratio: 0.5 }).model],
  ];
  return ways.flatMap(([name, make]): [string, Model][] => {
    try {
      return [[name, make()]];
    } catch (error) {
      console.error(`${name}: ${error instanceof Error ? error.message : error}`);
      return [];
    }
  });
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MiB`;

async function measure(subject: Subject): Promise<BenchResult[]> {
  const all: [string, Model][] = [['float32', subject.model], ...(await variants(subject))];
  const files = all.map(([, model]) => writeModel(model));
  const sessions: Session[] = [];
  for (const file of files) sessions.push(await openSession(file, { threads: 1, spin: false }));
  const tests = [1, 2, 3, 4].map(seed => subject.feed(2, 200 + seed));
  const answers = await Promise.all(sessions.map(session => answersOf(session, tests)));
  const results: BenchResult[] = [];
  for (const batch of batches) {
    const feeds = subject.feed(batch, 300);
    for (const [k, [name]] of all.entries()) {
      const pair = [sessions[0], sessions[k]].map(session => ({ session, feeds }));
      const [plain, timing] = await measureInTurns(pair, {
        clock: processorClock,
        warmUps: 2,
        leastRounds: 5,
        budgetMs,
      });
      const sizes = `${megabytes(files[k].byteLength)}, ${megabytes(gzipSync(files[k]).byteLength)} zipped`;
      const { relativeL2 } = deviationOf(answers[k], answers[0]);
      results.push({
        name: `${subject.name}, batch ${batch}: ${name}`,
        value: timing.medianMs,
        unit: 'ms',
        ratio: ratioOf('the time of float32', timing.runsMs, plain.runsMs),
        note: `${sizes}, ${(100 * relativeL2).toPrecision(2)} % off, load ${loadavg()[0].toFixed(1)}`,
      });
    }
  }
  for (const session of sessions) await session.close();
  return results;
}

/** One thread. Milliseconds of processor time a run; errors are relative L2 distances from float32 answers. */
export async function run(): Promise<BenchResult[]> {
  await ready();
  const mlp: Subject = { name: `MLP ${layers} x ${width}`, model: wideMlp(), feed: mlpFeed };
  const fno: Subject = {
    name: 'FNO',
    model: await fnoWithWeights(fullSize, 12),
    feed: (batch, seed) => fnoFeed(fullSize, batch, seed),
  };
  return [...(await measure(mlp)), ...(await measure(fno))];
}
