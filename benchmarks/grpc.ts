// The gRPC door against @grpc/grpc-js as carriers of bytes, and the hand-written codec against a table-driven one.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { EchoPorts } from './fixtures/grpc-echo.js';
import { loadGrpcEcho } from './fixtures/grpc-load.js';
import { type BenchResult, median, ratioOf } from './result.js';

/** A file of the built room; benchmarks are built one folder deeper than they are written. */
const builtIn = (file: string): string => new URL(`../../dist/serve/grpc/${file}`, import.meta.url).href;
const { readInferMessage }: typeof import('../dist/serve/grpc/infer-message.js') = await import(
  builtIn('infer-message.js')
);
const { encodeReply }: typeof import('../dist/serve/grpc/infer-response.js') = await import(
  builtIn('infer-response.js')
);

const rounds = 7;
const durationMs = 500;
const calls = 32;
const codecTurns = 20_000;
const sizes = [16, 16_384];

/** Fields as bytes, and a tensor of `floats` raw: what a client sends for one input. */
function requestOf(floats: number): Buffer {
  const values = Buffer.from(Float32Array.from({ length: floats }, (_, k) => k).buffer);
  const varint = (value: number): number[] => (value < 128 ? [value] : [(value % 128) | 128, ...varint(value >> 7)]);
  const sized = (field: number, bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.from([field * 8 + 2, ...varint(bytes.length)]), bytes]);
  const input = Buffer.concat([
    sized(1, Buffer.from('x')),
    sized(2, Buffer.from('FP32')),
    sized(3, Buffer.from([1, ...varint(floats)])),
  ]);
  return Buffer.concat([sized(1, Buffer.from('identity')), sized(5, input), sized(7, values)]);
}

function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** The same walk over the message by a general reader: every field found, lengths and text read. */
function readByTable(bytes: Uint8Array): number {
  const reader = new BinaryReader(bytes);
  let found = 0;
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type !== WireType.LengthDelimited) reader.skip(type);
    else if (field === 1) found += reader.string().length;
    else if (field === 5) found += readByTable(reader.bytes());
    else found += reader.bytes().length;
  }
  return found;
}

function microseconds(run: () => unknown): number {
  const start = performance.now();
  for (let k = 0; k < codecTurns; k++) run();
  return (1000 * (performance.now() - start)) / codecTurns;
}

const reply = (floats: number) => ({
  model: 'identity',
  version: '1',
  id: '',
  parameters: { answered_by: 'surrogate', latency_ms: 0.125 },
  outputs: [
    {
      name: 'y',
      tensor: { dtype: 'FP32', shape: [1, floats], data: new Float32Array(floats) } as const,
      place: undefined,
    },
  ],
});

interface Series {
  readonly own: number[];
  readonly library: number[];
  readonly read: number[];
  readonly table: number[];
  readonly write: number[];
}

async function measure(ports: EchoPorts, floats: number): Promise<Series> {
  const found: Series = { own: [], library: [], read: [], table: [], write: [] };
  const message = requestOf(floats);
  const load = { path: '/echo.Echo/Echo', framed: framed(message), calls, durationMs };
  const answer = reply(floats);
  for (let round = -2; round < rounds; round++) {
    const own = await loadGrpcEcho({ ...load, port: ports.own });
    const library = await loadGrpcEcho({ ...load, port: ports.library });
    const read = microseconds(() => readInferMessage(message));
    const table = microseconds(() => readByTable(message));
    const write = microseconds(() => encodeReply(answer, false));
    if (round < 0) continue;
    found.own.push(own);
    found.library.push(library);
    found.read.push(read);
    found.table.push(table);
    found.write.push(write);
  }
  return found;
}

function figures(floats: number, { own, library, read, table, write }: Series): BenchResult[] {
  const size = `${(4 * floats) / 1024 < 1 ? `${4 * floats} B` : `${(4 * floats) / 1024} KiB`}`;
  return [
    {
      name: `echo of ${size}, our door`,
      value: median(own),
      unit: 'calls/s',
      ratio: ratioOf('@grpc/grpc-js', own, library),
    },
    { name: `echo of ${size}, @grpc/grpc-js`, value: median(library), unit: 'calls/s' },
    {
      name: `read a request of ${size}`,
      value: median(read),
      unit: 'us',
      ratio: ratioOf('a general reader', read, table),
    },
    { name: `write a response of ${size}`, value: median(write), unit: 'us' },
  ];
}

export async function run(): Promise<BenchResult[]> {
  const worker = new Worker(new URL('./fixtures/grpc-echo.js', import.meta.url), { execArgv: [] });
  const [ports]: EchoPorts[] = await once(worker, 'message');
  const results: BenchResult[] = [];
  for (const floats of sizes) results.push(...figures(floats, await measure(ports, floats)));
  await worker.terminate();
  return results;
}
