// A replica that obeys without the fresh baseline that its route asks for: heard over the wire, told once in the history, kept in the status.
import { releaseSchema } from 'galerkin/control';
import { parseRoute, type RouteStatus } from 'galerkin/model';
import { expect, test } from 'vitest';
import { routeStatusSchema } from '../../dist/control/fleet/replica-wire.js';
import { decide } from '../../dist/control/release/decide.js';
import type { ReleaseStatus } from '../../dist/control/release/status.js';
import { stagesOf } from '../../dist/control/release/strategies/stages-of.js';
import { viewOf } from '../../dist/control/release/watch.js';

const route = parseRoute({
  model: 'darcy',
  fence: { term: 1, revision: 1 },
  stable: 1,
  shares: [
    { version: 1, share: 9_500 },
    { version: 2, share: 500 },
  ],
  baseline: { share: 500 },
});
const status: RouteStatus = { route, ready: [1, 2], faults: {} };
const uneven: RouteStatus = { ...status, baselineFault: 'Model darcy cannot be served: no memory.' };
/** As another server sends it. */
const sent = (given: RouteStatus): RouteStatus => routeStatusSchema.parse(JSON.parse(JSON.stringify(given)));
const view = (name: string, given: RouteStatus) =>
  viewOf(
    {
      name,
      apply: async () => given,
      status: async () => sent(given),
      standing: async () => 1,
      samples: async () => ({ samples: [], next: 0, lost: 0 }),
    },
    'darcy',
    (_key, _replica, work) => work(),
  );

const spec = releaseSchema.parse({ model: 'darcy', strategy: { kind: 'ab', hold: '1m', end: 'report' } });
const preparing: ReleaseStatus = {
  id: 'darcy-2-test',
  spec,
  candidate: 2,
  baseline: 1,
  stages: stagesOf(spec, { replicas: 2 }),
  judging: spec.judge,
  phase: 'preparing',
  stage: 0,
  stageSinceMs: 0,
  stageHeldMs: 0,
  stageSamples: 0,
  revision: 1,
  members: ['a', 'b'],
  obeyed: [],
  faults: {},
  waitingSinceMs: 0,
  reason: '',
  startedBy: 'ada',
  startedAtMs: 0,
  updatedAtMs: 0,
  endedAtMs: undefined,
  judgement: undefined,
  advice: undefined,
};
const look = async (before: ReleaseStatus, ...given: readonly RouteStatus[]) => {
  const replicas = await Promise.all(given.map((each, k) => view('ab'.charAt(k), each)));
  return decide(before, { term: 1, replicas, judgement: undefined, advice: undefined, commands: [] }, 10);
};
const told = ({ events }: Awaited<ReturnType<typeof look>>) => events.filter(({ text }) => text.includes('baseline'));

test('is told once, with its name and the reason, and stays in the status of the release', async () => {
  const well = await look(preparing, status, status);
  expect(told(well)).toEqual([]);
  expect(well.status).not.toHaveProperty('baselineFault');
  const first = await look(well.status, status, uneven);
  expect(told(first)).toEqual([
    { kind: 'fault', by: '', text: expect.stringMatching(/^b: no fresh baseline: .*no memory\.$/) },
  ]);
  const later = await look(first.status, uneven, uneven);
  expect(told(later)).toEqual([]);
  expect(later.status.baselineFault).toBe(told(first)[0]?.text);
});

test('travels between servers, also from one that knows nothing of it', () => {
  expect(sent(uneven)).toEqual(uneven);
  expect(sent(status)).toEqual(status);
});
