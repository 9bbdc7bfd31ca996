import { readdir, readFile } from 'node:fs/promises';
import { type Server, serve } from 'galerkin/serve';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { onnxModel } from './fixtures/onnx.js';
import { type PlainRepository, plainRepository, scaleBy, scaleConfig } from './fixtures/plain-repository.js';

let repository: PlainRepository;
let server: Server;
beforeEach(async () => {
  repository = await plainRepository();
});
afterEach(async () => {
  await server.close();
  await repository.dispose();
});

const parameters = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([key, value]) => `parameters { key: "${key}" value { string_value: "${value}" } }`)
    .join('\n');

async function start(values: Readonly<Record<string, string>>, instances: number): Promise<void> {
  await repository.configure('scale', scaleConfig(parameters(values)));
  await repository.add('scale', 1, scaleBy(3));
  server = await serve({ repository: repository.folder, port: 0, instances });
}

/** y = (x . x) . x for a square matrix of so many rows: some 50 ms of work. */
const slowSquare = (size: number): Uint8Array =>
  onnxModel({
    inputs: [{ name: 'x', dtype: 'FP32', shape: [size, size] }],
    outputs: [{ name: 'y', dtype: 'FP32', shape: [size, size] }],
    nodes: [
      { op: 'MatMul', inputs: ['x', 'x'], outputs: ['square'] },
      { op: 'MatMul', inputs: ['square', 'x'], outputs: ['y'] },
    ],
  });

/** The processes that hold instances: children of this one that run the entry. */
async function children(): Promise<number[]> {
  const threads = await readdir('/proc/self/task');
  const lists = await Promise.all(
    threads.map(thread => readFile(`/proc/self/task/${thread}/children`, 'utf8').catch(() => '')),
  );
  const ids = lists.join(' ').split(/\s+/).filter(Boolean).map(Number);
  const commands = await Promise.all(ids.map(id => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
  return ids.filter((_, place) => commands[place]?.includes('onnx-child'));
}

async function ask(): Promise<{ status: number; text: string }> {
  const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] });
  const reply = await fetch(`${server.url}/v2/models/scale/infer`, { method: 'POST', body });
  return { status: reply.status, text: await reply.text() };
}

describe('instances in processes of their own', () => {
  test('answer as those in threads do', async () => {
    await start({ isolation: 'process' }, 1);
    expect(await children()).toHaveLength(1);
    expect(JSON.parse((await ask()).text).outputs[0].data).toEqual([3, 6, 9, 12]);
  });

  test('one after another killed under load: each is replaced, and no request is lost', async () => {
    await start({ isolation: 'process' }, 2);
    let isOver = false;
    const replies: { status: number; text: string }[] = [];
    const clients = Array.from({ length: 8 }, async () => {
      while (!isOver) replies.push(await ask());
    });
    for (let kill = 0; kill < 4; kill++) {
      const before = replies.length;
      while (replies.length < before + 20) await ask();
      const [victim] = await children();
      if (victim !== undefined) process.kill(victim, 'SIGKILL');
      while ((await children()).filter(id => id !== victim).length < 2) await ask();
    }
    isOver = true;
    await Promise.all(clients);
    expect(replies.filter(({ status }) => status !== 200)).toEqual([]);
  });

  test('that are being opened when the server closes are gone when it has', async () => {
    await start({ isolation: 'process' }, 1);
    const other = await serve({ repository: repository.folder, port: 0, modelControl: 'poll', pollMs: 10 });
    await repository.add('scale', 2, scaleBy(5));
    while ((await children()).length < 3) await ask();
    await other.close();
    expect(await children()).toHaveLength(1);
  });

  test('one that takes more memory than it may is replaced, and no request is lost', async () => {
    await start({ isolation: 'process', max_rss_mb: '1' }, 1);
    const [first] = await children();
    const statuses = new Set<number>();
    let now = first;
    while (now === first || now === undefined) {
      statuses.add((await ask()).status);
      [now] = await children();
    }
    statuses.add((await ask()).status);
    expect([...statuses]).toEqual([200]);
  });
});

describe('instances without isolation', () => {
  test('answer as the others do, in batches too, and go in good order', async () => {
    await start({ isolation: 'none' }, 2);
    const replies = await Promise.all(Array.from({ length: 50 }, ask));
    for (const { status, text } of replies) {
      expect(status).toBe(200);
      expect(JSON.parse(text).outputs[0].data).toEqual([3, 6, 9, 12]);
    }
  });

  test('are refused to a model that would hold up the server', async () => {
    await start({}, 1);
    const other = await plainRepository();
    await other.configure('slow', parameters({ isolation: 'none' }));
    await other.add('slow', 1, slowSquare(1500));
    await expect(serve({ repository: other.folder, port: 0 })).rejects.toMatchObject({
      message: expect.stringMatching(/isolation 'none' is for models that take at most 1 ms, and its warm-up took/),
    });
    await other.dispose();
  });
});

test.each([
  [{ isolation: 'container' }, /'isolation' wants 'thread', 'process' or 'none'/],
  [{ max_rss_mb: '100' }, /'max_rss_mb' wants .* isolation 'process'/],
  [{ isolation: 'process', max_rss_mb: '-1' }, /'max_rss_mb' wants/],
] as const)('parameters that cannot be met are refused: %j', async (values, why) => {
  await start({}, 1);
  const other = await plainRepository();
  await other.configure('scale', scaleConfig(parameters(values)));
  await other.add('scale', 1, scaleBy(3));
  await expect(serve({ repository: other.folder, port: 0 })).rejects.toMatchObject({
    code: 'MODEL_UNSERVABLE',
    message: expect.stringMatching(why),
  });
  await other.dispose();
});
