// Clients that go away at every stage of their requests, while models come and go: nothing is lost, nothing is held on to.
import { type ClientRequest, request } from 'node:http';
import { seededRandom } from 'galerkin/base';
import { type Server, serve } from 'galerkin/serve';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PlainRepository, plainRepository, scaleBy, scaleConfig } from './fixtures/plain-repository.js';

let repository: PlainRepository;
let server: Server;
beforeAll(async () => {
  repository = await plainRepository();
  await repository.configure('scale', scaleConfig('dynamic_batching { max_queue_delay_microseconds: 2000 }'));
  await repository.add('scale', 1, scaleBy(3));
  server = await serve({ repository: repository.folder, port: 0, modelControl: 'explicit', loadModels: 'scale' });
});
afterAll(async () => {
  await server.close();
  await repository.dispose();
});

const stages = ['connecting', 'head', 'half of the body', 'whole body', 'answer', 'never'] as const;
type Stage = (typeof stages)[number];
const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }];
const body = Buffer.from(JSON.stringify({ inputs }));

/** Sends a request and goes away at a stage; the text of the answer, or '' for one who went. */
function leaveAt(stage: Stage): Promise<string> {
  return new Promise(resolve => {
    const asked: ClientRequest = request(`${server.url}/v2/models/scale/infer`, {
      method: 'POST',
      agent: false,
      headers: { 'content-length': body.length },
    });
    const leave = (): void => {
      asked.destroy();
      resolve('');
    };
    asked.on('error', () => resolve(''));
    asked.on('socket', socket => {
      if (stage === 'connecting') socket.once('connect', leave);
    });
    asked.on('response', response => {
      if (stage === 'answer') return leave();
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks).toString()));
    });
    if (stage === 'head') asked.flushHeaders();
    if (stage === 'head') asked.once('socket', socket => socket.once('connect', () => setImmediate(leave)));
    else if (stage === 'half of the body') asked.write(body.subarray(0, body.length / 2), leave);
    else asked.end(body, () => stage === 'whole body' && leave());
  });
}

const post = (path: string): Promise<Response> => fetch(`${server.url}${path}`, { method: 'POST', body: '{}' });

test('1,200 requests, most of them left at some stage, while the model is loaded and unloaded', async () => {
  const random = seededRandom(17);
  const answers: string[] = [];
  let isOver = false;
  const control = (async () => {
    while (!isOver) {
      expect((await post('/v2/repository/models/scale/unload')).status).toBe(200);
      expect((await post('/v2/repository/models/scale/load')).status).toBe(200);
    }
  })();
  await Promise.all(
    Array.from({ length: 12 }, async () => {
      for (let k = 0; k < 100; k++) answers.push(await leaveAt(stages[random.integer(stages.length)] ?? 'never'));
    }),
  );
  isOver = true;
  await control;
  const told = answers.filter(text => text !== '').map(text => JSON.parse(text));
  expect(told.length).toBeGreaterThan(100);
  for (const answer of told) {
    if (answer.error === undefined) expect(answer.outputs[0].data).toEqual([3, 6, 9, 12]);
    else expect(answer.error).toMatch(/has no available versions|takes no more requests/);
  }
});

test('afterwards nobody is left in the server, nothing waits, and it answers', async () => {
  expect(JSON.parse(await leaveAt('never')).outputs[0].data).toEqual([3, 6, 9, 12]);
  let door = { inFlight: 1, waiting: 1, bytes: 1 };
  while (door.inFlight > 0) ({ door } = await (await fetch(`${server.url}/stats`)).json());
  expect(door).toMatchObject({ inFlight: 0, waiting: 0, bytes: 0 });
  expect((await fetch(`${server.url}/v2/health/ready`)).status).toBe(200);
});
