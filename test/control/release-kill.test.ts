import { manualClock } from 'galerkin/base';
import type { ReleaseStatus } from 'galerkin/control';
import { standingRoutes } from 'galerkin/control';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { countingJudge } from './release-counting-judge.js';
import { fleetOfReplicas, type SimulatedReplica, simulatedReplica, sound } from './release-fleet.js';
import { Death, mortalDatabase, mortalFleet } from './release-mortal.js';
import { freshDatabase, isOver, rehearsals } from './release-rehearsal.js';

const rehearse = rehearsals();
const requestsPerTick = 30;
const document = {
  version: 2,
  baseline: 1,
  strategy: { kind: 'canary' as const, steps: [{ weight: '20%' }, { weight: '60%' }] },
  judge: { minSamples: 10 },
};
const behaviour = new Map([1, 2].map(version => [version, sound]));

interface Survived {
  readonly status: ReleaseStatus;
  readonly replicas: readonly SimulatedReplica[];
  /** Things that the first controller did. */
  readonly done: number;
  readonly heard: number;
  readonly read: number;
  /** What a new server would be told. */
  readonly standing: number[];
}

/** A release whose controller dies at the `at`-th thing that it does; another one goes on. */
async function survive(at: number, verdict: 'promote' | 'abort'): Promise<Survived> {
  const clock = manualClock(1_700_000_000_000);
  const database = await freshDatabase();
  const replicas = [1, 2].map(place => simulatedReplica(`r${place}`, { behaviour, seed: place, policy: 2 }));
  const fleet = fleetOfReplicas(replicas);
  const common = { clock, requestsPerTick, experts: { openJudge: countingJudge(verdict, 40) } };
  // Somebody else's desk: it writes the release down, looks at it, and never runs.
  const { desk } = await rehearse({ ...common, database, fleet });
  const begun = await desk.start({ model: 'darcy', ...document }, { by: 'ada', why: '' });
  const death = new Death(at);
  const mortal = await rehearse({
    ...common,
    database: mortalDatabase(database, death),
    fleet: mortalFleet(fleet, death),
  }).catch(() => undefined);
  const serve = (): void => {
    for (const replica of replicas) replica.serve(requestsPerTick, clock.now());
  };
  await mortal?.run();
  for (let k = 0; k < 200 && mortal !== undefined && !death.isDead; k++) {
    serve();
    await mortal.tick();
    if (isOver(await desk.status(begun.id))) break;
  }
  const next = await rehearse({ ...common, database, fleet });
  await mortal?.desk.close();
  await next.run();
  for (let k = 0; k < 200 && !isOver(await next.desk.status(begun.id)); k++) {
    serve();
    await next.tick();
  }
  await next.tick(10);
  const status = await next.desk.status(begun.id);
  const row = await database.query.selectFrom('release_memory').selectAll().executeTakeFirstOrThrow();
  const { heard } = z.object({ heard: z.number() }).parse(JSON.parse(row.memory));
  const cursors = z.record(z.string(), z.number()).parse(JSON.parse(row.cursors));
  const standing = (await standingRoutes(database, 'new')).map(({ stable }) => stable);
  await next.close();
  const read = Object.values(cursors).reduce((sum, each) => sum + each, 0);
  return { status, replicas, done: death.done, heard, read, standing };
}

/** Some lives at once: half of each is waiting for files. */
const atOnce = 8;

/** Each thing in turn, until the controller lives to see the end. */
async function surviveAll(
  verdict: 'promote' | 'abort',
  assert: (survived: Survived, at: number) => void,
): Promise<number> {
  for (let first = 1; ; first += atOnce) {
    const lives = await Promise.all(Array.from({ length: atOnce }, (_, place) => survive(first + place, verdict)));
    for (const [place, survived] of lives.entries()) {
      assert(survived, first + place);
      if (survived.done < first + place) return first + place - 1;
    }
  }
}

function assertAlone({ status, replicas, heard, read, standing }: Survived, version: number): void {
  for (const { route, loaded, obeyed } of replicas) {
    expect(route?.shares).toEqual([{ version, share: 10_000 }]);
    expect([...loaded]).toEqual([version]);
    // Orders came in the order of their fences, whoever gave them.
    const fences = obeyed.map(each => [each.fence.term, each.fence.revision]);
    expect(fences).toEqual([...fences].sort(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d));
  }
  expect(status.candidate).toBe(2);
  expect(standing).toEqual([version]);
  expect(heard).toBe(read);
}

describe('a controller that is killed', () => {
  test('at any read, write or order of a release that is promoted: another one goes on, and it is promoted', async () => {
    const things = await surviveAll('promote', (survived, at) => {
      expect(survived.status.phase, `killed at ${at}`).toBe('promoted');
      assertAlone(survived, 2);
    });
    console.log(`killed at each of ${things} things`);
    expect(things).toBeGreaterThan(80);
  });

  test('at any read, write or order of a release that is stopped: another one goes on, and the old version answers alone', async () => {
    const things = await surviveAll('abort', (survived, at) => {
      expect(survived.status.phase, `killed at ${at}`).toBe('aborted');
      assertAlone(survived, 1);
    });
    console.log(`killed at each of ${things} things`);
    expect(things).toBeGreaterThan(60);
  });
});
