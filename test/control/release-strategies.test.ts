import type { ReleaseDocument } from 'galerkin/control';
import { shareOf } from 'galerkin/model';
import { describe, expect, test } from 'vitest';
import { parseRelease } from '../../dist/control/release/planning.js';
import { stagesOf } from '../../dist/control/release/strategies/stages-of.js';
import type { Behaviour } from './release-fleet.js';
import { isOver, rehearsals } from './release-rehearsal.js';

const rehearse = rehearsals();
const strategies: Record<string, ReleaseDocument['strategy']> = {
  canary: { kind: 'canary', steps: [{ weight: '10%' }, { weight: '50%', hold: '5m' }] },
  'blue-green': { kind: 'blue-green', hold: '5m', watch: '10s' },
  rolling: { kind: 'rolling', hold: '2m' },
  ab: { kind: 'ab', hold: '1m' },
  shadow: { kind: 'shadow', hold: '5m', end: 'promote' },
};
const damages: Record<string, Partial<Behaviour>> = {
  'twice as slow': { latencyMs: 20 },
  'failing in one of ten': { errorRate: 0.1 },
  'with three times the residual': { residual: 0.03 },
};

async function released(strategy: ReleaseDocument['strategy'], candidate: Partial<Behaviour>) {
  const rehearsal = await rehearse({ candidate });
  const { id } = await rehearsal.start({ version: 2, baseline: 1, strategy });
  const status = await rehearsal.until(id, isOver);
  await rehearsal.tick(10);
  const { replicas, faults } = rehearsal;
  await rehearsal.close();
  return { status, replicas, faults };
}

describe.each(Object.entries(strategies))('%s', (_, strategy) => {
  test('lets a sound version in', async () => {
    const { status, replicas, faults } = await released(strategy, {});
    expect(status).toMatchObject({ phase: 'promoted', candidate: 2 });
    for (const { route, loaded } of replicas) expect([route?.stable, ...loaded]).toEqual([2, 2]);
    expect(faults).toEqual([]);
  });

  test.each(Object.entries(damages))('stops one that is %s', async (__, damage) => {
    const { status, replicas } = await released(strategy, damage);
    expect(status).toMatchObject({ phase: 'aborted', judgement: { verdict: 'abort' } });
    for (const { route, loaded } of replicas) expect([route?.stable, ...loaded]).toEqual([1, 1]);
  });
});

describe('what each strategy does on its way', () => {
  const sharesOf = async (strategy: ReleaseDocument['strategy']) => {
    const { replicas } = await released(strategy, {});
    return replicas.map(({ obeyed }) => [...new Set(obeyed.map(route => shareOf(route, 2)))]);
  };

  test('canary: every replica goes through every weight', async () => {
    expect(await sharesOf(strategies.canary ?? { kind: 'shadow' })).toEqual([
      [0, 1000, 5000, 10_000],
      [0, 1000, 5000, 10_000],
    ]);
  });

  test('blue-green, rolling and shadow: a replica gives its traffic at once or not at all', async () => {
    for (const kind of ['blue-green', 'rolling', 'shadow'] as const) {
      const all = [0, 10_000];
      expect(await sharesOf(strategies[kind] ?? { kind: 'shadow' })).toEqual([all, all]);
    }
  });

  test('blue-green: after the switch the old version stays loaded, and comes back in one step', async () => {
    const rehearsal = await rehearse();
    const { id } = await rehearsal.start({
      version: 2,
      baseline: 1,
      strategy: { kind: 'blue-green', watch: '1h', hold: '1h' },
    });
    await rehearsal.until(id, ({ stage, obeyed }) => stage === 1 && obeyed.length === 2);
    for (const { route, loaded } of rehearsal.replicas) {
      expect(route && shareOf(route, 2)).toBe(10_000);
      expect([...loaded].sort()).toEqual([1, 2]);
    }
    const orders = rehearsal.replicas.map(({ obeyed }) => obeyed.length);
    await rehearsal.desk.command(id, 'abort', { by: 'ada', why: 'looks wrong' });
    await rehearsal.tick(2);
    expect(await rehearsal.desk.status(id)).toMatchObject({
      phase: 'aborted',
      reason: expect.stringContaining('ada: looks wrong'),
    });
    expect(rehearsal.replicas.map(({ obeyed }) => obeyed.length)).toEqual(orders.map(count => count + 1));
    await rehearsal.close();
  });

  test('rolling: the second replica changes only after the first one', async () => {
    const rehearsal = await rehearse({ replicas: 3 });
    const { id } = await rehearsal.start({ version: 2, baseline: 1, strategy: { kind: 'rolling', hold: '20s' } });
    const seen = new Set<string>();
    await rehearsal.until(id, status => {
      seen.add(rehearsal.replicas.map(({ route }) => (route && shareOf(route, 2) > 0 ? 'new' : 'old')).join(' '));
      return isOver(status);
    });
    expect([...seen]).toEqual(['new old old', 'new new old', 'new new new']);
    await rehearsal.close();
  });

  test('A/B: clients are told apart by address unless the document says otherwise, with a salt of this release', async () => {
    const rehearsal = await rehearse();
    const rules = [{ kind: 'header' as const, name: 'x-team', equals: 'physics' }];
    const { id } = await rehearsal.start({
      version: 2,
      baseline: 1,
      strategy: { kind: 'ab', split: '30%', rules, end: 'report' },
    });
    await rehearsal.until(id, ({ phase }) => phase === 'running');
    await rehearsal.tick(2);
    expect(rehearsal.replicas[0]?.route).toMatchObject({
      sticky: { kind: 'client-address' },
      salt: id,
      rules: [{ version: 2, when: rules[0] }],
      shares: [
        { version: 1, share: 7000 },
        { version: 2, share: 3000 },
      ],
    });
    expect(await rehearsal.until(id, isOver, 4000)).toMatchObject({
      phase: 'reported',
      judgement: { verdict: 'promote' },
    });
    await rehearsal.tick(10);
    expect(rehearsal.replicas[0]?.route?.shares).toEqual([{ version: 1, share: 10_000 }]);
    await rehearsal.close();
  });

  test('rolling where one batch is everything: the old version is watched alone first', () => {
    const spec = parseRelease({ model: 'darcy', strategy: { kind: 'rolling', batch: 4 } });
    expect(stagesOf(spec, { replicas: 3 }).map(({ candidateShare }) => candidateShare)).toEqual([0, 10_000]);
    expect(stagesOf(spec, { replicas: 9 }).map(({ replicas }) => replicas)).toEqual([4, 8, 'all']);
  });
});
