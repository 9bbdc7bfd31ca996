import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { optionRows } from 'galerkin/base';
import { serve, serveOptions } from 'galerkin/serve';
import { describe, expect, test } from 'vitest';
import { get, jsonQuestion, post } from './fixtures/client.js';
import { constantField, doubleProcess, fixtureRepository, serveFixture } from './fixtures/repository.js';

async function takenPort(): Promise<{ port: number; server: TcpServer }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, server };
}

describe('options', () => {
  test('every option documents itself and becomes a flag', () => {
    const rows = optionRows(serveOptions);
    expect(rows.map(({ key }) => key)).toEqual(
      expect.arrayContaining(['repository', 'host', 'port', 'instances', 'threads', 'maxBodyBytes']),
    );
    expect(rows.filter(({ doc }) => doc.length < 10)).toEqual([]);
    expect(rows.find(({ key }) => key === 'host')?.default).toBe('127.0.0.1');
  });

  test('wrong options are all reported before anything starts', async () => {
    await expect(serve({ port: 70_000, instances: -1 })).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
      message: expect.stringMatching(/port[\s\S]*instances/),
    });
  });
});

describe('what stops a server from starting', () => {
  test('a repository without models', async () => {
    const repository = await fixtureRepository();
    await expect(serve({ repository, port: 0 })).rejects.toMatchObject({
      code: 'REPOSITORY_EMPTY',
      message: expect.stringContaining('galerkin learn'),
    });
    await expect(serve({ repository: join(repository, 'nowhere'), port: 0 })).rejects.toMatchObject({
      code: 'REPOSITORY_EMPTY',
    });
    await rm(repository, { recursive: true });
  });

  test('a model whose backend is not there', async () => {
    const repository = await fixtureRepository('double_solver');
    await expect(serve({ repository, port: 0 })).rejects.toMatchObject({
      code: 'BACKEND_UNKNOWN',
      message: "Model 'double_solver' wants backend 'double_process', got only 'onnxruntime'.",
    });
    await rm(repository, { recursive: true });
  });

  test.each(['broken', 'never'] as const)('a graph that is no graph, a child that does not open: %s', async model => {
    const repository = await fixtureRepository(model);
    await expect(serve({ repository, port: 0 }, { backends: [doubleProcess()] })).rejects.toMatchObject({
      code: model === 'broken' ? 'PACKAGE_INVALID' : 'MODEL_UNSERVABLE',
    });
    await rm(repository, { recursive: true });
  });

  test('a decoupled model that does not say how it steps', async () => {
    const repository = await fixtureRepository('decoupled');
    await expect(serve({ repository, port: 0 })).rejects.toMatchObject({
      code: 'MODEL_UNSERVABLE',
      message: expect.stringMatching(/model_transaction_policy.*'unroll'/),
    });
    await rm(repository, { recursive: true });
  });

  test('a package whose files were changed', async () => {
    const repository = await fixtureRepository('double');
    const path = join(repository, 'double', '1', 'model.onnx');
    const bytes = await readFile(path);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    await writeFile(path, bytes);
    await expect(serve({ repository, port: 0 })).rejects.toMatchObject({ code: 'PACKAGE_CORRUPT' });
    await rm(repository, { recursive: true });
  });

  test('a port that is taken, and the error says what to do', async () => {
    const { port, server } = await takenPort();
    const repository = await fixtureRepository('double');
    await expect(serve({ repository, port })).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
      exit: 69,
      message: expect.stringMatching(new RegExp(`127.0.0.1 port ${port}: another program listens there.*--port`)),
    });
    await expect(serve({ repository, port: 0, host: '203.0.113.7' })).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
    });
    server.close();
    await rm(repository, { recursive: true });
  });
});

describe('life', () => {
  test('listens on the loopback address only, unless told otherwise', async () => {
    const server = await serveFixture(['double']);
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect((await get(`${server.url}/v2/health/ready`)).status).toBe(200);
    await server.close();
  });

  test('closing finishes what is in flight, then refuses connections; closing twice is fine', async () => {
    const server = await serveFixture(['double', 'double_solver']);
    const asked = Array.from({ length: 20 }, (_, index) =>
      post(`${server.url}/v2/models/double_solver/infer`, jsonQuestion(constantField(index), [1, 4, 4])),
    );
    const first = await Promise.race(asked);
    const [replies] = await Promise.all([
      Promise.all(asked.map(reply => reply.catch(() => undefined))),
      server.close(),
      server.close(),
    ]);
    expect(first.status).toBe(200);
    const statuses = replies.map(reply => reply?.status);
    expect(statuses.filter(status => status !== 200 && status !== 503 && status !== undefined)).toEqual([]);
    expect(statuses.filter(status => status === 200).length).toBeGreaterThan(0);
    await expect(get(`${server.url}/v2/health/ready`)).rejects.toThrow();
  });

  test('serves without a studio: / is not found', async () => {
    const server = await serveFixture(['double']);
    expect((await get(`${server.url}/`)).status).toBe(404);
    await server.close();
  });

  test('several instances share the load', async () => {
    const server = await serveFixture(['double'], { instances: 2 });
    const replies = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        post(`${server.url}/v2/models/double/infer`, jsonQuestion(constantField(index % 10), [1, 4, 4])),
      ),
    );
    replies.forEach((reply, index) => {
      expect(reply.json).toMatchObject({ outputs: [{ data: constantField(2 * (index % 10)) }] });
    });
    await server.close();
  });

  test('a Studio folder in a temporary place is served', async () => {
    const studioFolder = await mkdtemp(join(tmpdir(), 'galerkin-studio-'));
    await writeFile(join(studioFolder, 'index.html'), 'hello');
    const server = await serveFixture(['double'], { studioFolder });
    expect((await get(`${server.url}/studio/`)).text).toBe('hello');
    await server.close();
    await rm(studioFolder, { recursive: true });
  });
});
