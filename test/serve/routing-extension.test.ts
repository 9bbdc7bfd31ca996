// What a server is given besides its own: routes checked like its own, pages shut in, events, and an end in the right order.

import { GalerkinError, manualClock } from 'galerkin/base';
import type { ServerExtension } from 'galerkin/serve';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { closeExtensions } from '../../dist/serve/close-extensions.js';
import { errorOf, get, post } from './fixtures/client.js';
import { type RoutedServer, routedServer, routeOf } from './fixtures/routed-server.js';
import { openSocket } from './fixtures/web-socket.js';

const listeners = new Set<(event: object) => void>();
let closedWhileReady: boolean | undefined;
let house: RoutedServer;

const extension: ServerExtension = {
  name: 'notes',
  routes: [
    {
      method: 'POST',
      path: '/notes/{id}',
      summary: 'Keeps a note.',
      body: z.strictObject({ text: z.string().max(10) }),
      answer: z.object({ id: z.string(), text: z.string() }),
      async handle({ params, query, headers, body }) {
        return { ...params, query, tenant: headers['x-tenant'] ?? null, own: headers.constructor ?? null, body };
      },
    },
    { method: 'GET', path: '/notes/{id}', summary: 'A note.', handle: async ({ params }) => params },
    {
      method: 'DELETE',
      path: '/notes/{id}',
      summary: 'Forgets a note.',
      handle: async () => {
        throw new GalerkinError('RELEASE_UNKNOWN', { id: 'x', known: [] });
      },
    },
    {
      method: 'GET',
      path: '/page',
      summary: 'A page.',
      isPage: true,
      handle: async () => ({ contentType: 'text/html', content: '<script>let a = 1;</script><p style="color:red">hi' }),
    },
  ],
  events: {
    kind: 'notes',
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  },
  async close() {
    closedWhileReady = house.server.traffic.status('scale') === undefined;
  },
};

beforeAll(async () => {
  house = await routedServer({ versions: [1], surroundings: { extensions: [extension] } });
});
afterAll(async () => {
  await house.close();
  expect(closedWhileReady).toBe(true);
  expect(listeners.size).toBe(0);
});

const url = (path: string): string => `${house.server.url}${path}`;

test('a route gets what the path, the query, the headers and the body say; names that objects have mean nothing', async () => {
  const reply = await post(url('/notes/a%2Fb?x=1&x=2&__proto__=3'), { text: 'hello' }, { 'x-tenant': 'me' });
  expect(reply.status).toBe(200);
  expect(reply.json).toMatchObject({ id: 'a/b', query: { x: '2' }, tenant: 'me', own: null, body: { text: 'hello' } });
  expect((await get(url('/notes/7'))).json).toEqual({ id: '7' });
});

test('a body that does not fit is refused with its place; other methods and pages of other origins too', async () => {
  for (const body of ['{"text":1}', '{"text":"hello","more":1}', '{', '', '[]']) {
    const reply = await post(url('/notes/1'), body);
    expect([reply.status, body]).toEqual([400, body]);
    expect(errorOf(reply)).not.toBe('');
  }
  expect(errorOf(await post(url('/notes/1'), { text: 1 }))).toContain('text');
  const put = await get(url('/notes/1'), { method: 'PUT' });
  expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, DELETE']);
  const foreign = await post(url('/notes/1'), { text: 'x' }, { origin: 'https://elsewhere.example' });
  expect(foreign.status).toBe(403);
});

test('what a route throws is told as every error is', async () => {
  const reply = await get(url('/notes/1'), { method: 'DELETE' });
  expect([reply.status, errorOf(reply)]).toEqual([404, "There is no release 'x'. None has been started."]);
});

test('a page may run its own scripts and nothing else', async () => {
  const { status, headers, text } = await get(url('/page'));
  expect([status, text.slice(0, 8), headers.get('x-content-type-options')]).toEqual([200, '<script>', 'nosniff']);
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toMatch(/script-src 'sha256-[A-Za-z0-9+/]{43}='(;|$)/);
});

test('routes are in the API document', async () => {
  const { json } = await get(url('/openapi.json'));
  expect(json).toMatchObject({
    paths: {
      '/notes/{id}': {
        post: { tags: ['notes'], summary: 'Keeps a note.', requestBody: { required: true } },
        delete: { tags: ['notes'] },
      },
    },
    tags: expect.arrayContaining([expect.objectContaining({ name: 'notes' })]),
  });
});

test('events reach those who asked for their kind; a kind that nobody tells of is refused with those that exist', async () => {
  const socket = await openSocket(house.server.url);
  socket.send({ type: 'subscribe', events: ['nonsense'] });
  const refused = await socket.next(({ type }) => type === 'error');
  expect(refused.error).toContain('models, statistics, guard, notes');
  socket.send({ type: 'subscribe', events: ['notes'] });
  await socket.next(({ type }) => type === 'subscribed');
  for (const listener of listeners) listener({ note: 4 });
  expect(await socket.next(({ type }) => type === 'event')).toEqual({ type: 'event', event: 'notes', note: 4 });
  socket.socket.close();
  await socket.closed;
});

/** As a caller in JavaScript gives it. */
const untyped = (given: unknown) => Object.assign(JSON.parse('{}'), { given }).given;

test('what is no extension, or stands where something else does, is refused before a door opens', async () => {
  const handle = async () => ({});
  const route = (path: string, more: object = {}) => ({ method: 'GET', path, summary: 'x', handle, ...more });
  const events = (kind: string) => ({ kind, subscribe: () => () => undefined });
  const cases: readonly (readonly [unknown, string])[] = [
    [null, 'expected object'],
    [{ name: 'a' }, '0.routes'],
    [{ name: 'a', routes: [route('x')] }, 'such as /releases/{id}'],
    [{ name: 'a', routes: [route('/x', { method: 'PATCH' })] }, '0.routes.0.method'],
    [{ name: 'a', routes: [route('/x'), route('/x')] }, 'GET /x is there twice'],
    [{ name: 'a', routes: [route('/predict')] }, '/predict is a path that this server has already'],
    [{ name: 'a', routes: [], events: events('models') }, "events of the kind 'models' are there twice"],
  ];
  for (const [extension, told] of cases) {
    const refused = routedServer({ surroundings: { extensions: [untyped(extension)] } });
    await expect(refused).rejects.toMatchObject({ code: 'OPTIONS_INVALID', message: expect.stringContaining(told) });
  }
});

test('an extension that never closes, or fails to, is named when its time is over; who waits for the end goes on', async () => {
  const timers = manualClock();
  const warnings: string[] = [];
  const ending = (name: string, close?: () => Promise<void>) => ({ name, routes: [], ...(close && { close }) });
  const never = () => new Promise<void>(() => undefined);
  let isOver = false;
  const all = [ending('slow', never), ending('broken', () => Promise.reject(new Error('no'))), ending('plain')];
  const closed = closeExtensions(all, { limitMs: 500, timers, warn: text => warnings.push(text) }).then(() => {
    isOver = true;
  });
  timers.advance(499);
  await new Promise(setImmediate);
  expect([isOver, warnings]).toEqual([
    false,
    ["Extension 'broken' could not be closed: no. The server stops without it."],
  ]);
  timers.advance(1);
  await closed;
  expect(warnings[1]).toBe("Extension 'slow' did not close within 500 ms. The server stops without it.");
});

test('an extension that fails to close keeps neither the others nor the models from their end', async () => {
  const ended: string[] = [];
  const failing = {
    name: 'a',
    routes: [],
    close(): Promise<void> {
      throw new Error('broken');
    },
  };
  const other = { name: 'b', routes: [], close: async () => void ended.push('b') };
  const house = await routedServer({ surroundings: { extensions: [failing, other] } });
  await house.server.close();
  expect(ended).toEqual(['b']);
  await expect(house.server.traffic.apply(routeOf({ 1: 10_000, 2: 0 }))).rejects.toMatchObject({
    code: 'MODEL_STOPPING',
  });
  await house.close();
});
