// A million float32 as JSON, in and out of a v2 body: ours, from bytes to tensor and back, against JSON.parse and a copy, and JSON.stringify.
import { seededRandom } from 'galerkin/base';
import { type BenchResult, median, ratioOf } from './result.js';

/** Benchmarks run from build/, two folders beside the library's own. */
const inside = (file: string): string => new URL(`../../dist/serve/${file}`, import.meta.url).href;
const { InferCall }: typeof import('../dist/serve/http/v2-call.js') = await import(inside('http/v2-call.js'));
const { readInferRequest }: typeof import('../dist/serve/http/v2-request.js') = await import(
  inside('http/v2-request.js')
);
const { writeInferResponse }: typeof import('../dist/serve/http/v2-response.js') = await import(
  inside('http/v2-response.js')
);
const { sharedMemory }: typeof import('../dist/serve/protocol/shared-memory.js') = await import(
  inside('protocol/shared-memory.js')
);

const count = 1_000_000;
const rounds = 9;
const warmUpRounds = 3;

const spec = (name: string) => ({
  name,
  dtype: 'FP32' as const,
  dims: [count],
  unit: '1',
  description: '',
  finite: false,
});
const model = {
  name: 'wide',
  version: '1',
  title: 'wide',
  backend: 'onnxruntime',
  maxBatchSize: 0,
  inputs: [spec('x')],
  outputs: [spec('y')],
  guard: undefined,
};
const call = new InferCall(sharedMemory({ allowed: false }));

/** The same float32 with the fewest digits, as programs write it that know it is one. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

const bodyOf = (data: readonly number[], nested: boolean): Buffer =>
  Buffer.from(
    JSON.stringify({
      inputs: [
        {
          name: 'x',
          datatype: 'FP32',
          shape: [count],
          data: nested ? Array.from({ length: 1000 }, (_, row) => data.slice(row * 1000, (row + 1) * 1000)) : data,
        },
      ],
    }),
  );

interface Envelope {
  readonly inputs: readonly { readonly data: readonly (number | readonly number[])[] }[];
}

/** What anybody would write: parse the body, copy the numbers. */
function plainRead(body: Buffer): Float32Array {
  const parsed: Envelope = JSON.parse(body.toString('utf8'));
  const { data } = parsed.inputs[0];
  const target = new Float32Array(count);
  let at = 0;
  for (const each of data) {
    if (typeof each === 'number') target[at++] = each;
    else for (const value of each) target[at++] = value;
  }
  return target;
}

const plainWrite = (data: Float32Array): Buffer =>
  Buffer.from(
    JSON.stringify({
      model_name: 'wide',
      model_version: '1',
      outputs: [{ name: 'y', datatype: 'FP32', shape: [count], data: Array.from(data) }],
    }),
  );

/** Of processor time: other programs on the machine, and waiting for them, do not count. */
function secondsOf(work: () => unknown): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/** Millions of floats per second of processor time, each round measuring both in turn. */
function compare(name: string, ours: () => unknown, plain: () => unknown, note: string): BenchResult {
  const [mine, theirs]: [number[], number[]] = [[], []];
  for (let round = -warmUpRounds; round < rounds; round++) {
    const a = count / secondsOf(ours) / 1e6;
    const b = count / secondsOf(plain) / 1e6;
    if (round < 0) continue;
    mine.push(a);
    theirs.push(b);
  }
  return { name, value: median(mine), unit: 'M floats/s', ratio: ratioOf('the plain way', mine, theirs), note };
}

export async function run(): Promise<BenchResult[]> {
  const random = seededRandom(11);
  const values = Float32Array.from({ length: count }, () => random.normal());
  const double = Array.from(values);
  const texts: readonly [string, Buffer][] = [
    ['read, float32 as doubles', bodyOf(double, false)],
    ['read, the same in rows of 1000', bodyOf(double, true)],
    ['read, float32 in fewest digits', bodyOf(double.map(shortest), false)],
    [
      'read, four digits',
      bodyOf(
        double.map(value => Number(value.toPrecision(4))),
        false,
      ),
    ],
  ];
  const results = texts.map(([name, body]) => {
    const read = () => readInferRequest(model, body, body.length, call).question.inputs.x.data;
    const [got, wanted] = [read(), plainRead(body)];
    if (wanted.some((value, k) => !Object.is(value, got[k])))
      throw new Error(`${name}: other values than JSON.parse gives`);
    return compare(name, read, () => plainRead(body), `${(body.length / count).toFixed(1)} bytes a float, same bits`);
  });
  const request = readInferRequest(model, texts[0][1], texts[0][1].length, call);
  const answered = {
    outputs: { y: { dtype: 'FP32' as const, shape: [count], data: values } },
    maps: {},
    guard: undefined,
    answeredBy: 'surrogate' as const,
    latencyMs: 1,
  };
  const write = () => writeInferResponse(model, request, answered, call).body;
  const text: { readonly outputs: readonly { readonly data: readonly number[] }[] } = JSON.parse(write().toString());
  if (values.some((value, k) => Math.fround(text.outputs[0].data[k]) !== value))
    throw new Error('written values do not read back');
  const sizes = `${(write().length / count).toFixed(1)} bytes a float, the plain way ${(plainWrite(values).length / count).toFixed(1)}`;
  results.push(compare('write', write, () => plainWrite(values), sizes));
  return results;
}
