import { type ServeOptions, type Server, serve } from 'galerkin/serve';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PlainRepository, plainRepository, scaleBy, scaleConfig } from './fixtures/plain-repository.js';

let repository: PlainRepository;
let server: Server | undefined;
beforeEach(async () => {
  repository = await plainRepository();
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await repository.dispose();
});

const start = async (options: ServeOptions = {}): Promise<Server> => {
  server = await serve({ repository: repository.folder, port: 0, ...options });
  return server;
};

const post = (path: string, body: object = {}): Promise<Response> =>
  fetch(`${server?.url}${path}`, { method: 'POST', body: JSON.stringify(body) });

/** Factor and version of an answer; the status where it was none. */
async function ask(path = 'scale'): Promise<{ factor: number; version: string } | { status: number; text: string }> {
  const reply = await post(`/v2/models/${path}/infer`, {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 1, 1, 1] }],
  });
  const text = await reply.text();
  if (reply.status !== 200) return { status: reply.status, text };
  const { outputs, model_version: version } = JSON.parse(text);
  return { factor: outputs[0].data[0], version };
}

const index = async (ready = false): Promise<unknown> => (await post('/v2/repository/index', { ready })).json();

const scale = async (...versions: readonly number[]): Promise<void> => {
  await repository.configure('scale', scaleConfig());
  for (const version of versions) await repository.add('scale', version, scaleBy(version));
};

describe('explicit control', () => {
  test('serves nothing until it is asked to; loads, answers, unloads, and says so in the index', async () => {
    await scale(1, 2);
    await start({ modelControl: 'explicit' });
    expect(await index()).toEqual([{ name: 'scale' }]);
    expect(await ask()).toMatchObject({ status: 400, text: expect.stringContaining('has no available versions') });
    expect((await post('/v2/repository/models/scale/load')).status).toBe(200);
    expect(await ask()).toEqual({ factor: 2, version: '2' });
    expect(await index()).toEqual([{ name: 'scale', version: '2', state: 'READY' }]);
    expect((await post('/v2/repository/models/scale/unload')).status).toBe(200);
    expect(await ask()).toMatchObject({ status: 400 });
    expect(await index(true)).toEqual([]);
  });

  test('a model that does not load says why, and leaves what ran running', async () => {
    await scale(1);
    await start({ modelControl: 'explicit', loadModels: 'scale' });
    await repository.add('scale', 2, Uint8Array.from([1, 2, 3]));
    const reply = await post('/v2/repository/models/scale/load');
    expect(reply.status).toBe(400);
    expect(await reply.text()).toContain("failed to load 'scale'");
    expect(await ask()).toEqual({ factor: 1, version: '1' });
  });

  test('a load may bring its own configuration and files', async () => {
    await scale(1);
    await start({ modelControl: 'explicit', loadModels: '*' });
    const parameters = {
      config: JSON.stringify({ backend: 'onnxruntime', max_batch_size: 8 }),
      'file:7/model.onnx': Buffer.from(scaleBy(70)).toString('base64'),
    };
    expect((await post('/v2/repository/models/scale/load', { parameters })).status).toBe(200);
    expect(await ask()).toEqual({ factor: 70, version: '7' });
    expect((await post('/v2/repository/models/scale/load')).status).toBe(200);
    expect(await ask()).toEqual({ factor: 1, version: '1' });
  });

  test.each([['../outside/model.onnx'], ['1/../../model.onnx'], ['/etc/passwd'], ['1/model.onnx/../../../x']])(
    'a file that leads out of the model is refused: %s',
    async path => {
      await scale(1);
      await start({ modelControl: 'explicit', loadModels: 'scale' });
      const parameters = { config: '{}', [`file:${path}`]: Buffer.from(scaleBy(3)).toString('base64') };
      const reply = await post('/v2/repository/models/scale/load', { parameters });
      expect(reply.status).toBe(400);
      expect(await ask()).toEqual({ factor: 1, version: '1' });
    },
  );

  test('other control modes refuse load and unload with 503', async () => {
    await scale(1);
    await start();
    for (const what of ['load', 'unload']) {
      const reply = await post(`/v2/repository/models/scale/${what}`);
      expect([reply.status, await reply.text()]).toEqual([
        503,
        expect.stringContaining('explicit model load / unload'),
      ]);
    }
  });
});

describe('versions', () => {
  test('the policy decides: latest one, all, or those that it names', async () => {
    for (const [policy, versions] of [
      ['', ['3']],
      ['version_policy: { all {} }', ['1', '2', '3']],
      ['version_policy: { latest { num_versions: 2 } }', ['2', '3']],
      ['version_policy: { specific { versions: [ 1, 3 ] } }', ['1', '3']],
    ] as const) {
      const own = await plainRepository();
      await own.configure('scale', scaleConfig(policy));
      for (const version of [1, 2, 3]) await own.add('scale', version, scaleBy(version));
      server = await serve({ repository: own.folder, port: 0 });
      const { versions: ready } = await (await fetch(`${server.url}/v2/models/scale`)).json();
      expect([...ready].sort()).toEqual(versions);
      for (const version of versions)
        expect(await ask(`scale/versions/${version}`)).toEqual({ factor: Number(version), version });
      await server.close();
      await own.dispose();
    }
    server = undefined;
  });

  test('one that is known but not served is told from one that is not there', async () => {
    await scale(1, 2);
    await start();
    expect(await ask('scale/versions/1')).toMatchObject({ text: expect.stringContaining('is not at ready state') });
    expect(await ask('nobody')).toMatchObject({
      text: expect.stringContaining("unknown model: 'nobody' is not found"),
    });
  });
});

describe('a bad package', () => {
  test('does not stop the others; the server is up but not ready, and the index says why', async () => {
    await scale(1);
    await repository.add('broken', 1, Uint8Array.from([9, 9, 9]));
    await start();
    expect(await ask()).toEqual({ factor: 1, version: '1' });
    expect((await fetch(`${server?.url}/v2/health/live`)).status).toBe(200);
    expect((await fetch(`${server?.url}/v2/health/ready`)).status).toBe(400);
    expect(await index()).toContainEqual(
      expect.objectContaining({ name: 'broken', state: 'UNAVAILABLE', reason: expect.any(String) }),
    );
  });

  test('counts for nothing where readiness is not strict', async () => {
    await scale(1);
    await repository.add('broken', 1, Uint8Array.from([9, 9, 9]));
    await start({ strictReadiness: false });
    expect((await fetch(`${server?.url}/v2/health/ready`)).status).toBe(200);
  });
});

describe('polling', () => {
  test('under load, new versions come and old ones go, and no request fails', async () => {
    await scale(1);
    await start({ modelControl: 'poll', pollMs: 10 });
    let isOver = false;
    const seen = new Set<string>();
    const failures: unknown[] = [];
    const clients = Array.from({ length: 6 }, async () => {
      while (!isOver) {
        const reply = await ask();
        if ('status' in reply || reply.factor !== Number(reply.version)) failures.push(reply);
        else seen.add(reply.version);
      }
    });
    for (const version of [2, 3, 4]) {
      await repository.add('scale', version, scaleBy(version));
      while (!seen.has(String(version)) && failures.length === 0) await ask();
    }
    isOver = true;
    await Promise.all(clients);
    expect(failures).toEqual([]);
    expect([...seen].sort()).toEqual(['1', '2', '3', '4']);
  });

  test('a corrupt version is refused and the old one keeps serving; a mended one takes over', async () => {
    await scale(1);
    await start({ modelControl: 'poll', pollMs: 10 });
    await repository.add('scale', 2, Uint8Array.from([0]));
    let listed = '';
    while (!listed.includes('UNAVAILABLE')) {
      listed = JSON.stringify(await index());
      expect(await ask()).toEqual({ factor: 1, version: '1' });
    }
    await repository.add('scale', 3, scaleBy(3));
    for (let reply = await ask(); !('version' in reply && reply.version === '3'); reply = await ask())
      expect(reply).toEqual({ factor: 1, version: '1' });
  });

  test('a model that is taken away is served no more', async () => {
    await scale(1);
    await repository.configure('other', scaleConfig());
    await repository.add('other', 1, scaleBy(5));
    await start({ modelControl: 'poll', pollMs: 10 });
    await repository.remove('other');
    for (let reply = await ask('other'); !('status' in reply); reply = await ask('other')) expect(reply.factor).toBe(5);
    expect(await ask()).toEqual({ factor: 1, version: '1' });
    expect(await index()).toEqual([{ name: 'scale', version: '1', state: 'READY' }]);
  });
});
