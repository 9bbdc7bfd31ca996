import { manualClock } from 'galerkin/base';
import { standingRoutes } from 'galerkin/control';
import { describe, expect, test } from 'vitest';
import { countingJudge } from './release-counting-judge.js';
import { fleetOfReplicas, type SimulatedReplica, simulatedReplica, sound } from './release-fleet.js';
import { Death, mortalDatabase, mortalFleet } from './release-mortal.js';
import { freshDatabase, isOver, type Rehearsal, rehearsals } from './release-rehearsal.js';

const rehearse = rehearsals();
const ada = { by: 'ada', why: 'enough of it' };
const steps = [{ weight: '20%', hold: '1s' }];
const document = { version: 2, baseline: 1, strategy: { kind: 'canary' as const, steps } };
const refusing = { experts: { openJudge: countingJudge('abort', 40) } };

/** Version 2 was refused, and version 1 stands; the policy wants the newest. */
async function aborted(): Promise<Rehearsal & { readonly id: string }> {
  const rehearsal = await rehearse(refusing);
  const { id } = await rehearsal.start(document);
  expect(await rehearsal.until(id, isOver)).toMatchObject({ phase: 'aborted' });
  return { ...rehearsal, id };
}

const isPolicys = ({ route }: SimulatedReplica): boolean => route?.policy === true;

describe('the way back to the policy of the model', () => {
  test('says which version it serves, and a dry run changes nothing', async () => {
    const { desk, tick, replicas, close, id } = await aborted();
    const told = await desk.unroute('darcy', ada, { dryRun: true });
    expect(told).toMatchObject({ release: id, dryRun: true, answers: 1, versions: [2] });
    expect(told.text).toMatch(/Version 1 .* answers by the route .* version 2 answers by it/);
    await tick(20);
    expect(replicas.some(isPolicys)).toBe(false);
    await close();
  });

  test('is obeyed by every replica, also one that was away, with a later fence; who and why are in the history', async () => {
    const { desk, database, tick, replicas, close, id } = await aborted();
    const [here, away] = replicas;
    const before = here?.route?.fence;
    if (away !== undefined) away.isReachable = false;
    await desk.unroute('darcy', ada);
    await tick(2);
    expect(here?.route).toMatchObject({ policy: true, stable: 2, fence: { term: before?.term } });
    expect(here?.route?.fence.revision).toBe((before?.revision ?? 0) + 1);
    if (away !== undefined) away.isReachable = true;
    await tick(12);
    expect(away?.route).toEqual(here?.route);
    expect(await standingRoutes(database, 'new')).toEqual([here?.route]);
    const { events, status } = await desk.evidence(id);
    expect(status).toMatchObject({ phase: 'aborted', unrouted: { by: 'ada', versions: [2] } });
    expect(events.slice(-2)).toMatchObject([
      { kind: 'command', by: 'ada', text: 'unroute (ada: enough of it)' },
      { kind: 'route', by: 'ada' },
    ]);
    await close();
  });

  test('is refused by name while a release is under way, where none has set a route, and a second time', async () => {
    const rehearsal = await rehearse();
    const { desk, tick } = rehearsal;
    await expect(desk.unroute('darcy', ada)).rejects.toMatchObject({ code: 'ROUTE_ABSENT', http: 409 });
    const { id } = await rehearsal.start(document);
    await expect(desk.unroute('darcy', ada)).rejects.toMatchObject({ code: 'RELEASE_RUNNING', fields: { id } });
    await desk.command(id, 'abort', ada);
    await rehearsal.until(id, isOver);
    await desk.unroute('darcy', ada);
    await tick(2);
    await expect(desk.unroute('darcy', ada)).rejects.toMatchObject({ code: 'ROUTE_ABSENT' });
    await rehearsal.close();
  });

  test('comes too late where the next release has begun; that one is held against what answers, and its orders are later', async () => {
    const { desk, tick, until, replicas, database, clock, close, id } = await aborted();
    // Somebody else's desk, so that the one in office hears of both at its next look.
    const other = await rehearse({ database, clock, fleet: fleetOfReplicas(replicas) });
    await other.desk.unroute('darcy', ada);
    const next = await other.desk.start({ model: 'darcy', ...document }, ada);
    await until(next.id, isOver);
    expect(replicas.some(isPolicys)).toBe(false);
    expect((await desk.status(id)).unrouted).toBeUndefined();
    await desk.unroute('darcy', ada);
    await tick(2);
    expect(replicas.every(isPolicys)).toBe(true);
    for (const replica of replicas) replica.restart([]);
    await expect(desk.plan({ model: 'darcy', strategy: document.strategy })).resolves.toMatchObject({ baseline: 1 });
    await close();
  });

  test('is carried out once, whatever the controller was killed at', async () => {
    for (let at = 1, isAlive = false; !isAlive; at++) {
      const clock = manualClock(1_700_000_000_000);
      const database = await freshDatabase();
      const behaviour = new Map([1, 2].map(version => [version, sound]));
      const replicas = [1, 2].map(place => simulatedReplica(`r${place}`, { behaviour, seed: place, policy: 2 }));
      const fleet = fleetOfReplicas(replicas);
      const first = await rehearse({ clock, database, fleet });
      const { id } = await first.start(document);
      await first.desk.command(id, 'abort', ada);
      await first.until(id, isOver);
      await first.desk.unroute('darcy', ada);
      await first.desk.close();

      const death = new Death(at);
      const parts = { database: mortalDatabase(database, death), fleet: mortalFleet(fleet, death), clock };
      const mortal = await rehearse(parts).catch(() => undefined);
      await mortal?.run();
      isAlive = !death.isDead;
      const next = await rehearse({ clock, database, fleet });
      await mortal?.desk.close();
      await next.run();
      await next.tick(12);
      expect(replicas.map(isPolicys), `killed at ${at}`).toEqual([true, true]);
      const { events } = await next.desk.evidence(id);
      expect(events.filter(({ text }) => text.startsWith('unroute'))).toHaveLength(1);
      await next.close();
      if (isAlive) expect(at).toBeGreaterThan(15);
    }
  });
});
