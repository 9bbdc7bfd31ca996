import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesOf, get, jsonQuestion, post } from './fixtures/client.js';
import { constantField, type Fixture, serveFixture } from './fixtures/repository.js';
import { binaryFrame, type Client, openSocket, refusedHandshake } from './fixtures/web-socket.js';

let server: Fixture;
let client: Client;
beforeAll(async () => {
  server = await serveFixture(['double', 'strict', 'double_solver'], { origins: 'https://app.example.org' });
  client = await openSocket(server.url);
});
afterAll(async () => {
  client.socket.terminate();
  await server.close();
});

const question = (id: string, value: number, more: object = {}) => ({
  type: 'infer',
  id,
  model: 'double',
  ...jsonQuestion(constantField(value), [1, 4, 4]),
  ...more,
});
const floats = (bytes: unknown): number[] =>
  bytes instanceof Uint8Array ? [...new Float32Array(new Uint8Array(bytes).buffer)] : [];

describe('inference', () => {
  test('a JSON question gets the v2 answer, with its id', async () => {
    client.send(question('one', 3));
    expect(await client.of('one')).toEqual({
      type: 'answer',
      final: true,
      id: 'one',
      model_name: 'double',
      model_version: '1',
      parameters: expect.objectContaining({ guard: 'accepted', answered_by: 'surrogate' }),
      outputs: [{ name: 'u', datatype: 'FP32', shape: [1, 4, 4], data: constantField(6) }],
    });
  });

  test('a binary frame gets a binary frame, bit for bit as over HTTP', async () => {
    const values = Float32Array.from({ length: 16 }, (_, k) => k / 7);
    const input = { name: 'a', datatype: 'FP32', shape: [1, 4, 4], parameters: { binary_data_size: 64 } };
    const header = { id: 'bits', model: 'double', version: '1', inputs: [input] };
    client.socket.send(binaryFrame({ ...header, parameters: { binary_data_output: true } }, bytesOf(values)));
    const { tail, ...json } = await client.of('bits');
    expect(json).toMatchObject({ type: 'answer', outputs: [{ name: 'u', parameters: { binary_data_size: 64 } }] });
    expect(floats(tail)).toEqual([...values.map(value => Math.fround(2 * value))]);
  });

  test('a hundred at once each get their own', async () => {
    for (let k = 0; k < 100; k++) client.send(question(`many ${k}`, k));
    for (let k = 0; k < 100; k++) {
      expect(await client.of(`many ${k}`)).toMatchObject({ outputs: [{ data: constantField(Math.min(2 * k, 20)) }] });
    }
  });

  test('a failure names its id, code and status; the connection lives on', async () => {
    client.send(question('no model', 1, { model: 'nobody' }));
    expect(await client.of('no model')).toMatchObject({ type: 'error', code: 'MODEL_UNKNOWN', status: 404 });
    client.send(question('no version', 1, { version: 7 }));
    expect(await client.of('no version')).toMatchObject({ type: 'error', error: expect.stringContaining('version 7') });
    client.send(question('rejected', 11, { model: 'strict' }));
    expect(await client.of('rejected')).toMatchObject({
      code: 'ANSWER_REJECTED',
      status: 422,
      guard: { residual: 2, verdict: 'rejected' },
    });
    client.send(question('no shape', 1, { inputs: [{ name: 'a', datatype: 'FP32', shape: [1, 4], data: [1] }] }));
    expect(await client.of('no shape')).toMatchObject({ code: 'INPUT_SHAPE', status: 400 });
    client.send(question('after', 1));
    expect(await client.of('after')).toMatchObject({ type: 'answer' });
  });

  test('an id that still runs is not given twice', async () => {
    client.send(question('twice', 1, { model: 'double_solver' }));
    client.send(question('twice', 2, { model: 'double_solver' }));
    const refusal = await client.next(({ id, type }) => id === 'twice' && type === 'error');
    expect(refusal.error).toMatch(/'twice', which is still running/);
    await client.next(({ id, type }) => id === 'twice' && type === 'answer');
  });
});

describe('events', () => {
  test('statistics come each second, answers over the bound as they happen; until unsubscribed', async () => {
    const listener = await openSocket(server.url);
    listener.send({ type: 'subscribe', events: ['statistics', 'guard'] });
    expect(await listener.next(({ type }) => type === 'subscribed')).toMatchObject({ events: ['statistics', 'guard'] });
    await post(`${server.url}/v2/models/double/infer`, jsonQuestion(constantField(50), [1, 4, 4]));
    expect(await listener.next(({ event }) => event === 'guard')).toEqual({
      type: 'event',
      event: 'guard',
      model: 'double',
      version: '1',
      verdict: 'flagged',
      count: 1,
    });
    const { models } = await listener.next(({ event }) => event === 'statistics');
    expect(models).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'double', failures: expect.any(Number) })]),
    );
    listener.send({ type: 'unsubscribe' });
    await listener.next(({ type, events }) => type === 'subscribed' && Array.isArray(events) && events.length === 0);
    listener.socket.close();
    expect(await listener.closed).toMatchObject({ code: 1005 });
  });
});

describe('who may come in', () => {
  test('programs, own pages and listed pages; no other page', async () => {
    for (const origin of [server.url, 'https://app.example.org']) {
      const page = await openSocket(server.url, { origin });
      page.socket.close();
      await page.closed;
    }
    for (const origin of ['https://evil.example', 'null', `http://127.0.0.1:1`, `${server.url}.evil.example`]) {
      const { status, body } = await refusedHandshake(server.url, { origin });
      expect([status, body]).toEqual([403, expect.stringContaining('Origin: wanted')]);
    }
  });

  test('a name that a stranger pointed here is not answered, whatever the origin says', async () => {
    const host = `rebound.example:${server.port}`;
    expect(await refusedHandshake(server.url, { headers: { host }, origin: `http://${host}` })).toMatchObject({
      status: 403,
    });
  });

  test('a foreign page may not post either, whatever it calls its body', async () => {
    const headers = { origin: 'https://evil.example', 'content-type': 'text/plain' };
    const reply = await post(`${server.url}/predict`, { model: 'double', inputs: {} }, headers);
    expect([reply.status, reply.json]).toEqual([403, { error: expect.stringContaining("got 'https://evil.example'") }]);
    expect((await post(`${server.url}/predict`, { model: 'nope', inputs: {} }, { origin: server.url })).status).toBe(
      404,
    );
  });

  test('nor ask for inference on the short way in', async () => {
    const headers = { origin: 'https://evil.example', 'content-type': 'text/plain' };
    const url = `${server.url}/v2/models/double/infer`;
    expect((await post(url, jsonQuestion(constantField(1), [1, 4, 4]), headers)).status).toBe(403);
    expect((await post(url, jsonQuestion(constantField(1), [1, 4, 4]), { origin: server.url })).status).toBe(200);
  });

  test('a plain GET is told what is spoken here', async () => {
    const reply = await get(`${server.url}/ws`);
    expect([reply.status, reply.json]).toEqual([426, { error: expect.stringContaining('WebSocket handshake') }]);
  });
});

describe('the end', () => {
  test('what runs is answered, then the connection is closed with 1001', async () => {
    const short = await serveFixture(['double_solver']);
    const asking = await openSocket(short.url);
    const idle = await openSocket(short.url);
    for (let k = 0; k < 5; k++) asking.send(question(`last ${k}`, k, { model: 'double_solver' }));
    await asking.of('last 0');
    await short.close();
    expect(await asking.closed).toEqual({ code: 1001, reason: 'the server is stopping' });
    expect(await idle.closed).toMatchObject({ code: 1001 });
    expect(asking.messages.length).toBeGreaterThan(0);
    expect(asking.messages.filter(({ type }) => type === 'error')).toEqual([]);
  });

  test('no more connections than allowed', async () => {
    const small = await serveFixture(['double'], { webSockets: 2 });
    const open = [await openSocket(small.url), await openSocket(small.url)];
    expect(await refusedHandshake(small.url, {})).toMatchObject({
      status: 503,
      body: expect.stringContaining('2 WebSocket'),
    });
    open[0]?.socket.close();
    await open[0]?.closed;
    open.push(await openSocket(small.url));
    await small.close();
    expect(await open[2]?.closed).toMatchObject({ code: 1001 });
  });
});
