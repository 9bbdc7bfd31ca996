// What a candidate is held against: the version that the servers really answer with, not the one that lies next to it.

import { seededRandom } from 'galerkin/base';
import { fleetOf, openReleases, ownReplica, type Replica } from 'galerkin/control';
import { openRepository } from 'galerkin/model';
import { describe, expect, test } from 'vitest';
import { scaleBy } from '../serve/fixtures/plain-repository.js';
import { routedServer } from '../serve/fixtures/routed-server.js';
import { freshDatabase, silent } from './release-rehearsal.js';

const document = { model: 'scale', strategy: { kind: 'shadow' as const } };
const ada = { by: 'ada', why: '' };

/** A server that answers with version 1, and to whose repository 2 and 3 came later. */
async function lateVersions(config?: string) {
  const house = await routedServer({ versions: [1], ...(config !== undefined && { config }) });
  for (const version of [2, 3]) await house.repository.add('scale', version, scaleBy(version));
  const own = ownReplica('own', house.server.traffic);
  const database = await freshDatabase();
  const deskOf = (...replicas: readonly Replica[]) =>
    openReleases({
      database,
      fleet: fleetOf(...replicas),
      repository: openRepository(house.repository.folder),
      random: seededRandom(1),
      experts: { openAdviser: silent },
      replicaTimeoutMs: 100,
    });
  const close = async (): Promise<void> => {
    await database.close();
    await house.close();
  };
  return { house, own, deskOf, close };
}

describe('the baseline of a model without a route', () => {
  test.each(['version_policy: { latest: { num_versions: 1 } }', 'version_policy: { all: {} }'])(
    'is the version that answers, where newer ones were dropped beside it: %s',
    async config => {
      const { house, own, deskOf, close } = await lateVersions(config);
      expect((await house.ask()).version).toBe(1);
      const desk = await deskOf(own);
      const plan = await desk.plan(document);
      expect(plan).toMatchObject({ candidate: 3, baseline: 1, faults: [] });
      expect(plan.notes.join()).toContain('Version 1 is the baseline, because it is what answers now');
      expect(await desk.start({ ...document, version: 2 }, ada)).toMatchObject({ candidate: 2, baseline: 1 });
      await desk.close();
      await close();
    },
  );

  test('is what the document says, whatever answers', async () => {
    const { own, deskOf, close } = await lateVersions();
    const desk = await deskOf(own);
    expect(await desk.plan({ ...document, baseline: 2 })).toMatchObject({ baseline: 2, notes: [] });
    await desk.close();
    await close();
  });

  test('is refused where replicas answer with different versions, and they are named', async () => {
    const { own, deskOf, close } = await lateVersions();
    const other: Replica = { ...own, name: 'zoe', standing: async () => 2 };
    const desk = await deskOf(own, other);
    await expect(desk.start(document, ada)).rejects.toMatchObject({
      code: 'RELEASE_REFUSED',
      fields: { why: expect.stringContaining('own with version 1, zoe with version 2') },
    });
    await desk.close();
    await close();
  });

  test('is not asked of replicas that are away, hang or do not run it; without any it is guessed, and the plan says so', async () => {
    const { own, deskOf, close } = await lateVersions();
    const away: Replica = { ...own, name: 'away', standing: () => Promise.reject(new Error('gone')) };
    const hung: Replica = { ...own, name: 'hung', standing: () => new Promise(() => {}) };
    const idle: Replica = { ...own, name: 'idle', standing: async () => undefined };
    const desk = await deskOf(away, hung, idle, own);
    expect(await desk.plan(document)).toMatchObject({ baseline: 1 });
    await desk.close();
    const blind = await deskOf(away, hung, idle);
    const plan = await blind.plan({ ...document, version: 2 });
    expect(plan.notes.join()).toContain('no replica says what answers now');
    await blind.close();
    await close();
  });

  test('must be named where the candidate answers already and there are several others', async () => {
    const { own, deskOf, close } = await lateVersions();
    const newest: Replica = { ...own, standing: async () => 3 };
    const desk = await deskOf(newest);
    await expect(desk.plan(document)).rejects.toMatchObject({
      code: 'RELEASE_REFUSED',
      fields: { why: expect.stringMatching(/version 3 answers already.*say 'baseline'/) },
    });
    expect(await desk.plan({ ...document, baseline: 1 })).toMatchObject({ baseline: 1, faults: [] });
    await desk.close();
    await close();
  });
});
