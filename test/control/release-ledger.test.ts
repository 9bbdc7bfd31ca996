// What the ledger of versions hears of releases, and what their history says: each once, and in its own words.
import type { ReleaseDocument, VersionLedger } from 'galerkin/control';
import { ModelVersionManager, versionMigrations } from 'galerkin/control';
import { openRepository, writePackage } from 'galerkin/model';
import { openSql } from 'galerkin/store';
import { describe, expect, test } from 'vitest';
import { draft } from '../model/fixtures/draft.mjs';
import { freshPaths } from '../store/folder.js';
import { countingJudge } from './release-counting-judge.js';
import { isOver, rehearsals } from './release-rehearsal.js';

const rehearse = rehearsals();
const freshPath = freshPaths();
const ada = { by: 'ada', why: 'a test' };
const document: Omit<ReleaseDocument, 'model'> = {
  description: 'smaller mesh',
  strategy: { kind: 'canary', steps: [{ weight: '20%', hold: '10s' }] },
  judge: { minSamples: 50 },
};
const judged = (verdict: 'continue' | 'promote' | 'abort') => ({
  experts: { openJudge: countingJudge(verdict, 50) },
});

/** Keeps what it hears; refuses what `refuses` says. */
function listening(refuses: (said: string, times: number) => boolean = () => false) {
  const heard: string[] = [];
  const hear =
    (what: string): VersionLedger['candidate'] =>
    async (model, version, { by, why }, release) => {
      const said = `${what} ${model}/${version} ${release}`;
      const times = heard.filter(each => each === said).length;
      heard.push(said);
      expect([by, what === 'candidate' ? why : 'smaller mesh']).toEqual(['ada', 'smaller mesh']);
      if (refuses(said, times)) throw new Error(`away: ${said}`);
    };
  return { heard, versions: { candidate: hear('candidate'), promoted: hear('promoted'), refused: hear('refused') } };
}

describe('the ledger of versions', () => {
  test('hears that a release began and how it ended, each until it has heard', async () => {
    const { heard, versions } = listening((_, times) => times < 2);
    const rehearsal = await rehearse({ ...judged('promote'), versions });
    const { id } = await rehearsal.start(document);
    await rehearsal.until(id, isOver);
    await rehearsal.tick(10);
    const thrice = (what: string) => Array.from({ length: 3 }, () => `${what} darcy/2 ${id}`);
    expect(heard).toEqual([...thrice('candidate'), ...thrice('promoted')]);
    expect(rehearsal.faults.map(String)).toContain(`Error: away: promoted darcy/2 ${id}`);
    await rehearsal.close();
  });

  test('that refuses to hear of one release hears of the next ones all the same', async () => {
    let never = '';
    const { heard, versions } = listening(said => said.includes(never));
    const rehearsal = await rehearse({ ...judged('promote'), versions });
    const first = await rehearsal.start({ ...document, version: 2 });
    never = first.id;
    await rehearsal.until(first.id, isOver);
    const second = await rehearsal.start({ ...document, version: 1 });
    await rehearsal.until(second.id, isOver);
    await rehearsal.tick(3);
    expect(heard.filter(said => said.includes(second.id))).toEqual([
      `candidate darcy/1 ${second.id}`,
      `promoted darcy/1 ${second.id}`,
    ]);
    expect(heard.filter(said => said === `promoted darcy/2 ${first.id}`).length).toBeGreaterThan(3);
    await rehearsal.close();
  });

  test('of the registry calls the version a candidate while its release is under way', async () => {
    const repository = freshPath();
    for (const version of [1, 2]) await writePackage(repository, draft({ version, text: `v${version}` }));
    const database = await openSql({ url: 'sqlite::memory:', migrations: versionMigrations });
    const versions = new ModelVersionManager({ database, repository: openRepository(repository) });
    const rehearsal = await rehearse({ ...judged('abort'), versions });
    const { id } = await rehearsal.start({ ...document, onHarm: 'pause' });
    await rehearsal.until(id, ({ phase }) => phase === 'paused');
    expect(await versions.get('darcy', 2)).toMatchObject({ stage: 'candidate' });
    await rehearsal.desk.command(id, 'abort', ada);
    await rehearsal.until(id, isOver);
    await rehearsal.tick(2);
    expect(await versions.get('darcy', 2)).toMatchObject({ stage: 'refused' });
    await rehearsal.close();
    await database.close();
  });
});

describe('the history of a release', () => {
  async function historyOf(verdict: 'promote' | 'abort', end?: { readonly away: boolean }) {
    const rehearsal = await rehearse(judged(verdict));
    const { id } = await rehearsal.start(document);
    const [, second] = rehearsal.replicas;
    if (end?.away === true && second !== undefined) {
      await rehearsal.until(id, ({ phase }) => phase === 'running');
      second.isReachable = false;
    }
    const { reason } = await rehearsal.until(id, isOver);
    const { events } = await rehearsal.desk.evidence(id);
    await rehearsal.close();
    return { reason, phases: events.filter(({ kind }) => kind === 'phase').map(({ text }) => text) };
  }

  test('tells the decision and the end each in its own words, and the reason stays', async () => {
    const aborted = await historyOf('abort');
    expect(new Set(aborted.phases).size).toBe(aborted.phases.length);
    expect(aborted.phases.slice(-2)).toEqual([
      expect.stringMatching(/All traffic goes back to version 1\.$/),
      'Version 1 answers alone again on every replica.',
    ]);
    expect(aborted.reason).toBe(aborted.phases.at(-2));
    const promoted = await historyOf('promote');
    expect(promoted.phases.at(-1)).toBe('Version 2 answers alone on every replica.');
    expect(promoted.reason).toMatch(/^Version 2 answers alone\. ./);
  });

  test('names replicas that could not be reached', async () => {
    const { phases } = await historyOf('abort', { away: true });
    expect(phases.at(-1)).toBe(
      'Version 1 answers alone again where it was reached. Not reached yet, and told when they are back: replica-2.',
    );
  });

  test.each(['drift in production', 'drift in production.'])('sets one full stop after the reason %j', async why => {
    const { desk, close } = await rehearse();
    const { id } = await desk.start({ model: 'darcy', ...document }, { by: 'ada', why });
    const { events } = await desk.evidence(id);
    expect(events[0]?.text).toContain('version 1. Why: drift in production. Judged: ');
    await close();
  });

  test('tells of the adviser only when it says something else than it was told to say', async () => {
    const said = ['go', undefined, 'go', undefined, 'go', 'hold', undefined, 'hold', 'go'] as const;
    let place = 0;
    const openAdviser = async () => ({
      hear: () => {},
      advise: async (atMs: number) => {
        const advice = said[Math.min(place++, said.length - 1)];
        return { atMs, advice, probability: 0.5, confidence: 0.5, drivers: [] };
      },
      close: async () => {},
    });
    const rehearsal = await rehearse({ experts: { openAdviser, openJudge: countingJudge('continue', 50) } });
    const { id } = await rehearsal.start(document);
    await rehearsal.until(id, isOver);
    const { events } = await rehearsal.desk.evidence(id);
    const advice = events.filter(({ kind }) => kind === 'advice').map(({ text }) => text.split(':')[0]);
    expect(place).toBeGreaterThan(said.length);
    expect(advice).toEqual(['go', 'hold', 'go']);
    await rehearsal.close();
  });
});
