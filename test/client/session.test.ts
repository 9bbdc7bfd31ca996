// Many requests over one WebSocket: each gets its own answers; deadlines, signals, refusals and lost connections end them.
import { connect, type InferAnswer, type Session } from 'galerkin/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { side } from '../serve/fixtures/graphs.js';
import { constantField, type Fixture, serveFixture } from '../serve/fixtures/repository.js';
import { fakeServer } from './fake-server.js';
import { type FakeSocket, fakeSocket, frame } from './fake-socket.js';

const inputs = { x: { shape: [1], data: Float32Array.of(1) } };
const answerOf = (id: unknown, value: number, final = true): ArrayBuffer => {
  const output = { name: 'y', datatype: 'FP32', shape: [1], parameters: { binary_data_size: 4 } };
  const json = { type: 'answer', final, id, model_name: 'm', model_version: '1', outputs: [output] };
  return frame(json, new Uint8Array(Float32Array.of(value).buffer));
};
const shown = ({ outputs }: InferAnswer): unknown => outputs.y?.data[0];

async function opened(): Promise<{ session: Session; socket: FakeSocket; time: ReturnType<typeof fakeServer> }> {
  const socket = fakeSocket();
  const time = fakeServer();
  const opening = connect('https://server/base', { webSocket: socket.open, timers: time.timers }).session();
  socket.happen('open');
  return { session: await opening, socket, time };
}

describe('a session', () => {
  test('opens /ws under the server’s address, and says so when it cannot', async () => {
    const { socket } = await opened();
    expect(socket.urls).toEqual(['wss://server/base/ws']);
    const other = fakeSocket();
    const opening = connect('http://server', { webSocket: other.open }).session();
    other.happen('error');
    await expect(opening).rejects.toMatchObject({ code: 'CONNECTION' });
  });

  test('answers find their questions in any order', async () => {
    const { session, socket } = await opened();
    const asked = [1, 2, 3].map(() => session.infer('m', inputs));
    await Promise.resolve();
    const ids = socket.sent.map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
    for (const place of [2, 0, 1]) socket.receive(answerOf(ids[place], place));
    expect((await Promise.all(asked)).map(shown)).toEqual([0, 1, 2]);
  });

  test('a stream gives answer after answer; leaving it tells the server to stop', async () => {
    const { session, socket } = await opened();
    const whole = session.inferStream('m', inputs, { id: 'a' });
    const first = whole.next();
    for (const [value, final] of [
      [1, false],
      [2, false],
      [3, true],
    ] as const)
      socket.receive(answerOf('a', value, final));
    const values = [shown((await first).value)];
    for await (const answer of whole) values.push(shown(answer));
    expect(values).toEqual([1, 2, 3]);
    const left = session.inferStream('m', inputs, { id: 'b' });
    const next = left.next();
    socket.receive(answerOf('b', 1, false));
    await next;
    await left.return(undefined);
    expect(socket.sent.at(-1)).toEqual({ type: 'cancel', id: 'b' });
    expect(socket.sent.filter(({ type }) => type === 'cancel')).toHaveLength(1);
  });

  test('a refusal fails its request alone, with the server’s words and figures', async () => {
    const { session, socket } = await opened();
    const refused = session.infer('m', inputs, { id: 'a' });
    const fine = session.infer('m', inputs, { id: 'b' });
    socket.receive(JSON.stringify({ type: 'error', id: 'a', status: 503, code: 'QUEUE_FULL', error: 'full' }));
    socket.receive(answerOf('b', 5));
    await expect(refused).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      status: 503,
      message: 'full',
      facts: { code: 'QUEUE_FULL' },
    });
    expect(shown(await fine)).toBe(5);
    expect(socket.sent.filter(({ type }) => type === 'cancel')).toEqual([]);
  });

  test('a deadline and a signal end a request and cancel it at the server', async () => {
    const { session, socket, time } = await opened();
    const late = session.infer('m', inputs, { id: 'late', deadlineMs: 100 });
    await expect(time.drive(late)).rejects.toMatchObject({ code: 'DEADLINE' });
    const controller = new AbortController();
    const called = session.infer('m', inputs, { id: 'called', signal: controller.signal });
    controller.abort();
    await expect(called).rejects.toMatchObject({ code: 'ABORTED' });
    expect(socket.sent.filter(({ type }) => type === 'cancel').map(({ id }) => id)).toEqual(['late', 'called']);
    await expect(session.infer('m', inputs, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(socket.sent).toHaveLength(4);
  });

  test('a lost connection fails what runs and what comes after', async () => {
    const { session, socket } = await opened();
    const running = session.infer('m', inputs);
    socket.happen('close');
    await expect(running).rejects.toMatchObject({ code: 'CONNECTION' });
    await expect(session.infer('m', inputs)).rejects.toMatchObject({ code: 'CONNECTION' });
    await session.closed;
  });

  test('frames that cannot be read close the session; answers that cannot be read fail their request', async () => {
    const { session, socket } = await opened();
    const broken = session.infer('m', inputs, { id: 'a' });
    socket.receive(frame({ type: 'answer', id: 'a', model_name: 'm', outputs: [{}] }));
    await expect(broken).rejects.toMatchObject({ code: 'PROTOCOL' });
    socket.receive(answerOf('nobody', 1));
    expect(socket.closedWith).toEqual([]);
    socket.receive(new ArrayBuffer(3));
    expect(socket.closedWith).toEqual([4002]);
  });

  test('an id that runs is not given twice', async () => {
    const { session, socket } = await opened();
    const first = session.infer('m', inputs, { id: 'a' });
    await expect(session.infer('m', inputs, { id: 'a' })).rejects.toMatchObject({ code: 'ARGUMENT' });
    socket.receive(answerOf('a', 1));
    expect(shown(await first)).toBe(1);
  });
});

describe('on a real server', () => {
  let server: Fixture;
  let session: Session;
  const field = (value: number) => ({ a: { shape: [1, side, side], data: Float32Array.from(constantField(value)) } });

  beforeAll(async () => {
    server = await serveFixture(['double', 'strict', 'double_solver']);
    session = await connect(server.url, { webSocket: url => new WebSocket(url) }).session();
  });
  afterAll(async () => {
    session?.close();
    await session?.closed;
    await server?.close();
  });

  test('tensors go and come as bytes, a hundred at once', async () => {
    const values = Array.from({ length: 100 }, (_, index) => index / 10);
    const answers = await Promise.all(values.map(value => session.infer('double', field(value))));
    answers.forEach(({ outputs, guard }, place) => {
      expect(outputs.u?.data).toEqual(
        Float32Array.from(constantField(values[place] ?? 0), value => 2 * Math.fround(value)),
      );
      expect(guard?.verdict).toBe('accepted');
    });
  });

  test('a rejected answer and an unknown model are REFUSED', async () => {
    await expect(session.infer('strict', field(20))).rejects.toMatchObject({ code: 'REFUSED', status: 422 });
    await expect(session.infer('nobody', field(1))).rejects.toMatchObject({ code: 'REFUSED' });
  });

  test('events tell of flagged answers', async () => {
    const told = new Promise(resolve => session.subscribe(['guard'], resolve));
    await session.infer('double', field(50));
    expect(await told).toMatchObject({ type: 'event', event: 'guard', model: 'double', verdict: 'flagged' });
    session.unsubscribe();
  });
});
