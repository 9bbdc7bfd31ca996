import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf, jsonQuestion, post } from './fixtures/client.js';
import { constantField, type Fixture, serveFixture } from './fixtures/repository.js';

let server: Fixture;
beforeAll(async () => {
  server = await serveFixture(['double', 'strict', 'safe', 'stranded', 'double_solver', 'simple']);
});
afterAll(() => server.close());

/** One item per value; the fixture is right for values up to 10 and its residual is 2 (value - 10) above. */
function ask(model: string, values: readonly number[], parameters: object = {}) {
  const data = values.flatMap(constantField);
  return post(`${server.url}/v2/models/${model}/infer`, jsonQuestion(data, [values.length, 4, 4], { parameters }));
}
const answers = (values: readonly number[]): number[] => values.flatMap(constantField);

test('a server that has run for a day still has computed again what its guard refuses', async () => {
  const clock = { now: () => Date.now(), monotonic: () => performance.now() + 86_400_000 };
  const old = await serveFixture(['safe', 'double_solver'], {}, { clock });
  const body = jsonQuestion(constantField(12), [1, 4, 4]);
  const { json } = await post(`${old.url}/v2/models/safe/infer`, body);
  await old.close();
  expect(json).toMatchObject({ parameters: { guard: 'fallback' }, outputs: [{ data: answers([24]) }] });
});

describe('policy annotate', () => {
  test('an answer within the bound is accepted', async () => {
    expect((await ask('double', [3])).json).toMatchObject({
      parameters: {
        guard: 'accepted',
        answered_by: 'surrogate',
        residual: 0,
        residual_bound: 0.01,
        flux_imbalance: 0,
        flux_bound: 0.01,
      },
    });
  });

  test('an answer over the bound is given, flagged, with the figures of its worst item', async () => {
    expect((await ask('double', [3, 12, 11])).json).toMatchObject({
      parameters: { guard: 'flagged', answered_by: 'surrogate', residual: 4, flux_imbalance: 4 },
      outputs: [{ data: answers([6, 20, 20]) }],
    });
  });
});

describe('policy reject', () => {
  test('an answer over the bound is refused with 422 and the figures', async () => {
    const reply = await ask('strict', [11]);
    expect(reply.status).toBe(422);
    expect(errorOf(reply)).toContain('residual 2.000 (bound 0.01000), flux imbalance 2.000 (bound 0.01000)');
  });

  test('the figures of a refusal are data too, in the names of an answer', async () => {
    const figures = { residual: 4, residual_bound: 0.01, flux_imbalance: 4, flux_bound: 0.01, guard: 'rejected' };
    expect((await ask('strict', [11, 12])).json).toEqual({ error: expect.any(String), parameters: figures });
  });

  test('a figure that is not a number is left out of them, and no other refusal has any', async () => {
    const overflow = await ask('strict', [3.4e38]);
    expect(overflow.status).toBe(422);
    expect(overflow.json).toEqual({
      error: expect.any(String),
      parameters: { residual_bound: 0.01, flux_bound: 0.01, guard: 'rejected' },
    });
    expect((await ask('strict', [])).json).toEqual({ error: expect.any(String) });
  });

  test('an answer within the bound passes', async () => {
    expect((await ask('strict', [10])).json).toMatchObject({ parameters: { guard: 'accepted' } });
  });

  test('one item over the bound refuses the batch', async () => {
    expect((await ask('strict', [1, 2, 11, 3])).status).toBe(422);
  });
});

describe('policy fallback', () => {
  test('answers within the bound stay with the surrogate', async () => {
    expect((await ask('safe', [1, 10])).json).toMatchObject({
      parameters: { guard: 'accepted', answered_by: 'surrogate' },
    });
  });

  test('an answer over the bound is computed by the solver and judged again', async () => {
    expect((await ask('safe', [12])).json).toMatchObject({
      parameters: { guard: 'fallback', answered_by: 'solver', residual: 0, flux_imbalance: 0 },
      outputs: [{ data: answers([24]) }],
    });
  });

  test('only the items over the bound are computed again, each back in its place', async () => {
    expect((await ask('safe', [12, 3, 13, 4])).json).toMatchObject({
      parameters: { guard: 'fallback', answered_by: 'mixed', residual: 0 },
      outputs: [{ data: answers([24, 6, 26, 8]) }],
    });
  });

  test('what was refused stays visible: the worst figures of the refused items', async () => {
    for (const values of [[12], [11, 3, 12]]) {
      const { json } = await ask('safe', values);
      expect(json).toMatchObject({ parameters: { residual: 0, refused_residual: 4, refused_flux_imbalance: 4 } });
    }
    const accepted = await ask('safe', [3]);
    expect(accepted.json).toMatchObject({ parameters: { guard: 'accepted' } });
    expect(accepted.text).not.toContain('refused');
  });

  test('more items than the solver takes at once are split', async () => {
    expect((await ask('safe', [11, 12, 13, 14])).json).toMatchObject({
      parameters: { guard: 'fallback', answered_by: 'solver' },
      outputs: [{ data: answers([22, 24, 26, 28]) }],
    });
  });

  test('the map is that of the answer given', async () => {
    expect((await ask('safe', [12, 3], { guard_outputs: true })).json).toMatchObject({
      outputs: [{ name: 'u' }, { name: 'residual_map', data: answers([0, 0]) }],
    });
  });

  test('without its solver no number is given, and the refusal says so', async () => {
    const reply = await ask('stranded', [11]);
    expect(reply.status).toBe(503);
    expect(errorOf(reply)).toContain("its fallback 'nobody' is not served here. No answer is given unguarded.");
    expect(errorOf(reply)).toContain('residual 2.000');
  });

  test('a solver that fails, dies or answers nonsense gives 503, not a number, and is there again afterwards', async () => {
    for (const misbehaviour of [9001, 9003, 9004, 9005]) {
      const reply = await ask('safe', [misbehaviour]);
      expect([misbehaviour, reply.status]).toEqual([misbehaviour, 503]);
      expect(errorOf(reply)).toMatch(
        /its fallback 'double_solver' (failed|gave other outputs)\. No answer is given unguarded/,
      );
      expect(reply.text).not.toMatch(/secret|home/);
      expect((await ask('safe', [12])).json).toMatchObject({ parameters: { answered_by: 'solver' } });
    }
  });
});

describe('the request parameter guard', () => {
  test('overrides the policy of the manifest, both ways', async () => {
    expect((await ask('double', [11], { guard: 'reject' })).status).toBe(422);
    expect((await ask('strict', [11], { guard: 'annotate' })).json).toMatchObject({ parameters: { guard: 'flagged' } });
    expect((await ask('double', [11], { guard: 'fallback' })).json).toMatchObject({
      parameters: { answered_by: 'solver' },
    });
  });

  test('is refused if it is no policy', async () => {
    const reply = await ask('double', [11], { guard: 'ignore' });
    expect([reply.status, errorOf(reply)]).toEqual([400, expect.stringContaining('guard')]);
  });

  test('is refused for a model without a guard, unless it asks for nothing', async () => {
    const inputs = ['INPUT0', 'INPUT1'].map(name => ({
      name,
      datatype: 'INT32',
      shape: [1, 16],
      data: constantField(1),
    }));
    const url = `${server.url}/v2/models/simple/infer`;
    expect((await post(url, { inputs, parameters: { guard: 'reject' } })).status).toBe(400);
    const plain = await post(url, { inputs, parameters: { guard: 'annotate' } });
    expect(plain.status).toBe(200);
    expect(plain.json).toMatchObject({ parameters: { answered_by: 'surrogate' } });
    expect(plain.text).not.toContain('residual');
  });
});

test('a figure that is not a number is never accepted', async () => {
  const reply = await ask('double', [3.4e38]);
  expect(reply.json).toMatchObject({ parameters: { guard: 'flagged' } });
});
