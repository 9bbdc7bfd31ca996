// What flows through an ensemble besides tensors: guards' figures, failures, bounds; and whether it is one graph, and why not.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GalerkinError, manualClock } from 'galerkin/base';
import { modelStatistics, type Server, serve } from 'galerkin/serve';
import { afterEach, describe, expect, test } from 'vitest';
import { newStageTimes, type Scheduler, type Work } from '../../dist/serve/engine/scheduler.js';
import { plainTerms, type Terms } from '../../dist/serve/engine/terms.js';
import type { Member, Members } from '../../dist/serve/ensembles/members.js';
import { openEnsemble } from '../../dist/serve/ensembles/open-ensemble.js';
import { codeOf, rows, servedModel, settledNow } from './fixtures/batching-driver.js';
import { errorOf, jsonQuestion, post } from './fixtures/client.js';
import { chain } from './fixtures/ensembles.js';
import { constantField, doubleProcess, fixtureRepository } from './fixtures/repository.js';
import { packageOf } from './fixtures/sequence-driver.js';

describe('guards of members', () => {
  let server: Server | undefined;
  let repository = '';
  afterEach(async () => {
    await server?.close();
    await rm(repository, { recursive: true, force: true });
  });

  test('say what they see in the answer, and refuse nothing, whatever their own policy', async () => {
    repository = await fixtureRepository('strict', 'double_solver');
    await mkdir(join(repository, 'guarded', '1'), { recursive: true });
    const config = chain('strict', 'double_solver', { dims: '[ 4, 4 ]', maxBatchSize: 2 })
      .replaceAll('"x"', '"a"')
      .replaceAll('"y"', '"u"');
    await writeFile(join(repository, 'guarded', 'config.pbtxt'), config);
    server = await serve(
      { repository, port: 0, threads: 1, grpc: false, metrics: false },
      { backends: [doubleProcess()] },
    );
    const ask = (value: number, parameters = {}) =>
      post(`${server?.url}/v2/models/guarded/infer`, jsonQuestion(constantField(value), [1, 4, 4], { parameters }));
    expect((await ask(3)).json).toMatchObject({
      parameters: { guard: 'accepted', residual: 0, answered_by: 'solver' },
      outputs: [{ data: constantField(12) }],
    });
    expect((await ask(12)).json).toMatchObject({ parameters: { guard: 'flagged', residual: 4 } });
    expect(errorOf(await ask(12, { guard: 'reject' }))).toContain('residual 4.000');
  });
});

interface Held {
  readonly member: Member;
  readonly waiting: { readonly work: Work; settle(): void; fail(error: unknown): void }[];
}

/** A member whose answers wait until the test lets them go: y = x. */
function heldMember(name: string): Held {
  const waiting: Held['waiting'] = [];
  const run: Scheduler['run'] = work =>
    new Promise((resolve, reject) => {
      const { x } = work.inputs;
      const settle = (): void => resolve({ outputs: x === undefined ? {} : { y: x }, inferMs: 1 });
      waiting.push({ work, settle, fail: reject });
    });
  const scheduler = { run, pending: 0, isReady: () => true, close: async () => {} };
  const statistics = modelStatistics({ name, version: '1', clock: manualClock() });
  const member = { served: servedModel({ name }), package: packageOf({}), scheduler, statistics, isReady: () => true };
  return { member, waiting };
}

const port = (name: string) => ({ name, data_type: 'TYPE_FP32' as const, dims: [2] });

const ensemble = (most: number) =>
  packageOf({
    backend: '',
    platform: 'ensemble',
    max_batch_size: 8,
    input: [port('x')],
    output: [port('y')],
    ensemble_scheduling: {
      max_inflight_requests: most,
      step: [
        { model_name: 'one', input_map: { x: 'x' }, output_map: { y: 'left' } },
        { model_name: 'two', input_map: { x: 'left' }, output_map: { y: 'y' } },
        { model_name: 'aside', input_map: { x: 'x' }, output_map: { y: 'unused' } },
      ],
    },
    parameters: { fuse: { string_value: 'off' } },
  });

async function flow(most = 0, maxQueue = 10) {
  const clock = manualClock();
  const [one, two, aside] = [heldMember('one'), heldMember('two'), heldMember('aside')];
  const byName = new Map([one, two, aside].map(({ member }) => [member.served.name, member]));
  const members: Members = {
    versionsOf: name => [byName.get(name)].filter(member => member !== undefined),
    running: name => byName.get(name),
    find(name) {
      const member = byName.get(name);
      if (member === undefined) throw new GalerkinError('MODEL_NOT_READY', { model: name, version: undefined });
      return member;
    },
  };
  const scheduler = await openEnsemble(ensemble(most), {
    served: servedModel({ name: 'ensemble' }),
    clock,
    timers: clock,
    statistics: { execute: () => {} },
    maxQueue,
    members,
    openFused: () => Promise.reject(new Error('fused although it is off')),
  });
  const ask = (value: number, terms: Partial<Terms> = {}) =>
    scheduler.run({
      inputs: { x: rows(1, [2], value) },
      items: 1,
      bytes: 8,
      guard: 'none',
      terms: { ...plainTerms, ...terms },
      times: newStageTimes(clock.monotonic()),
    });
  return { scheduler, clock, one, two, aside, byName, ask };
}

const settleAll = async (...held: readonly Held[]): Promise<void> => {
  for (const { waiting } of held) for (const each of waiting.splice(0)) each.settle();
  await new Promise(resolve => setImmediate(resolve));
};

describe('the flow', () => {
  test('begins every step as soon as its tensors are there, hands them over without a copy, and ends with the last', async () => {
    const { one, two, aside, ask } = await flow();
    const answer = ask(5);
    expect([one.waiting.length, two.waiting.length, aside.waiting.length]).toEqual([1, 0, 1]);
    const given = one.waiting[0]?.work.inputs.x;
    await settleAll(one);
    expect(two.waiting[0]?.work.inputs.x).toBe(given);
    await settleAll(two);
    expect(await settledNow([answer])).toEqual([false]);
    await settleAll(aside);
    expect((await answer).outputs.y).toBe(given);
  });

  test('ends with the first failure, which its member counts, and begins nothing more', async () => {
    const { one, two, aside, ask } = await flow();
    const answer = ask(5);
    aside.waiting.shift()?.fail(new GalerkinError('INFERENCE_FAILED', { model: 'aside' }));
    expect(await codeOf(answer)).toBe('INFERENCE_FAILED');
    await settleAll(one);
    expect(two.waiting).toHaveLength(0);
    expect(aside.member.statistics.triton().inference_stats.fail.count).toBe(1);
  });

  test('meets a member that has gone in between with its name', async () => {
    const { one, byName, scheduler, ask } = await flow();
    const answer = ask(5);
    byName.delete('two');
    expect(scheduler.isReady()).toBe(false);
    const refused = expect(answer).rejects.toThrow("'two'");
    await settleAll(one);
    await refused;
  });

  test('passes on who asks, how urgent it is, and that nobody waits any more', async () => {
    const control = new AbortController();
    const { one, ask } = await flow();
    void ask(5, { priority: 2, tenant: 'me', signal: control.signal }).catch(() => undefined);
    expect(one.waiting[0]?.work.terms).toMatchObject({ priority: 2, tenant: 'me', signal: control.signal });
  });
});

describe('max_inflight_requests', () => {
  test('lets so many in; the others wait in order, in bounds', async () => {
    const { one, two, aside, scheduler, ask } = await flow(2, 1);
    const answers = [1, 2, 3, 4].map(value => ask(value));
    expect([one.waiting.length, scheduler.pending]).toEqual([2, 1]);
    expect(await codeOf(answers[3] ?? Promise.resolve())).toBe('QUEUE_FULL');
    await settleAll(one, aside, two);
    await settleAll(two);
    await settleAll(one, aside);
    await settleAll(two);
    expect(await Promise.all(answers.slice(0, 3).map(async answer => (await answer).outputs.y?.data[0]))).toEqual([
      1, 2, 3,
    ]);
  });

  test('who waits may go away, or run out of time', async () => {
    const { clock, scheduler, ask } = await flow(1);
    void ask(1);
    const control = new AbortController();
    const gone = ask(2, { signal: control.signal });
    const late = ask(3, { timeoutUs: 5000 });
    const codes = Promise.all([gone, late].map(codeOf));
    control.abort();
    clock.advance(6);
    expect([...(await codes), scheduler.pending]).toEqual(['REQUEST_CANCELLED', 'QUEUE_TIMEOUT', 0]);
  });

  test('closing finishes what flows, within its time', async () => {
    const { one, two, aside, clock, scheduler, ask } = await flow(1);
    const answers = [ask(1), ask(2)];
    const closed = scheduler.close(50);
    expect(await codeOf(ask(3))).toBe('MODEL_STOPPING');
    await settleAll(one, aside);
    await settleAll(two);
    expect(await settledNow(answers)).toEqual([true, false]);
    clock.advance(51);
    await closed;
  });
});

test('an ensemble says whether it is one graph, and why not', async () => {
  const { scheduler } = await flow();
  expect(scheduler.facts).toEqual({
    members: ['one', 'two', 'aside'],
    isFused: false,
    why: "parameter 'fuse' is 'off'",
  });
});
