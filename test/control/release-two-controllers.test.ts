import { manualClock } from 'galerkin/base';
import type { Fleet } from 'galerkin/control';
import type { Office, SqlDatabase } from 'galerkin/store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasPostgres, type PostgresServer, startPostgres } from '../store/postgres.js';
import { countingJudge } from './release-counting-judge.js';
import { fleetOfReplicas, simulatedReplica, sound } from './release-fleet.js';
import { freshDatabase, isOver, rehearsals } from './release-rehearsal.js';

const rehearse = rehearsals();
const behaviour = new Map([1, 2].map(version => [version, sound]));
const steps = [
  { weight: '20%', hold: '1h' },
  { weight: '60%', hold: '1h' },
];
const document = { model: 'darcy', version: 2, baseline: 1, strategy: { kind: 'canary' as const, steps } };
const ada = { by: 'ada', why: '' };

/** A fleet whose orders wait at a gate, as on a slow network. */
function gated(inner: Fleet) {
  let open = (): void => {};
  let gate: Promise<void> = Promise.resolve();
  return {
    fleet: {
      replicas: async () =>
        (await inner.replicas()).map(replica => ({
          ...replica,
          name: replica.name,
          apply: async (route: Parameters<typeof replica.apply>[0]) => {
            await gate;
            return replica.apply(route);
          },
        })),
    } satisfies Fleet,
    shut: () => {
      gate = new Promise(resolve => {
        open = resolve;
      });
    },
    open: () => open(),
  };
}

/** A controller that does not notice that it has lost its office. */
function deluded<Tables>(inner: SqlDatabase<Tables>) {
  let real: Office | undefined;
  const database: SqlDatabase<Tables> = {
    ...inner,
    async takeOffice(name) {
      real = await inner.takeOffice(name);
      return (
        real && {
          ...real,
          term: real.term,
          lost: new Promise<void>(() => {}),
          isHeld: () => true,
          resign: async () => {},
        }
      );
    },
  };
  return { database, lose: async () => real?.resign() };
}

describe.skipIf(!hasPostgres())('two controllers on one PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  async function two() {
    const url = await server.freshDatabase();
    const clock = manualClock(1_700_000_000_000);
    const replicas = [1, 2].map(place => simulatedReplica(`r${place}`, { behaviour, seed: place, policy: 2 }));
    const slow = gated(fleetOfReplicas(replicas));
    const databases = [await freshDatabase(url), await freshDatabase(url)] as const;
    const office = deluded(databases[0]);
    const common = { clock, requestsPerTick: 0, experts: { openJudge: countingJudge('continue', 1) } };
    const first = await rehearse({ ...common, database: office.database, fleet: slow.fleet });
    const second = await rehearse({ ...common, database: databases[1], fleet: fleetOfReplicas(replicas) });
    const close = async (): Promise<void> => {
      slow.open();
      await Promise.all([first.desk.close(), second.desk.close()]);
      for (const database of databases) await database.close();
    };
    return { first, second, replicas, slow, office, clock, close };
  }

  test('only one acts, and anybody may ask', async () => {
    const { first, second, replicas, close } = await two();
    await first.run();
    await second.run();
    expect([first.desk.isInOffice(), second.desk.isInOffice()]).toEqual([true, false]);
    const { id } = await second.desk.start(document, ada);
    await first.until(id, ({ phase, obeyed }) => phase === 'running' && obeyed.length === 2);
    await second.tick(5);
    await second.desk.command(id, 'abort', ada);
    await first.until(id, isOver);
    for (const { obeyed, refused } of replicas) {
      expect(new Set(obeyed.map(({ fence }) => fence.term))).toEqual(new Set([1]));
      expect(refused).toEqual([]);
    }
    await close();
  });

  test('one that has lost its office without noticing changes nothing: its rows and its late orders are refused', async () => {
    const { first, second, replicas, slow, office, clock, close } = await two();
    await first.run();
    const { id } = await first.desk.start(document, ada);
    await first.until(id, ({ phase, obeyed }) => phase === 'running' && obeyed.length === 2);
    // The first controller writes the next stage down; its orders for 60 % are on a slow way.
    slow.shut();
    await second.desk.command(id, 'promote', ada);
    clock.advance(250);
    await expect.poll(async () => (await second.desk.status(id)).stage).toBe(1);
    // It loses its office, the second takes over and is told to abort.
    await office.lose();
    await second.run();
    expect(second.desk.isInOffice()).toBe(true);
    await second.desk.command(id, 'abort', ada);
    expect(await second.until(id, isOver)).toMatchObject({ phase: 'aborted' });
    const before = await second.desk.status(id);
    // Now the late orders arrive, and the first goes on as if nothing had happened.
    slow.open();
    await expect.poll(() => replicas.every(({ refused }) => refused.length > 0)).toBe(true);
    await second.tick(10);
    for (const { route, refused } of replicas) {
      expect(route?.shares).toEqual([{ version: 1, share: 10_000 }]);
      expect(new Set(refused.map(({ fence }) => fence.term))).toEqual(new Set([1]));
    }
    expect(await second.desk.status(id)).toEqual(before);
    await close();
  });

  test('two start a release of one model at the same moment: one is refused by name', async () => {
    const { first, second, close } = await two();
    const both = await Promise.allSettled([first.desk.start(document, ada), second.desk.start(document, ada)]);
    const begun = both.flatMap(each => (each.status === 'fulfilled' ? [each.value.id] : []));
    const refused = both.flatMap(each => (each.status === 'rejected' ? [each.reason] : []));
    expect(begun).toHaveLength(1);
    expect(refused).toMatchObject([{ code: 'RELEASE_RUNNING', fields: { model: 'darcy', id: begun[0] } }]);
    await close();
  });
});
