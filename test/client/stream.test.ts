// A model that answers many times, on a real server: as server-sent events, and as tensors over a WebSocket.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, connect } from 'galerkin/client';
import { type Server, serve } from 'galerkin/serve';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { writeExampleRepository } from '../../scripts/example-repository.mjs';

let repository: string;
let server: Server;
let client: Client;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'galerkin-client-'));
  repository = writeExampleRepository(folder, ['simple_doubling']);
  server = await serve({ repository, port: 0, threads: 1 });
  client = connect(server.url, { webSocket: url => new WebSocket(url) });
});
afterAll(async () => {
  await server?.close();
  await rm(repository, { recursive: true, force: true });
});

const inputs = { INPUT: { shape: [1, 1], data: Int32Array.of(3) } };

test('generateStream gives each step as JSON', async () => {
  const outputs: unknown[] = [];
  const call = { inputs: { INPUT: 3 }, parameters: { steps: 4 } };
  for await (const { OUTPUT } of client.generateStream('simple_doubling', call)) outputs.push(OUTPUT);
  expect(outputs).toEqual([6, 12, 24, 48]);
});

test('a session gives each step as a tensor, and infer the last', async () => {
  const session = await client.session();
  const outputs: number[] = [];
  for await (const answer of session.inferStream('simple_doubling', inputs, { parameters: { steps: 4 } })) {
    if (answer.outputs.OUTPUT?.datatype === 'INT32') outputs.push(...answer.outputs.OUTPUT.data);
  }
  expect(outputs).toEqual([6, 12, 24, 48]);
  expect((await session.infer('simple_doubling', inputs)).outputs.OUTPUT?.data).toEqual(Int32Array.of(96));
  session.close();
});

test('one answer cannot be had of it over plain HTTP', async () => {
  await expect(client.infer('simple_doubling', inputs)).rejects.toMatchObject({ status: 501 });
});
