// Ensembles through the server's door: data flow, fused and step by step alike, members that are loaded anew, what does not fit.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { get } from './fixtures/client.js';
import { chain, type EnsembleHouse, ensembleConfig, ensembleHouse } from './fixtures/ensembles.js';
import { scaleBy, scaleConfig } from './fixtures/plain-repository.js';

const diamond = (fuse: boolean) =>
  ensembleConfig({
    steps: [
      { model: 'sum', from: { a: 'left', b: 'right' }, to: { y: 'y' } },
      { model: 'double', from: { x: 'x' }, to: { y: 'left' } },
      { model: 'triple', from: { x: 'x' }, to: { y: 'right' } },
    ],
    outputs: ['y', 'left'],
    fuse,
  });

const statsSchema = z.object({ model_stats: z.array(z.object({ inference_count: z.number() })) });

let house: EnsembleHouse;

beforeAll(async () => {
  house = await ensembleHouse(
    {
      a_chain: chain('double', 'triple'),
      steps: chain('double', 'triple', { fuse: false }),
      diamond: diamond(true),
      diamond_steps: diamond(false),
      layers: chain('first', 'second'),
      layers_steps: chain('first', 'second', { fuse: false }),
      nested: chain('diamond_steps', 'double'),
      narrow: chain('double', 'triple', { fuse: false, maxInFlight: 1 }),
    },
    { modelControl: 'explicit', loadModels: '*' },
  );
});
afterAll(() => house?.close());

async function counted(model: string): Promise<number> {
  const reply = await get(`${house.server.url}/v2/models/${model}/stats`);
  return statsSchema.parse(reply.json).model_stats[0]?.inference_count ?? 0;
}

describe.each(['a_chain', 'steps', 'narrow'])('%s', model => {
  test('gives what its members give one after the other', async () => {
    expect(await house.ask(model, [1, 2, 3, 4])).toEqual([6, 12, 18, 24]);
    expect(await house.ask(model, [1, 1, 1, 1], [2, 2, 2, 2])).toEqual([6, 6, 6, 6, 12, 12, 12, 12]);
  });

  test('answers many requests at once, each its own', async () => {
    const rows = Array.from({ length: 30 }, (_, k) => [k, k + 1, k + 2, k + 3]);
    const answers = await Promise.all(rows.map(row => house.ask(model, row)));
    expect(answers).toEqual(rows.map(row => row.map(value => 6 * value)));
  });
});

test.each(['diamond', 'diamond_steps'])(
  '%s: steps stand in any order, branches meet, and tensors between may be outputs',
  async model => {
    const input = { shape: [1, 4], data: Float32Array.of(1, 2, 3, 4) };
    const { outputs } = await house.client.infer(model, { x: input });
    expect(Array.from(outputs.y?.data ?? [], Number)).toEqual([5, 10, 15, 20]);
    expect(Array.from(outputs.left?.data ?? [], Number)).toEqual([2, 4, 6, 8]);
  },
);

test('an ensemble may be a member of another', async () => {
  const { outputs } = await house.client.infer('layers', { x: { shape: [1, 4], data: Float32Array.of(1, 0, 0, 0) } });
  expect(outputs.y?.shape).toEqual([1, 4]);
  expect(await house.ask('nested', [1, 1, 1, 1])).toEqual([10, 10, 10, 10]);
});

test('fused and step by step give the same bits', async () => {
  for (let k = 0; k < 50; k++) {
    const rows = Array.from({ length: 1 + (k % 8) }, (_, row) => [0, 1, 2, 3].map(at => Math.sin(k + 3.1 * row + at)));
    expect(await house.ask('layers', ...rows)).toEqual(await house.ask('layers_steps', ...rows));
  }
});

test('members count what they did for an ensemble that asks them, and nothing for a fused one', async () => {
  const before = await counted('double');
  await house.ask('steps', [1, 1, 1, 1], [1, 1, 1, 1]);
  expect((await counted('double')) - before).toBe(2);
  await house.ask('a_chain', [1, 1, 1, 1]);
  expect((await counted('double')) - before).toBe(2);
  expect(await counted('a_chain')).toBeGreaterThan(0);
});

test('requests that do not fit are refused as for any model', async () => {
  const wrong = { shape: [1, 5], data: new Float32Array(5) };
  await expect(house.client.infer('steps', { x: wrong })).rejects.toThrow(
    "unexpected shape for input 'x' for model 'steps'. Expected [-1,4], got [1,5]",
  );
});

test('metadata and configuration are those of an ensemble', async () => {
  const { platform, inputs } = await house.client.modelMetadata('a_chain');
  expect([platform, inputs]).toEqual(['ensemble', [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }]]);
  const config = await house.client.modelConfig('a_chain');
  expect(config).toMatchObject({ ensemble_scheduling: { step: [{ model_name: 'double' }, { model_name: 'triple' }] } });
});

describe('members come and go', () => {
  test.each(['a_chain', 'steps'])(
    '%s: one that is loaded anew is seen at once, and no request fails meanwhile',
    async model => {
      let isOver = false;
      const answers: number[] = [];
      const asking = (async () => {
        while (!isOver) answers.push((await house.ask(model, [1, 1, 1, 1]))[0] ?? Number.NaN);
      })();
      await house.repository.remove('triple');
      await house.repository.add('triple', 1, scaleBy(30));
      await house.repository.configure('triple', scaleConfig());
      await house.client.repository.load('triple');
      expect(await house.ask(model, [1, 1, 1, 1])).toEqual([60, 60, 60, 60]);
      isOver = true;
      await asking;
      expect(answers.every(value => value === 6 || value === 60)).toBe(true);
      await house.repository.remove('triple');
      await house.repository.add('triple', 1, scaleBy(3));
      await house.repository.configure('triple', scaleConfig());
      await house.client.repository.load('triple');
      expect(await house.ask(model, [1, 1, 1, 1])).toEqual([6, 6, 6, 6]);
    },
  );

  test('without one an ensemble is not ready, and says whom it lacks', async () => {
    await house.client.repository.unload('triple');
    expect(await house.client.health.modelReady('steps')).toBe(false);
    await expect(house.ask('steps', [1, 1, 1, 1])).rejects.toThrow("'triple'");
    await expect(house.ask('a_chain', [1, 1, 1, 1])).rejects.toThrow("'triple'");
    await house.client.repository.load('triple');
    expect(await house.client.health.modelReady('steps')).toBe(true);
    expect(await house.ask('a_chain', [1, 1, 1, 1])).toEqual([6, 6, 6, 6]);
  });

  test('unloading it with its dependents takes them along; loading it brings them back', async () => {
    await house.client.repository.unload('layers', { dependents: true });
    expect(await house.client.health.modelReady('first')).toBe(false);
    await house.client.repository.load('layers');
    expect(await house.client.health.modelReady('first')).toBe(true);
    expect(await house.ask('layers_steps', [0, 0, 0, 0])).toEqual([0, 0, 0, 0]);
  });
});
