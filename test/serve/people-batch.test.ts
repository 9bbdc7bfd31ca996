import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { healthAnswer, scalingAnswer, statsAnswer } from '../../dist/serve/people/monitoring-schemas.js';
import { batchAnswer, guardRefusal, modelList, predictAnswer, sampleAnswer } from '../../dist/serve/people/schemas.js';
import { errorOf, get, post } from './fixtures/client.js';
import { type Fixture, serveFixture } from './fixtures/repository.js';

let server: Fixture;
beforeAll(async () => {
  server = await serveFixture(['double', 'strict', 'double_solver']);
});
afterAll(() => server.close());

const rows = (value: number): number[][] => new Array<number[]>(4).fill(new Array<number>(4).fill(value));
const ask = (requests: unknown) => post(`${server.url}/predict/batch`, { requests });

describe('POST /predict/batch', () => {
  test('each request gets its own answer or error, in order', async () => {
    const reply = await ask([
      { model: 'double', inputs: { a: rows(1) } },
      { model: 'nobody', inputs: {} },
      { model: 'double_solver', inputs: { a: [rows(2), rows(3)] } },
      { model: 'strict', inputs: { a: rows(11) } },
      { model: 'double', inputs: { a: rows(4) }, guard: 'maybe' },
      7,
      { model: 'double', inputs: { a: [1, 2] } },
    ]);
    expect(reply.status).toBe(200);
    expect(reply.json).toEqual({
      answers: [
        expect.objectContaining({ outputs: { u: rows(2) }, answeredBy: 'surrogate' }),
        { status: 404, code: 'MODEL_UNKNOWN', error: expect.stringContaining("'nobody'") },
        expect.objectContaining({ outputs: { u: [rows(4), rows(6)] }, answeredBy: 'solver' }),
        {
          status: 422,
          code: 'ANSWER_REJECTED',
          error: expect.stringContaining('residual 2.000'),
          guard: expect.objectContaining({ residual: 2, verdict: 'rejected' }),
        },
        { status: 400, code: 'REQUEST_MALFORMED', error: expect.stringMatching(/^requests\[4\]: wanted .*guard: /) },
        { status: 400, code: 'REQUEST_MALFORMED', error: expect.stringMatching(/^requests\[5\]: /) },
        { status: 400, code: 'INPUT_SHAPE', error: expect.stringContaining("input 'a'") },
      ],
    });
    expect(batchAnswer.parse(reply.json)).toBeDefined();
  });

  test('256 at once are answered, 257 are not asked', async () => {
    const many = (count: number) => new Array<object>(count).fill({ model: 'double', inputs: { a: rows(1) } });
    const { answers } = z.object({ answers: z.array(predictAnswer) }).parse((await ask(many(256))).json);
    expect(answers).toHaveLength(256);
    const refused = await ask(many(257));
    expect([refused.status, errorOf(refused)]).toEqual([400, expect.stringMatching(/1 to 256 of .*requests: Too big/)]);
  });

  test.each<[string, unknown]>([
    ['nothing', ''],
    ['no list', { requests: {} }],
    ['an empty list', { requests: [] }],
    ['more than a list', { requests: [1], also: 2 }],
    ['the list alone', [1]],
    ['deep nesting', `{"requests":${'['.repeat(500)}${']'.repeat(500)}}`],
  ])('%s: 400 that says what was wanted', async (_what, body) => {
    const reply = await post(`${server.url}/predict/batch`, typeof body === 'string' ? body : JSON.stringify(body));
    expect([reply.status, errorOf(reply)]).toEqual([400, expect.stringMatching(/wanted/)]);
  });
});

test('requests may state priority and the longest wait; nonsense is refused', async () => {
  const body = { model: 'double', inputs: { a: rows(1) }, priority: 1, timeoutMs: 2500.5 };
  expect((await post(`${server.url}/predict`, body)).status).toBe(200);
  for (const more of [
    { priority: -1 },
    { priority: 1.5 },
    { timeoutMs: -1 },
    { timeoutMs: 'soon' },
    { timeoutMs: 1e300 },
  ]) {
    expect(errorOf(await post(`${server.url}/predict`, { ...body, ...more }))).toMatch(/priority|timeoutMs/);
  }
});

describe('what is served is what the document says', () => {
  test.each<[string, z.ZodType]>([
    ['/models', modelList],
    ['/health', healthAnswer],
    ['/stats', statsAnswer],
    ['/monitoring/scaling', scalingAnswer],
    ['/models/double/samples/1', sampleAnswer],
  ])('GET %s', async (path, schema) => {
    const reply = await get(`${server.url}${path}`);
    expect(reply.status).toBe(200);
    expect(schema.parse(reply.json)).toEqual(reply.json);
  });

  test('a prediction with everything in it, and a refusal by the guard', async () => {
    const body = { model: 'double', inputs: { a: rows(200) }, maps: true };
    const reply = await post(`${server.url}/predict`, body);
    expect(predictAnswer.parse(reply.json)).toEqual(reply.json);
    const refused = await post(`${server.url}/predict`, { ...body, model: 'strict' });
    expect(guardRefusal.parse(refused.json)).toEqual(refused.json);
  });
});

test('a version of a model by its number; what is no number, or no version, is not there', async () => {
  expect((await get(`${server.url}/models/double/versions/1`)).json).toMatchObject({ name: 'double', version: '1' });
  expect((await get(`${server.url}/models/double/versions/9`)).status).toBe(400);
  for (const version of ['x', '1e0', '..']) {
    expect((await get(`${server.url}/models/double/versions/${encodeURIComponent(version)}`)).status).toBe(404);
  }
});

test('the scaling page counts instances and what waits', async () => {
  const { models, webSockets } = scalingAnswer.parse((await get(`${server.url}/monitoring/scaling`)).json);
  expect(webSockets).toBe(0);
  expect(models.map(({ name, instances, queued, ready }) => ({ name, instances, queued, ready }))).toEqual(
    ['double', 'double_solver', 'strict'].map(name => ({ name, instances: 1, queued: 0, ready: true })),
  );
});
