import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Server, serve } from 'galerkin/serve';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeExampleRepository } from '../../scripts/example-repository.mjs';
import { openSocket } from './fixtures/web-socket.js';

let repository: string;
let server: Server;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'galerkin-streams-'));
  repository = writeExampleRepository(folder, ['simple_doubling']);
  server = await serve({ repository, port: 0, threads: 1, webSocketBufferBytes: 1024, webSocketIdleMs: 300 });
});
afterAll(async () => {
  await server.close();
  await rm(repository, { recursive: true, force: true });
});

const ask = (id: string, steps: number) => ({
  type: 'infer',
  id,
  model: 'simple_doubling',
  inputs: [{ name: 'INPUT', datatype: 'INT32', shape: [1, 1], data: [1] }],
  parameters: { steps },
});

test('a decoupled model answers as often as it has answers, under one id; the last says that it is', async () => {
  const client = await openSocket(server.url);
  client.send(ask('stream', 4));
  await client.next(({ id, final }) => id === 'stream' && final === true);
  expect(client.messages.map(({ final, outputs }) => [final, outputs])).toEqual(
    [2, 4, 8, 16].map((value, step) => [
      step === 3,
      [{ name: 'OUTPUT', datatype: 'INT32', shape: [1, 1], data: [value] }],
    ]),
  );
  client.socket.terminate();
});

test('a stream that is cancelled ends with an error under its id, and its id is free again', async () => {
  const client = await openSocket(server.url);
  client.send(ask('long', 10_000));
  await client.of('long');
  client.send({ type: 'cancel', id: 'long' });
  client.send({ type: 'cancel', id: 'never asked' });
  expect(await client.next(({ type }) => type === 'error')).toMatchObject({ id: 'long', code: 'REQUEST_CANCELLED' });
  client.send(ask('long', 1));
  expect(await client.next(({ id, final }) => id === 'long' && final === true)).toMatchObject({ type: 'answer' });
  client.socket.terminate();
});

test('a stream waits for a client that does not read, and ends with it', async () => {
  const client = await openSocket(server.url);
  client.socket.pause();
  client.send(ask('unread', 10_000));
  const other = await openSocket(server.url);
  for (let k = 0; k < 20; k++) {
    other.send(ask(`beside ${k}`, 1));
    await other.of(`beside ${k}`);
  }
  client.socket.terminate();
  await client.closed;
  other.send(ask('after', 1));
  await other.of('after');
  other.socket.terminate();
});
