// What is tried again and what is not, within which budget, and how a call ends in time.
import { connect, GalerkinClientError } from 'galerkin/client';
import { describe, expect, test } from 'vitest';
import { fakeServer, type Scripted } from './fake-server.js';

const busy: Scripted = { status: 503, body: '{"error":"Exceeds maximum queue size"}' };
const metadata: Scripted = { body: '{"name":"galerkin","version":"1","extensions":[]}' };
const answer: Scripted = { body: '{"model_name":"m","model_version":"1","outputs":[]}' };

const clientOf = (server: ReturnType<typeof fakeServer>, options = {}) =>
  connect('http://server', { fetch: server.fetch, timers: server.timers, random: () => 1, ...options });

const failureOf = async (promise: Promise<unknown>): Promise<GalerkinClientError> => {
  const failure = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof GalerkinClientError) return failure;
  throw new Error(`a GalerkinClientError was wanted, got ${String(failure)}`);
};

describe('retries', () => {
  test('a busy server and a refused connection are tried again, after waits that double', async () => {
    const server = fakeServer(busy, 'refused', busy, metadata);
    await server.drive(clientOf(server).serverMetadata());
    expect(server.sent.map(({ atMs }) => atMs)).toEqual([0, 50, 150, 350]);
  });

  test('waits are drawn: half the number, half the wait', async () => {
    const server = fakeServer(busy, metadata);
    await server.drive(clientOf(server, { random: () => 0.5 }).serverMetadata());
    expect(server.sent.map(({ atMs }) => atMs)).toEqual([0, 25]);
  });

  test('Retry-After is waited out before the drawn part', async () => {
    const server = fakeServer(
      { status: 429, headers: { 'retry-after': '2' }, body: '{"error":"slow down"}' },
      metadata,
    );
    await server.drive(clientOf(server).serverMetadata());
    expect(server.sent.map(({ atMs }) => atMs)).toEqual([0, 2050]);
  });

  test('a Retry-After beyond the deadline fails at once, with the server’s words', async () => {
    const server = fakeServer({ status: 503, headers: { 'retry-after': '120' }, body: '{"error":"later"}' });
    const failure = await server.drive(failureOf(clientOf(server).serverMetadata()));
    expect(failure).toMatchObject({ code: 'UNAVAILABLE', status: 503, message: 'later', retryAfterMs: 120_000 });
    expect(server.sent).toHaveLength(1);
  });

  test('after the last try the failure is the server’s last one', async () => {
    const server = fakeServer(busy);
    const failure = await server.drive(failureOf(clientOf(server).serverMetadata()));
    expect(failure).toMatchObject({ code: 'UNAVAILABLE', message: 'Exceeds maximum queue size' });
    expect(server.sent).toHaveLength(4);
  });

  test.each([400, 404, 422, 500, 501, 504])('status %i is not tried again', async status => {
    const server = fakeServer({ status, body: '{"error":"no"}' });
    const failure = await server.drive(failureOf(clientOf(server).serverMetadata()));
    expect(failure).toMatchObject({ code: status < 500 ? 'REFUSED' : 'SERVER', status, message: 'no' });
    expect(server.sent).toHaveLength(1);
  });

  test('an inference is tried again; one of a sequence, a load and an unload never', async () => {
    const inputs = { x: { shape: [1], data: Float32Array.of(1) } };
    const plain = fakeServer(busy, answer);
    await plain.drive(clientOf(plain).infer('m', inputs));
    expect(plain.sent).toHaveLength(2);
    const unsafe = fakeServer(busy);
    const client = clientOf(unsafe);
    await failureOf(client.infer('m', inputs, { sequence: { id: 7, start: true } }));
    await failureOf(client.repository.load('m'));
    await failureOf(client.repository.unload('m'));
    expect(unsafe.sent).toHaveLength(3);
  });

  test('a server that stays down sees at most the budget on top of the calls', async () => {
    const server = fakeServer(busy);
    const client = clientOf(server, { retry: { retries: 5, budgetRatio: 0.2, minPerSecond: 0 } });
    for (let call = 0; call < 100; call += 1) await server.drive(failureOf(client.serverMetadata()));
    expect(server.sent.length).toBeGreaterThan(110);
    expect(server.sent.length).toBeLessThanOrEqual(120);
  });

  test('a quiet client earns retries by time', async () => {
    const server = fakeServer(busy);
    const client = clientOf(server, { retry: { retries: 100, budgetRatio: 0, minPerSecond: 1, maxDelayMs: 0 } });
    await server.drive(failureOf(client.serverMetadata()));
    expect(server.sent).toHaveLength(11);
    server.clock.advance(3000);
    await server.drive(failureOf(client.serverMetadata()));
    expect(server.sent).toHaveLength(11 + 4);
  });
});

describe('ends', () => {
  test('a silent server fails the call at its deadline', async () => {
    const server = fakeServer('silent');
    const failure = await server.drive(failureOf(clientOf(server).serverMetadata({ deadlineMs: 250 })));
    expect(failure).toMatchObject({ code: 'DEADLINE', message: 'No answer within 250 ms.' });
    expect(server.clock.monotonic()).toBe(250);
  });

  test('the deadline is for all tries together', async () => {
    const server = fakeServer(busy, busy, 'silent');
    const failure = await server.drive(failureOf(clientOf(server).serverMetadata({ deadlineMs: 400 })));
    expect(failure.code).toBe('DEADLINE');
    expect(server.clock.monotonic()).toBe(400);
  });

  test('the caller’s signal ends a call in flight, in a wait, and before it began', async () => {
    const during = new AbortController();
    const silent = fakeServer('silent');
    const inFlight = failureOf(clientOf(silent).serverMetadata({ signal: during.signal }));
    during.abort(new Error('enough'));
    expect((await inFlight).code).toBe('ABORTED');
    const waiting = new AbortController();
    const server = fakeServer({ status: 503, headers: { 'retry-after': '5' } });
    const inWait = failureOf(clientOf(server).serverMetadata({ signal: waiting.signal }));
    await new Promise(resolve => setImmediate(resolve));
    waiting.abort();
    expect((await inWait).code).toBe('ABORTED');
    const never = fakeServer(metadata);
    expect((await failureOf(clientOf(never).serverMetadata({ signal: AbortSignal.abort() }))).code).toBe('ABORTED');
    expect(never.sent).toHaveLength(0);
  });
});

describe('the door', () => {
  test.each(['', 'server:8000', 'ftp://server', 'http://', 'http://server?x=1'])('%j is refused', url => {
    expect(() => connect(url)).toThrow(/connect wants an address/);
  });

  test('numbers that are none, or negative, are refused', () => {
    expect(() => connect('http://server', { deadlineMs: Number.NaN })).toThrow(/deadlineMs/);
    expect(() => connect('http://server', { retry: { retries: -1 } })).toThrow(/retries/);
  });

  test('paths before /v2 stay, names are encoded, headers are asked anew each time', async () => {
    const server = fakeServer({ body: '{"name":"a/b","versions":["3"],"inputs":[],"outputs":[]}' });
    let token = 0;
    const headers = (): Record<string, string> => ({ authorization: `Bearer ${++token}` });
    const client = connect('https://gateway/models/', { fetch: server.fetch, headers });
    await client.modelMetadata('a/b', { version: '3' });
    await client.modelMetadata('a/b');
    expect(server.sent.map(({ url }) => url)).toEqual([
      'https://gateway/models/v2/models/a%2Fb/versions/3',
      'https://gateway/models/v2/models/a%2Fb',
    ]);
    expect(server.sent.map(sent => sent.headers.authorization)).toEqual(['Bearer 1', 'Bearer 2']);
  });
});
