// Ensembles that do not fit are refused when they are loaded, with every fault; circles are found; members are loaded first.
import { afterEach, describe, expect, test } from 'vitest';
import { chain, type EnsembleHouse, ensembleConfig, ensembleHouse } from './fixtures/ensembles.js';

let house: EnsembleHouse | undefined;
afterEach(async () => {
  await house?.close();
  house = undefined;
});

const open = async (ensembles: Record<string, string>, loadModels = ''): Promise<EnsembleHouse> => {
  house = await ensembleHouse(ensembles, { modelControl: 'explicit', loadModels, strictReadiness: false });
  return house;
};

/** Why a load fails. */
const refusal = (served: EnsembleHouse, model: string): Promise<string> =>
  served.client.repository.load(model).then(
    () => 'none',
    (error: unknown) => String(error),
  );

test('loading one loads its members, which may be ensembles', async () => {
  const served = await open({ inner: chain('double', 'triple'), outer: chain('inner', 'double') });
  await served.client.repository.load('outer');
  expect(await served.ask('outer', [1, 1, 1, 1])).toEqual([12, 12, 12, 12]);
  expect(await served.client.health.modelReady('triple')).toBe(true);
  expect(await served.client.health.modelReady('sum')).toBe(false);
});

test('every fault is named at once', async () => {
  const served = await open({
    bad: ensembleConfig({
      steps: [
        { model: 'double', from: { x: 'x' }, to: { y: 'between' } },
        { model: 'triple', from: { nothing: 'between' }, to: { y: 'y', more: 'z' } },
        { model: 'double', version: 7, from: { x: 'x' }, to: { y: 'w' } },
      ],
      maxBatchSize: 16,
      dims: '[ 5 ]',
    }),
  });
  const words = await refusal(served, 'bad');
  expect(words).toContain("step 1 (model 'double') takes 8 items at once, fewer than max_batch_size 16");
  expect(words).toContain("step 2 (model 'triple') is not given its input 'x'");
  expect(words).toContain("step 2 (model 'triple') has no input 'nothing'");
  expect(words).toContain("step 2 (model 'triple') has no output 'more'");
  expect(words).toContain("step 3 (model 'double' version 7) is not served");
  expect(words).toContain(
    "the tensor 'x' is FP32 [-1,5] from the request, but FP32 [-1,4] for step 1 (model 'double')",
  );
  expect(words).toContain(
    "the tensor 'y' is FP32 [-1,4] from step 2 (model 'triple'), but FP32 [-1,5] in the ensemble",
  );
});

test('another datatype is a fault', async () => {
  const served = await open({ typed: chain('double', 'triple', { type: 'TYPE_INT32' }) });
  expect(await refusal(served, 'typed')).toContain('is INT32 [-1,4] from the request, but FP32 [-1,4]');
});

test('a member that there is not fails the load with its name', async () => {
  const served = await open({ lost: chain('double', 'nobody') });
  expect(await refusal(served, 'lost')).toContain("'nobody'");
});

describe('a circle', () => {
  const circle = { one: chain('two', 'double'), two: chain('one', 'double'), own: chain('own', 'double') };

  test('of ensembles is found, from either end and by itself', async () => {
    const served = await open(circle);
    for (const name of ['one', 'two', 'own']) expect(await refusal(served, name)).toContain('needs it in turn');
  });

  test('does not keep the server from starting with everything else', async () => {
    const served = await open({ ...circle, good: chain('double', 'triple') }, '*');
    expect(await served.ask('good', [1, 1, 1, 1])).toEqual([6, 6, 6, 6]);
    expect(await served.client.health.modelReady('one')).toBe(false);
  });

  test('of tensors is found by the configuration', async () => {
    const steps = [
      { model: 'sum', from: { a: 'x', b: 'round' }, to: { y: 'y' } },
      { model: 'double', from: { x: 'y' }, to: { y: 'round' } },
    ];
    const served = await open({ loop: ensembleConfig({ steps }) });
    expect(await refusal(served, 'loop')).toContain('waits, in a circle');
  });
});
