import { releaseReport } from 'galerkin/control';
import { expect, test } from 'vitest';
import { pruneEvidence } from '../../dist/control/release/retention.js';
import { countingJudge } from './release-counting-judge.js';
import { Death, mortalDatabase } from './release-mortal.js';
import { isOver, type Rehearsal, rehearsals } from './release-rehearsal.js';

const rehearse = rehearsals();
const dayMs = 86_400_000;
const document = {
  version: 2,
  baseline: 1,
  strategy: { kind: 'canary' as const, steps: [{ weight: '20%', hold: '10s' }] },
};
const refusing = { experts: { openJudge: countingJudge('abort', 400) } };

async function over(): Promise<Rehearsal & { readonly id: string }> {
  const rehearsal = await rehearse(refusing);
  const { id } = await rehearsal.start(document);
  expect(await rehearsal.until(id, isOver)).toMatchObject({ phase: 'aborted' });
  await rehearsal.tick(4);
  return { ...rehearsal, id };
}

async function rowsOf({ database: { query } }: Rehearsal) {
  const memories = await query.selectFrom('release_memory').selectAll().execute();
  const points = await query.selectFrom('release_point').selectAll().execute();
  return { memories, points };
}

test('a dry run counts what would go; then it goes, and how the release ended, by whom and why stays', async () => {
  const rehearsal = await over();
  const { desk, id, close } = rehearsal;
  const before = await desk.evidence(id);
  const counted = await desk.prune({ olderThanDays: 0, dryRun: true });
  expect(counted).toMatchObject({ dryRun: true, releases: [{ id, model: 'darcy', points: before.points.length }] });
  expect(await desk.evidence(id)).toEqual(before);

  expect((await desk.prune({ olderThanDays: 0 })).releases).toEqual(counted.releases);
  const after = await desk.evidence(id);
  expect(after).toMatchObject({ points: [], sketches: [] });
  const { prunedAtMs, ...status } = after.status;
  expect(status).toEqual(before.status);
  expect(prunedAtMs).toBe(rehearsal.clock.now());
  expect(after.events.length).toBe(before.events.length - (counted.releases[0]?.events ?? 0));
  expect(after.events[0]).toMatchObject({ by: 'ada', text: expect.stringMatching(/Why: a test/) });
  expect(after.events.at(-1)).toEqual(before.events.at(-1));
  expect(releaseReport(after)).toMatch(/aborted/);
  expect((await desk.prune({ olderThanDays: 0 })).releases).toEqual([]);
  await close();
});

test('what is under way is never touched, whatever is asked for', async () => {
  const rehearsal = await rehearse();
  const { id } = await rehearsal.start(document);
  await rehearsal.until(id, ({ phase }) => phase === 'running');
  await rehearsal.tick(10);
  expect((await rehearsal.desk.prune({ olderThanDays: 0 })).releases).toEqual([]);
  expect((await rehearsal.desk.evidence(id)).points.length).toBeGreaterThan(0);
  await rehearsal.close();
});

test('a judge forgets within a minute of the end, the rest goes by itself after 90 days', async () => {
  const rehearsal = await over();
  const { clock, tick, desk, id, close } = rehearsal;
  const { sketches } = await desk.evidence(id);
  const [remembered] = (await rowsOf(rehearsal)).memories;
  expect(remembered?.memory).not.toBe('');
  const later = async (ms: number) => {
    clock.advance(ms);
    await tick(2);
  };
  await later(61_000);
  expect((await rowsOf(rehearsal)).memories).toMatchObject([{ memory: '', cursors: '{}' }]);
  expect((await desk.evidence(id)).sketches).toEqual(sketches);
  await later(89 * dayMs);
  expect((await rowsOf(rehearsal)).points.length).toBeGreaterThan(0);
  await later(dayMs);
  expect(await rowsOf(rehearsal)).toEqual({ memories: [], points: [] });
  await close();
});

test('who is killed in between leaves nothing that the next one does not delete', async () => {
  let things = 0;
  for (let isAlive = false; !isAlive; ) {
    const rehearsal = await over();
    const { database, clock, desk, id, close } = rehearsal;
    const death = new Death(++things);
    const terms = { beforeMs: clock.now(), isDryRun: false, nowMs: clock.now() };
    await pruneEvidence(mortalDatabase(database, death), terms).catch(() => undefined);
    isAlive = !death.isDead;
    await desk.prune({ olderThanDays: 0 });
    expect(await rowsOf(rehearsal), `killed at ${things}`).toEqual({ memories: [], points: [] });
    expect((await desk.status(id)).prunedAtMs).toBe(clock.now());
    await close();
  }
  expect(things).toBeGreaterThan(10);
});
