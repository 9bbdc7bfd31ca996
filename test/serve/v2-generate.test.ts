import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { duplicateKey } from '../../dist/serve/http/json-keys.js';
import { errorOf, post } from './fixtures/client.js';
import { constantField, type Fixture, serveFixture } from './fixtures/repository.js';

let server: Fixture;
beforeAll(async () => {
  server = await serveFixture(['double', 'simple', 'strict']);
});
afterAll(() => server.close());

const generate = (body: object | string, model = 'simple', how = 'generate') =>
  post(`${server.url}/v2/models/${model}/${how}`, body);
const ones = new Array<number>(16).fill(1);

describe('generate', () => {
  test('takes inputs by name and gives outputs by name', async () => {
    const { json } = await generate({ INPUT0: ones, INPUT1: ones, id: 'g' });
    expect(json).toEqual({
      id: 'g',
      model_name: 'simple',
      model_version: '1',
      OUTPUT0: ones.map(() => 2),
      OUTPUT1: ones.map(() => 0),
    });
  });

  test('inputs may also stand under parameters', async () => {
    expect((await generate({ INPUT0: ones, parameters: { INPUT1: ones, temperature: 0.5 } })).json).toMatchObject({
      OUTPUT0: ones.map(() => 2),
    });
  });

  test('a list fills the shape of the model', async () => {
    expect((await generate({ a: constantField(3) }, 'double')).json).toMatchObject({ u: constantField(6) });
    const two = [...constantField(1), ...constantField(2)];
    expect((await generate({ a: two }, 'double')).json).toMatchObject({ u: two.map(value => 2 * value) });
    expect(errorOf(await generate({ a: two.slice(1) }, 'double'))).toContain(
      "The schema can not convert input 'a' to tensor with proper shape",
    );
  });

  test.each([
    [{}, /expected 2 inputs but got 0/],
    [{ abc: 123 }, /expected 2 inputs but got 0/],
    [{ INPUT0: ones }, /expected 2 inputs but got 1/],
    [{ INPUT0: ones, INPUT1: 'text' }, /The schema can not convert|as number/],
    [{ INPUT0: ones, INPUT1: ones.map(() => 'one') }, /attempt to access JSON/],
    [{ INPUT0: ones, INPUT1: ones, PARAMS: { a: 1 } }, /parameter 'PARAMS' has invalid type/],
    [{ INPUT0: ones, INPUT1: ones, triton_x: 1 }, /reserved/],
    [{ INPUT0: ones, INPUT1: ones, parameters: 5 }, /Expected JSON object for keyword: 'parameters'/],
    ['[]', /an object of inputs by name/],
    ['null', /an object of inputs by name/],
    ['{"INPUT0":[1],"INPUT0":[2]}', /input 'INPUT0' already exists in request/],
    [`{"a":${'['.repeat(100_000)}`, /JSON nesting depth exceeds maximum allowed limit \(100\)/],
  ])('refuses %j', async (body, words) => {
    for (const how of ['generate', 'generate_stream']) {
      const reply = await generate(body, 'simple', how);
      expect([reply.status, errorOf(reply)]).toEqual([400, expect.stringMatching(words)]);
    }
  });
});

describe('generate_stream', () => {
  test('sends each answer as an event', async () => {
    const reply = await generate({ INPUT0: ones, INPUT1: ones }, 'simple', 'generate_stream');
    expect(reply.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const events = reply.text.split('\n\n').filter(event => event !== '');
    expect(events.map(event => JSON.parse(event.replace(/^data: /, '')))).toEqual([
      { model_name: 'simple', model_version: '1', OUTPUT0: ones.map(() => 2), OUTPUT1: ones.map(() => 0) },
    ]);
  });

  test('what fails before the first answer has its own status', async () => {
    expect((await generate({ a: constantField(11) }, 'strict', 'generate_stream')).status).toBe(422);
  });
});

test('names given twice are found on the outer two levels, in strings and out of them', () => {
  expect(duplicateKey('{"a":1,"b":{"a":2}}')).toBeUndefined();
  expect(duplicateKey('{"a":1,"a" :2}')).toBe('a');
  expect(duplicateKey('{"p":{"x":1,"x":2}}')).toBe('x');
  expect(duplicateKey('{"p":{"x":1},"q":{"x":2}}')).toBeUndefined();
  expect(duplicateKey('{"a":"a\\":","b":"\\"a\\":"}')).toBeUndefined();
  expect(duplicateKey('{"a":["a","a"]}')).toBeUndefined();
});
