import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { type Server, serve } from 'galerkin/serve';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesOf } from './fixtures/client.js';
import { type Gate, gate } from './fixtures/gate.js';
import {
  decodeStreamAnswer,
  encodeInfer,
  type GrpcClient,
  grpcClient,
  type Infer,
  type StreamAnswer,
} from './fixtures/grpc-client.js';
import { constantField, fixtureRepository } from './fixtures/repository.js';

let doors: Gate;
let repository: string;
let server: Server;
let client: GrpcClient;
beforeEach(async () => {
  doors = gate();
  repository = await fixtureRepository('double_solver', 'simple', 'rollout');
  server = await serve({ repository, port: 0, threads: 1, drainTimeoutMs: 500 }, { backends: [doors.backend] });
  client = grpcClient(server.grpcPort ?? 0);
});
afterEach(async () => {
  doors.open();
  client.close();
  await server.close();
  await rm(repository, { recursive: true, force: true });
});

const request = (id: string, more: Partial<Infer> = {}): Infer => ({
  model: 'double_solver',
  id,
  inputs: [{ name: 'a', datatype: 'FP32', shape: [1, 4, 4] }],
  raw: [bytesOf(Float32Array.from(constantField(1)))],
  ...more,
});
const simple = (id: string): Infer => ({
  model: 'simple',
  id,
  inputs: ['INPUT0', 'INPUT1'].map(name => ({ name, datatype: 'INT32', shape: [1, 16] })),
  raw: [new Uint8Array(64), new Uint8Array(64)],
});
const first = (bytes: Uint8Array | undefined): number => new Float32Array(Uint8Array.from(bytes ?? []).buffer)[0] ?? 0;

/** Everything that comes until the stream ends, and how it ends. */
async function drained(stream: ClientDuplexStream<Buffer, Buffer>): Promise<{ answers: StreamAnswer[]; code: number }> {
  const answers: StreamAnswer[] = [];
  stream.on('data', bytes => answers.push(decodeStreamAnswer(bytes)));
  stream.on('error', () => {});
  const code = await new Promise<number>(resolve => stream.on('status', status => resolve(status.code)));
  return { answers, code };
}

async function send(requests: readonly Infer[], headers: Record<string, string> = {}) {
  const stream = client.stream('ModelStreamInfer', headers);
  const done = drained(stream);
  for (const each of requests) stream.write(encodeInfer(each));
  stream.end();
  return done;
}

describe('a stream of requests', () => {
  test('is answered in order, however long each takes', async () => {
    const done = send([request('slow'), simple('fast'), request('slow too'), simple('last')]);
    await doors.arrived(2);
    doors.open();
    const { answers, code } = await done;
    expect([answers.map(({ answer }) => answer.id), code]).toEqual([['slow', 'fast', 'slow too', 'last'], 0]);
    expect(answers[0]?.answer.parameters.triton_final_response).toBe(true);
  });

  test('goes on after an error, which comes with the id and the model', async () => {
    const { answers, code } = await send([
      simple('a'),
      { ...simple('b'), model: 'nobody' },
      { ...simple('c'), raw: [] },
      simple('d'),
    ]);
    expect(answers.map(({ error, answer }) => [answer.id, error === '', answer.model])).toEqual([
      ['a', true, 'simple'],
      ['b', false, 'nobody'],
      ['c', false, 'simple'],
      ['d', true, 'simple'],
    ]);
    expect(answers[2]?.error).toContain("unable to find data for input tensor 'INPUT0'");
    expect(code).toBe(0);
  });

  test('ends with a real status where the client asks for it', async () => {
    const { code } = await send([{ ...simple('b'), model: 'nobody' }], { triton_grpc_error: 'true' });
    expect(code).toBe(5);
  });

  test('that cannot be parsed ends', async () => {
    const stream = client.stream('ModelStreamInfer');
    stream.write(Buffer.from([10, 200, 1]));
    expect((await drained(stream)).code).toBe(3);
  });

  test('of 2000 requests at once is answered whole', async () => {
    const { answers, code } = await send(Array.from({ length: 2000 }, (_, k) => simple(String(k))));
    expect(code).toBe(0);
    expect(answers.every(({ answer, error }, k) => answer.id === String(k) && error === '')).toBe(true);
    expect(answers).toHaveLength(2000);
  });
});

describe('a decoupled model', () => {
  test('gives a response for each step, the last one marked', async () => {
    const { answers } = await send([request('roll', { model: 'rollout' })]);
    expect(answers.map(({ answer }) => first(answer.raw[0]))).toEqual([2, 4, 8]);
    expect(answers.map(({ answer }) => answer.parameters.triton_final_response)).toEqual([false, false, true]);
  });

  test('takes parameters of its own', async () => {
    const { answers } = await send([
      request('roll', { model: 'rollout', parameters: { steps: 1, triton_enable_empty_final_response: true } }),
    ]);
    expect(answers).toHaveLength(1);
  });

  test('is refused outside of a stream', async () => {
    const failure = await client.refusal('ModelInfer', encodeInfer(request('x', { model: 'rollout' })));
    expect(failure).toMatchObject({
      code: 'UNIMPLEMENTED',
      details: expect.stringContaining("ModelInfer RPC doesn't support models with decoupled transaction policy"),
    });
  });
});

describe('calls that end early', () => {
  test('a deadline ends the call while the model still computes', async () => {
    const failure = client.refusal('ModelInfer', encodeInfer(request('x')), {}, { deadline: Date.now() + 100 });
    expect((await failure).code).toBe('DEADLINE_EXCEEDED');
  });

  test('a client that cancels frees its place: the server answers others', async () => {
    const stream = client.stream('ModelStreamInfer');
    const end = drained(stream);
    stream.write(encodeInfer(request('x')));
    await doors.arrived(1);
    stream.cancel();
    expect((await end).code).toBe(1);
    expect((await client.infer(simple('y'))).id).toBe('y');
  });

  test('closing the server lets what runs finish, and takes nothing new', async () => {
    const running = client.infer(request('x'));
    await doors.arrived(1);
    const closing = server.close();
    const late = grpcClient(server.grpcPort ?? 0);
    expect((await late.refusal('ServerLive', Buffer.alloc(0))).code).toBe('UNAVAILABLE');
    late.close();
    doors.open();
    expect((await running).id).toBe('x');
    await closing;
  });

  test('an idle stream ends when the server closes', async () => {
    const stream = client.stream('ModelStreamInfer');
    const end = drained(stream);
    stream.write(encodeInfer(simple('a')));
    await once(stream, 'data');
    await server.close();
    expect((await end).code).toBe(14);
  });
});

test('health can be watched', async () => {
  const stream = client.stream('/grpc.health.v1.Health/Watch');
  stream.on('error', () => {});
  stream.write(Buffer.alloc(0));
  const [bytes] = await once(stream, 'data');
  expect([...bytes]).toEqual([8, 1]);
  stream.cancel();
});
