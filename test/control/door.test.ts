import { statusAnswer } from 'galerkin/control';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type DeskServer, deskServer, patientCanary } from './desk-server.js';

describe('the routes of releases', () => {
  let desk: DeskServer;
  beforeAll(async () => {
    desk = await deskServer();
  });
  afterAll(() => desk.close());
  afterEach(async () => {
    const { releases } = await (await desk.get('/releases')).json();
    for (const { id } of releases) await desk.post(`/releases/${id}/abort`);
    await expect.poll(async () => (await (await desk.get('/releases')).json()).releases.every(isOver)).toBe(true);
  });
  const isOver = ({ phase }: { phase: string }) => phase === 'aborted';
  const begin = async (more: object = {}) => {
    const answer = await desk.post('/releases', { document: patientCanary, by: 'ada', why: 'faster', ...more });
    expect(answer.status).toBe(200);
    return statusAnswer.parse(await answer.json());
  };

  test('open nothing before the first release: lists are empty, plans are made', async () => {
    expect(await (await desk.get('/releases')).json()).toEqual({ releases: [] });
    expect((await desk.get('/releases/none')).status).toBe(404);
    expect((await desk.post('/releases/none/abort', {})).status).toBe(404);
    const plan = await (await desk.post('/releases/plan', { document: patientCanary })).json();
    expect(plan).toMatchObject({ model: 'scale', baseline: 1, candidate: 2, faults: [] });
    expect(desk.isOpen()).toBe(false);
  });

  test('start a release, say how it is, and write down who asked and why', async () => {
    const { id, startedBy } = await begin();
    expect(startedBy).toBe('ada');
    await expect.poll(async () => (await (await desk.get(`/releases/${id}`)).json()).phase).toBe('running');
    const { events } = await (await desk.get(`/releases/${id}/evidence`)).json();
    expect(events[0]).toMatchObject({ id, sequence: 1 });
    const { routes } = await (await desk.get('/routes')).json();
    expect(routes[0].route).toMatchObject({ model: 'scale', stable: 1 });
    expect((await (await desk.get('/releases?model=scale&limit=1')).json()).releases[0].id).toBe(id);
    expect((await (await desk.get('/releases?model=other')).json()).releases).toEqual([]);
  });

  test('take commands, with and without a body', async () => {
    const { id } = await begin();
    const phase = async () => (await (await desk.get(`/releases/${id}`)).json()).phase;
    await expect.poll(phase).toBe('running');
    await desk.post(`/releases/${id}/pause`, { by: 'bob', why: 'lunch' });
    await expect.poll(phase).toBe('paused');
    await desk.post(`/releases/${id}/resume`);
    await expect.poll(phase).toBe('running');
    const { events } = await (await desk.get(`/releases/${id}/evidence`)).json();
    const said = JSON.stringify(events);
    expect(said).toMatch(/bob/);
    expect(said).toMatch(/unknown caller/);
    expect((await desk.post(`/releases/${id}/abort`, {})).status).toBe(200);
    await expect.poll(phase).toBe('aborted');
    expect((await desk.post(`/releases/${id}/pause`, {})).status).toBe(409);
  });

  test('show the evidence as a page', async () => {
    const { id } = await begin();
    const page = await desk.get(`/releases/${id}/report`);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(await page.text()).toMatch(/<html[\s\S]*scale/);
  });

  test('refuse a second release of a model, and name the first', async () => {
    const { id } = await begin();
    const answer = await desk.post('/releases', { document: patientCanary });
    expect(answer.status).toBe(409);
    expect((await answer.json()).error).toContain(id);
  });

  test.each([
    ['nothing', undefined],
    ['a list', []],
    ['a text', 'canary'],
    ['no document', { by: 'ada' }],
    ['a document that is a list', { document: [] }],
    ['an unknown member', { document: patientCanary, force: true }],
    ['an empty document', { document: {} }],
    ['a model that is nobody', { document: { ...patientCanary, model: 'nobody' } }],
    ['a version that is not there', { document: { ...patientCanary, version: 9 } }],
    [
      'a weight beyond all',
      { document: { ...patientCanary, strategy: { kind: 'canary', steps: [{ weight: '101%' }] } } },
    ],
    [
      'a hold without end',
      { document: { ...patientCanary, strategy: { kind: 'canary', steps: [{ weight: '1%', hold: '1e9h' }] } } },
    ],
    ['a strategy of its own', { document: { ...patientCanary, strategy: { kind: '__proto__' } } }],
    ['a name with a line end', { document: patientCanary, by: 'ada\nbob: promote' }],
    ['a reason that moves the cursor', { document: patientCanary, why: '\u001b[2J' }],
    ['a name without end', { document: patientCanary, by: 'a'.repeat(300) }],
    ['a name that is none', { document: patientCanary, by: 7 }],
  ])('refuse %s with a reason and start nothing', async (_what, body) => {
    const answer = await desk.post('/releases', body);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect((await answer.json()).error.length).toBeGreaterThan(10);
    const { releases } = await (await desk.get('/releases')).json();
    expect(releases.every(isOver)).toBe(true);
  });

  test('tell all faults of a document at once', async () => {
    const document = { ...patientCanary, judge: { falseAlarm: 2, minSamples: 1 }, colour: 'red' };
    const { error } = await (await desk.post('/releases', { document })).json();
    expect(error).toMatch(/falseAlarm/);
    expect(error).toMatch(/minSamples/);
    expect(error).toMatch(/colour/);
  });

  test.each(['limit=0', 'limit=-1', 'limit=many', 'limit=1001', 'limit=1.5', 'model=', 'model=%00'])(
    'refuse a list with ?%s',
    async query => {
      expect((await desk.get(`/releases?${query}`)).status).toBe(400);
    },
  );

  test.each(['..%2f..%2fetc', '%00', 'a'.repeat(2000), "' or 1=1 --", '__proto__'])(
    'know no release of the name %j',
    async name => {
      const { status } = await desk.get(`/releases/${encodeURIComponent(name)}`);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    },
  );

  test('tell those who subscribe, with the status', async () => {
    const socket = new WebSocket(`${desk.served.server.url.replace('http', 'ws')}/ws`);
    const heard: { event?: string; id?: string; status?: unknown }[] = [];
    socket.on('message', data => heard.push(JSON.parse(String(data))));
    await new Promise(resolve => socket.once('open', resolve));
    socket.send(JSON.stringify({ type: 'subscribe', events: ['releases'] }));
    await expect.poll(() => heard.length).toBeGreaterThan(0);
    const { id } = await begin();
    await expect.poll(() => heard.find(each => each.event === 'releases')).toMatchObject({ id, status: { id } });
    socket.close();
  });
});
