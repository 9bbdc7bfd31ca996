// Shape buckets: requests of different sizes share a batch, and every answer is the one that the request would have had alone.
import { elementCount, type Random, seededRandom, type Tensor } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import type { Computed, Tensors } from '../../dist/serve/backends/backend.js';
import type { ServedModel } from '../../dist/serve/engine/served-model.js';
import { type Compute, codeOf, type HandDriven, handDriven, messageOf, spec } from './fixtures/batching-driver.js';

const tensor = (shape: readonly number[], data: readonly number[]): Tensor => ({
  dtype: 'FP32',
  shape,
  data: Float32Array.from(data),
});

const randomField = (random: Random, shape: readonly number[]): Tensor =>
  tensor(
    shape,
    Array.from({ length: elementCount(shape) }, () => random.normal()),
  );

/** y = x^3 - x, cell by cell: padding cannot matter. */
const elementwise: Compute = ({ x }) =>
  x?.dtype === 'FP32' ? { y: { ...x, data: x.data.map(value => value * value * value - value) } } : {};

/** y = mask (x - mean of x where the mask is 1): padding matters, unless the mask keeps it out. */
const masked: Compute = ({ x, mask }) => {
  if (x?.dtype !== 'FP32' || mask?.dtype !== 'FP32') throw new Error('x and mask are wanted');
  const [items = 0] = x.shape;
  const step = x.data.length / items;
  const y = new Float32Array(x.data.length);
  for (let item = 0; item < items; item++) {
    let [sum, count] = [0, 0];
    for (let k = item * step; k < (item + 1) * step; k++) {
      if (mask.data[k] !== 1) continue;
      sum += x.data[k] ?? 0;
      count++;
    }
    for (let k = item * step; k < (item + 1) * step; k++) y[k] = (mask.data[k] ?? 0) * ((x.data[k] ?? 0) - sum / count);
  }
  return { y: { ...x, data: y } };
};

interface Case {
  readonly compute: Compute;
  readonly served: Partial<ServedModel>;
  readonly parameters: Readonly<Record<string, string>>;
}

const fields: Case = {
  compute: elementwise,
  served: { maxBatchSize: 16, inputs: [spec('x', [2, -1, -1])], outputs: [spec('y', [2, -1, -1])] },
  parameters: { buckets: '4,8,16' },
};
const maskedFields: Case = {
  compute: masked,
  served: {
    maxBatchSize: 16,
    inputs: [spec('x', [1, -1, -1]), spec('mask', [1, -1, -1])],
    outputs: [spec('y', [1, -1, -1])],
  },
  parameters: { buckets: '1: 4,8; 2: 6,12', mask_input: 'mask' },
};

async function open({ compute, served, parameters }: Case): Promise<HandDriven> {
  return handDriven({ batching: {}, compute, served, parameters, slots: 0 });
}

async function together(driven: HandDriven, all: readonly Tensors[]): Promise<Computed[]> {
  driven.pool.slots = 0;
  const answers = all.map(inputs => driven.ask(inputs.x?.shape[0] ?? 0, {}, inputs));
  driven.pool.slots = 1;
  driven.pool.wake();
  driven.pool.finishAll();
  return Promise.all(answers);
}

describe.each([
  ['elementwise', fields],
  ['elementwise with drawn-out edges', { ...fields, parameters: { ...fields.parameters, bucket_padding: 'edge' } }],
  ['masked', maskedFields],
])('the answers of a model that is %s', (_, chosen) => {
  test('equal those of the same requests alone, bit by bit, over 300 random mixtures', async () => {
    const random = seededRandom(5);
    const [batched, alone] = [await open(chosen), await open(chosen)];
    const channels = chosen.served.inputs?.[0]?.dims[0] ?? 1;
    for (let round = 0; round < 300; round++) {
      const size = (): number => 1 + random.integer(12);
      const requests = Array.from({ length: 1 + random.integer(6) }, () => ({
        x: randomField(random, [1 + random.integer(2), channels, size(), size()]),
      }));
      const answers = await together(batched, requests);
      for (const [k, request] of requests.entries()) {
        const [own] = await together(alone, [request]);
        expect(answers[k]?.outputs.y?.shape).toEqual(request.x.shape);
        expect(answers[k]?.outputs).toEqual(own?.outputs);
      }
    }
    const { joined, paddingShare } = batched.scheduler.report();
    expect(joined).toBeGreaterThan(100);
    expect(paddingShare).toBeGreaterThan(0.1);
    expect(alone.scheduler.report().joined).toBe(0);
  });
});

describe('buckets', () => {
  test('pad with zeros, or draw the edge out, and never beyond the bucket', async () => {
    const seen: Tensors[] = [];
    const compute: Compute = inputs => {
      seen.push(inputs);
      return elementwise(inputs);
    };
    const small = { inputs: [spec('x', [-1, -1])], outputs: [spec('y', [-1, -1])] };
    for (const bucket_padding of ['zero', 'edge']) {
      const driven = await open({ compute, served: small, parameters: { buckets: '3', bucket_padding } });
      await together(driven, [{ x: tensor([1, 2, 2], [1, 2, 3, 4]) }, { x: tensor([1, 1, 3], [5, 6, 7]) }]);
    }
    expect(seen.map(({ x }) => [...(x?.data ?? [])])).toEqual([
      [1, 2, 0, 3, 4, 0, 0, 0, 0, 5, 6, 7, 0, 0, 0, 0, 0, 0],
      [1, 2, 2, 3, 4, 4, 3, 4, 4, 5, 6, 7, 5, 6, 7, 5, 6, 7],
    ]);
  });

  test('leave requests of equal sizes as they are', async () => {
    const driven = await open(fields);
    const x = randomField(seededRandom(1), [1, 2, 5, 5]);
    await together(driven, [{ x }, { x }]);
    expect(driven.scheduler.report()).toMatchObject({ joined: 1, paddingShare: 0 });
  });

  test('keep what is larger than all of them, or fits none, out of padded batches', async () => {
    const driven = await open(fields);
    const sizes = [
      [3, 3],
      [17, 3],
      [4, 4],
      [17, 3],
      [9, 9],
    ];
    const answers = await together(
      driven,
      sizes.map(([h = 0, w = 0]) => ({ x: randomField(seededRandom(h), [1, 2, h, w]) })),
    );
    expect(answers.map(({ outputs }) => outputs.y?.shape.slice(2))).toEqual(sizes);
    // The small ones together, the two of 17 together, the one of the larger bucket alone.
    expect(driven.pool.begun).toEqual([2, 2, 1]);
  });

  test('never let a request of a rare size wait for ever: the first in the queue is in the next batch', async () => {
    const driven = await open({ ...fields, served: { ...fields.served, maxBatchSize: 2 } });
    const sizes = [4, 16, 4, 4, 4, 4, 4];
    const order: number[] = [];
    driven.pool.slots = 0;
    const answers = sizes.map((n, k) =>
      driven.ask(1, {}, { x: randomField(seededRandom(n), [1, 2, n, n]) }).then(() => order.push(k)),
    );
    driven.pool.slots = 1;
    driven.pool.wake();
    driven.pool.finishAll();
    await Promise.all(answers);
    expect(order.indexOf(1)).toBe(2);
  });

  test('let a full batch go while requests of another bucket still wait for company', async () => {
    const driven = await handDriven({
      ...fields,
      batching: { max_queue_delay_microseconds: 1000, preferred_batch_size: [2] },
    });
    const askSize = (n: number): void => {
      void driven.ask(1, {}, { x: randomField(seededRandom(n), [1, 2, n, n]) });
    };
    askSize(16);
    askSize(3);
    expect(driven.pool.begun).toEqual([]);
    askSize(4);
    expect(driven.pool.begun).toEqual([2]);
    driven.pool.finish();
    driven.clock.advance(1.1);
    expect(driven.pool.begun).toEqual([2, 1]);
  });

  test('a mask that the client gives is padded with zeros, one that it does not give is made', async () => {
    const seen: Tensors[] = [];
    const driven = await open({
      ...maskedFields,
      parameters: { buckets: '3', mask_input: 'mask', bucket_padding: 'edge' },
      compute: inputs => {
        seen.push(inputs);
        return masked(inputs);
      },
    });
    const x = randomField(seededRandom(2), [1, 1, 1, 2]);
    await together(driven, [
      { x, mask: tensor([1, 1, 1, 2], [1, 0]) },
      { x: randomField(seededRandom(3), [1, 1, 2, 1]) },
    ]);
    await together(driven, [{ x }]);
    expect(seen.map(({ mask }) => [...(mask?.data ?? [])])).toEqual([
      [1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0],
      [1, 1],
    ]);
  });

  test('crop only what follows the input, as bucket_axes says', async () => {
    const compute: Compute = ({ x }) => {
      if (x?.dtype !== 'FP32') return {};
      const [items = 0, points = 0] = x.shape;
      const latent = tensor(
        [items, 3],
        Array.from({ length: 3 * items }, (_, k) => k),
      );
      return { y: tensor([items, 2, points], [...x.data, ...x.data].slice(0, 2 * items * points)), latent };
    };
    const served = { inputs: [spec('x', [-1])], outputs: [spec('y', [2, -1]), spec('latent', [-1])] };
    const driven = await open({ compute, served, parameters: { buckets: '4', bucket_axes: 'y:1=0, latent:0=none' } });
    const answers = await together(driven, [{ x: tensor([1, 2], [1, 2]) }, { x: tensor([1, 3], [1, 2, 3]) }]);
    expect(answers.map(({ outputs }) => [outputs.y?.shape, outputs.latent?.shape])).toEqual([
      [
        [1, 2, 2],
        [1, 3],
      ],
      [
        [1, 2, 3],
        [1, 3],
      ],
    ]);
  });

  test('an output that does not have its input’s size makes each request be computed alone', async () => {
    const compute: Compute = ({ x }) =>
      x?.dtype === 'FP32' ? { y: tensor([x.shape[0] ?? 0, 1], [...x.data.subarray(0, x.shape[0])]) } : {};
    const served = { inputs: [spec('x', [-1])], outputs: [spec('y', [-1])] };
    const driven = await open({ compute, served, parameters: { buckets: '4' } });
    await together(driven, [{ x: tensor([1, 2], [1, 2]) }, { x: tensor([1, 3], [1, 2, 3]) }]);
    expect(driven.pool.begun).toEqual([2, 1, 1]);
  });
});

describe('parameters that do not fit the model are refused at load, with what to do', () => {
  const served = { inputs: [spec('x', [2, -1])], outputs: [spec('y', [2, -1])] };
  test.each([
    [{ buckets: '64,32' }, served, 'ascending'],
    [{ buckets: '0,32' }, served, 'ascending'],
    [{ buckets: '1e999' }, served, 'ascending'],
    [{ buckets: '__proto__: 3' }, served, "names axis '__proto__'"],
    [{ buckets: '32', bucket_padding: 'mirror' }, served, 'zero or edge'],
    [{ buckets: '32', bucket_axes: 'z:0=1' }, served, 'NAME:AXIS=LABEL'],
    [{ buckets: '32', mask_input: 'm' }, served, 'not an input'],
    [{ mask_input: 'x' }, served, "only with parameter 'buckets'"],
    [{ buckets: '32' }, {}, 'free sizes'],
    [{ buckets: '32' }, { ...served, outputs: [spec('y', [-1])] }, "'y:0=1'"],
    [{ buckets: '32' }, { ...served, maxBatchSize: 0 }, 'max_batch_size'],
    [
      { buckets: '32' },
      { ...served, guard: { policy: 'annotate', bounds: { residualBound: 1, fluxBound: 1 }, fallback: undefined } },
      'mask_input',
    ],
  ] as const)('%j', async (parameters, over, why) => {
    const opened = handDriven({ batching: {}, parameters, served: over });
    expect(await codeOf(opened)).toBe('MODEL_UNSERVABLE');
    expect(await messageOf(opened)).toContain(why);
  });
});
