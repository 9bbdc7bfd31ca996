// Joining and splitting: every request gets its own rows back, of every datatype, and one bad request does not spoil its neighbours.
import { type DType, dtypeBytes, elementCount, GalerkinError, seededRandom, type Tensor } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import type { Tensors } from '../../dist/serve/backends/backend.js';
import { isFixed, tensorOver } from '../../dist/serve/tensors/bytes.js';
import { codeOf, handDriven, rows, spec, twice } from './fixtures/batching-driver.js';

const random = seededRandom(17);

function randomTensor(dtype: DType, shape: readonly number[]): Tensor {
  const count = elementCount(shape);
  if (!isFixed(dtype)) return { dtype: 'BYTES', shape, data: Array.from({ length: count }, (_, k) => `t${k}é`) };
  const bytes = new Uint8Array(count * dtypeBytes[dtype]);
  for (let k = 0; k < bytes.length; k++) bytes[k] = random.integer(dtype === 'BOOL' ? 2 : 256);
  return tensorOver(dtype, shape, bytes.buffer);
}

const failed = (): GalerkinError => new GalerkinError('INFERENCE_FAILED', { model: 'twice' });

describe('requests in one batch', () => {
  test.each(Object.keys(dtypeBytes))('of %s get their own rows back, bit by bit', async name => {
    const dtype = (Object.keys(dtypeBytes) satisfies string[]).find((each): each is DType => each === name) ?? 'FP32';
    const { ask, pool } = await handDriven({
      batching: {},
      served: { maxBatchSize: 64, inputs: [spec('x', [3, 2], dtype)], outputs: [spec('y', [3, 2], dtype)] },
      compute: ({ x }): Tensors => (x === undefined ? {} : { y: x }),
      slots: 0,
    });
    const inputs = [1, 4, 2, 1].map(items => randomTensor(dtype, [items, 3, 2]));
    const answers = inputs.map(x => ask(x.shape[0] ?? 0, {}, { x }));
    pool.slots = 1;
    pool.wake();
    pool.finishAll();
    expect(pool.begun).toEqual([8]);
    for (const [k, { outputs }] of (await Promise.all(answers)).entries()) {
      expect(outputs.y?.shape).toEqual(inputs[k]?.shape);
      expect(outputs.y?.data).toEqual(inputs[k]?.data);
    }
  });

  test('get views over one answer, not copies', async () => {
    const { ask, pool } = await handDriven({ batching: {}, slots: 0 });
    const answers = [ask(1), ask(2)];
    pool.slots = 1;
    pool.wake();
    pool.finishAll();
    const [a, b] = (await Promise.all(answers)).map(({ outputs }) => outputs.y);
    expect(a?.data instanceof Float32Array && b?.data instanceof Float32Array && a.data.buffer === b.data.buffer).toBe(
      true,
    );
  });

  test('are right batch after batch in memory that is used again, over 200 random batches', async () => {
    const { ask, pool } = await handDriven({
      batching: {},
      served: { maxBatchSize: 16, inputs: [spec('x', [512])], outputs: [spec('y', [512])] },
      slots: 0,
    });
    for (let round = 0; round < 200; round++) {
      pool.slots = 0;
      const values = Array.from({ length: 2 + random.integer(3) }, () => random.normal());
      const answers = values.map(value => ask(1 + random.integer(3), {}, { x: rows(1, [512], Math.fround(value)) }));
      pool.slots = 1;
      pool.wake();
      pool.finishAll();
      for (const [k, { outputs }] of (await Promise.all(answers)).entries())
        expect(outputs.y?.data[511]).toBe(2 * Math.fround(values[k] ?? 0));
    }
  });

  test('get the guard facts that they asked for, and no others', async () => {
    const { scheduler, pool } = await handDriven({ batching: {}, slots: 0 });
    const { newStageTimes } = await import('../../dist/serve/engine/scheduler.js');
    const { plainTerms } = await import('../../dist/serve/engine/terms.js');
    const kinds = ['none', 'figures', 'all'] as const;
    const answers = kinds.map(guard =>
      scheduler.run({
        inputs: { x: rows(1, [2]) },
        items: 1,
        bytes: 8,
        guard,
        terms: plainTerms,
        times: newStageTimes(0),
      }),
    );
    pool.slots = 1;
    pool.wake();
    const [execution] = pool.running.splice(0);
    expect(execution?.job.guard).toBe('all');
    execution?.done({
      outputs: twice(execution.job.inputs),
      guard: { residual: { dtype: 'FP32', shape: [3], data: Float32Array.of(1, 2, 3) } },
      inferMs: 1,
    });
    const facts = (await Promise.all(answers)).map(({ guard }) => guard?.residual?.data);
    expect(facts).toEqual([undefined, Float32Array.of(2), Float32Array.of(3)]);
  });
});

describe('a batch that fails', () => {
  test('is tried again request by request, so that one bad request fails alone', async () => {
    const { ask, pool, scheduler } = await handDriven({ batching: {}, slots: 0 });
    const answers = [1, 2, 3].map(value => ask(1, {}, { x: rows(1, [2], value) }));
    const codes = answers.map(codeOf);
    pool.slots = 1;
    pool.wake();
    pool.fail(failed());
    expect(scheduler.pending).toBe(2);
    pool.finish();
    pool.fail(failed());
    pool.finish();
    expect(await Promise.all(codes)).toEqual(['none', 'INFERENCE_FAILED', 'none']);
    expect((await answers[2])?.outputs.y?.data).toEqual(Float32Array.of(6, 6));
    expect(scheduler.report()).toMatchObject({ failedTogether: 1, triedAlone: 3 });
  });

  test('of one request fails it, and a dead instance fails all: the pool has tried twice', async () => {
    const { ask, pool } = await handDriven({ batching: {} });
    const alone = codeOf(ask(1));
    const together = [codeOf(ask(1)), codeOf(ask(1))];
    pool.fail(failed());
    expect(await alone).toBe('INFERENCE_FAILED');
    pool.fail(new GalerkinError('INSTANCE_DIED', { model: 'twice' }));
    expect(await Promise.all(together)).toEqual(['INSTANCE_DIED', 'INSTANCE_DIED']);
  });

  test('is not tried for clients that have gone', async () => {
    const { ask, pool } = await handDriven({ batching: {}, slots: 0 });
    const gone = new AbortController();
    void codeOf(ask(1, { signal: gone.signal }));
    const stays = ask(1);
    pool.slots = 1;
    pool.wake();
    gone.abort();
    pool.fail(failed());
    expect(pool.begun).toEqual([2, 1]);
    pool.finishAll();
    expect((await stays).outputs.y?.shape).toEqual([1, 2]);
  });
});

test('an answer that does not fall apart into its items is asked for again, request by request', async () => {
  const { ask, pool } = await handDriven({
    batching: {},
    served: { outputs: [spec('mean', [])] },
    compute: () => ({ mean: { dtype: 'FP32', shape: [1], data: Float32Array.of(7) } }),
    slots: 0,
  });
  const answers = [ask(1), ask(1)];
  pool.slots = 1;
  pool.wake();
  pool.finishAll();
  expect((await Promise.all(answers)).map(({ outputs }) => outputs.mean?.data)).toEqual([
    Float32Array.of(7),
    Float32Array.of(7),
  ]);
  expect(pool.begun).toEqual([2, 1, 1]);
});

test('work for the guard only is never joined', async () => {
  const { scheduler, pool } = await handDriven({ batching: { max_queue_delay_microseconds: 1000 }, slots: 0 });
  const { newStageTimes } = await import('../../dist/serve/engine/scheduler.js');
  const { plainTerms } = await import('../../dist/serve/engine/terms.js');
  const inputs = { x: rows(1, [2]) };
  const work = { inputs, items: 1, bytes: 8, guard: 'all', terms: plainTerms } as const;
  void scheduler.run({ ...work, times: newStageTimes(0) });
  void scheduler.run({ ...work, outputs: { y: rows(1, [2]) }, times: newStageTimes(0) });
  void scheduler.run({ ...work, times: newStageTimes(0) });
  pool.slots = 3;
  pool.wake();
  expect(pool.running.map(({ job }) => job.outputs !== undefined)).toEqual([false, true]);
});
