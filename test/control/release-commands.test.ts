import { standingRoutes } from 'galerkin/control';
import { describe, expect, test } from 'vitest';
import { countingJudge } from './release-counting-judge.js';
import { isOver, rehearsals } from './release-rehearsal.js';

const rehearse = rehearsals();
const ada = { by: 'ada', why: 'because' };
const steps = [
  { weight: '20%', hold: '10s' },
  { weight: '60%', hold: '10s' },
];
const document = { version: 2, baseline: 1, strategy: { kind: 'canary' as const, steps } };
const judged = (verdict: 'promote' | 'continue' | 'abort', enough = 50) => ({
  experts: { openJudge: countingJudge(verdict, enough) },
});
const shares = (rehearsal: Awaited<ReturnType<typeof rehearse>>) =>
  rehearsal.replicas.map(({ route }) => route?.shares.find(({ version }) => version === 2)?.share ?? 0);

describe('what people ask of a release', () => {
  test('pause keeps shares and stops the clock; resume goes on with what was left of the stage', async () => {
    const rehearsal = await rehearse(judged('continue'));
    const { id } = await rehearsal.start(document);
    await rehearsal.until(id, ({ phase, obeyed }) => phase === 'running' && obeyed.length === 2);
    await rehearsal.tick(20);
    await rehearsal.desk.command(id, 'pause', ada);
    await rehearsal.tick(400);
    expect(await rehearsal.desk.status(id)).toMatchObject({
      phase: 'paused',
      stage: 0,
      reason: 'Paused by ada: because.',
    });
    expect(shares(rehearsal)).toEqual([2000, 2000]);
    await rehearsal.desk.command(id, 'resume', ada);
    await rehearsal.tick(15);
    expect(await rehearsal.desk.status(id)).toMatchObject({ phase: 'running', stage: 0 });
    await rehearsal.tick(10);
    expect(await rehearsal.desk.status(id)).toMatchObject({ phase: 'running', stage: 1 });
    await rehearsal.close();
  });

  test('a paused release is still judged, and stopped', async () => {
    const rehearsal = await rehearse(judged('abort', 2000));
    const { id } = await rehearsal.start(document);
    await rehearsal.until(id, ({ phase }) => phase === 'running');
    await rehearsal.desk.command(id, 'pause', ada);
    expect(await rehearsal.until(id, isOver)).toMatchObject({ phase: 'aborted' });
    await rehearsal.close();
  });

  test('promote leaves one stage, and after the last lets the version in; each command is kept with who and why', async () => {
    const rehearsal = await rehearse(judged('continue'));
    const { id } = await rehearsal.start(document);
    await rehearsal.until(id, ({ phase }) => phase === 'running');
    await rehearsal.desk.command(id, 'promote', ada);
    await rehearsal.until(id, ({ stage }) => stage === 1);
    await rehearsal.desk.command(id, 'promote', ada);
    expect(await rehearsal.until(id, isOver)).toMatchObject({ phase: 'promoted' });
    const { events, points } = await rehearsal.desk.evidence(id);
    expect(events.filter(({ kind }) => kind === 'command')).toMatchObject([
      { by: 'ada', text: 'promote (ada: because)' },
      { by: 'ada', text: 'promote (ada: because)' },
    ]);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, place) => place + 1));
    expect(points.length).toBeGreaterThan(2);
    await expect(rehearsal.desk.command(id, 'abort', ada)).rejects.toMatchObject({ code: 'RELEASE_PHASE', http: 409 });
    await rehearsal.close();
  });

  test('a step with an approval waits for a person', async () => {
    const rehearsal = await rehearse(judged('promote'));
    const approved = {
      kind: 'canary' as const,
      steps: [{ weight: '20%', hold: '10s', approve: true }, { weight: '60%' }],
    };
    const { id } = await rehearsal.start({ ...document, strategy: approved });
    await rehearsal.until(id, ({ phase }) => phase === 'paused');
    await rehearsal.tick(1000);
    expect(await rehearsal.desk.status(id)).toMatchObject({ phase: 'paused', stage: 0 });
    await rehearsal.desk.command(id, 'promote', ada);
    expect(await rehearsal.until(id, isOver)).toMatchObject({ phase: 'promoted' });
    await rehearsal.close();
  });

  test.each([
    ['abort', 'aborted'],
    ['pause', 'paused'],
    ['promote', 'promoted'],
  ] as const)('time over without proof: the document says %s', async (inconclusive, phase) => {
    const rehearsal = await rehearse(judged('continue'));
    const { id } = await rehearsal.start({ ...document, inconclusive });
    expect(await rehearsal.until(id, status => isOver(status) || status.phase === 'paused')).toMatchObject({ phase });
    await rehearsal.close();
  });

  test('the adviser can only make it slower: its doubt doubles the time of a stage, and proof goes before it', async () => {
    const hold = { probability: 0.99, confidence: 0.99, advice: 'hold' as const, drivers: [] };
    const openAdviser = async () => ({
      hear: () => {},
      advise: async (atMs: number) => ({ ...hold, atMs }),
      close: async () => {},
    });
    const ticksOf = async (verdict: 'continue' | 'promote') => {
      const rehearsal = await rehearse({ experts: { openAdviser, openJudge: countingJudge(verdict, 50) } });
      const { id } = await rehearsal.start({ ...document, inconclusive: 'promote' });
      const { startedAtMs, endedAtMs = 0, phase } = await rehearsal.until(id, isOver);
      await rehearsal.close();
      return { phase, ms: endedAtMs - startedAtMs };
    };
    const doubted = await ticksOf('continue');
    expect(doubted.phase).toBe('promoted');
    expect(doubted.ms).toBeGreaterThanOrEqual(40_000);
    expect((await ticksOf('promote')).ms).toBeLessThan(10_000);
  });

  test('where the document leaves harm to people, it pauses with the shares as they are', async () => {
    const rehearsal = await rehearse(judged('abort'));
    const { id } = await rehearsal.start({ ...document, onHarm: 'pause' });
    expect(await rehearsal.until(id, ({ phase }) => phase === 'paused')).toMatchObject({
      judgement: { verdict: 'abort' },
    });
    expect(shares(rehearsal)).toEqual([2000, 2000]);
    await rehearsal.desk.command(id, 'abort', ada);
    expect(await rehearsal.until(id, isOver)).toMatchObject({ phase: 'aborted' });
    await rehearsal.close();
  });
});

describe('what fails around a release', () => {
  test('a judge that fails keeps nobody from aborting, and promotes nothing', async () => {
    const openJudge = () => {
      throw new Error('no judge');
    };
    const rehearsal = await rehearse({ experts: { openJudge } });
    const first = await rehearsal.start(document);
    await rehearsal.until(first.id, ({ phase }) => phase === 'running');
    await rehearsal.desk.command(first.id, 'abort', ada);
    expect(await rehearsal.until(first.id, isOver)).toMatchObject({ phase: 'aborted' });
    const second = await rehearsal.start(document);
    expect(await rehearsal.until(second.id, isOver)).toMatchObject({
      phase: 'aborted',
      reason: expect.stringContaining('nothing could be judged'),
    });
    expect(rehearsal.faults.map(String)).toEqual(['Error: no judge', 'Error: no judge']);
    await rehearsal.close();
  });

  test('one that cannot load the version: nobody gets traffic of it', async () => {
    const rehearsal = await rehearse(judged('promote'));
    rehearsal.replicas[1]?.broken.add(2);
    const { id } = await rehearsal.start(document);
    const ended = await rehearsal.until(id, isOver);
    expect(ended).toMatchObject({ phase: 'aborted', reason: expect.stringContaining('replica-2: MODEL_LOAD_FAILED') });
    for (const { obeyed } of rehearsal.replicas)
      for (const { shares: each } of obeyed) expect(each.find(({ version }) => version === 2)?.share ?? 0).toBe(0);
    await rehearsal.close();
  });

  test('one that starts anew in the middle gets the present route again; the others go on', async () => {
    const rehearsal = await rehearse(judged('continue'));
    const { id } = await rehearsal.start(document);
    await rehearsal.until(id, ({ stage, obeyed }) => stage === 0 && obeyed.length === 2);
    const [first] = rehearsal.replicas;
    first?.restart([]);
    await rehearsal.tick(8);
    expect(shares(rehearsal)).toEqual([2000, 2000]);
    // Nothing of version 2 came to it before version 2 was loaded.
    expect(first?.obeyed.slice(-2).map(({ shares: each }) => each[1]?.share)).toEqual([0, 2000]);
    first?.restart(await standingRoutes(rehearsal.database, 'replica-1'));
    expect(shares(rehearsal)).toEqual([2000, 2000]);
    await rehearsal.close();
  });

  test('one that cannot be reached keeps nobody waiting, and is told when it is back, also after the end', async () => {
    const rehearsal = await rehearse(judged('promote'));
    const [first, second] = rehearsal.replicas;
    const { id } = await rehearsal.start(document);
    await rehearsal.until(id, ({ phase, obeyed }) => phase === 'running' && obeyed.length === 2);
    if (second !== undefined) second.isReachable = false;
    expect(await rehearsal.until(id, isOver)).toMatchObject({ phase: 'promoted' });
    expect(first?.route?.stable).toBe(2);
    expect(second?.route?.stable).toBe(1);
    if (second !== undefined) second.isReachable = true;
    await rehearsal.tick(20);
    expect(second?.route?.shares).toEqual([{ version: 2, share: 10_000 }]);
    await rehearsal.close();
  });

  test('events reach whoever listens, in order, with the status', async () => {
    const rehearsal = await rehearse(judged('promote'));
    const told: string[] = [];
    const stop = rehearsal.desk.subscribe(({ sequence, kind, status }) =>
      told.push(`${sequence} ${kind} ${status.spec.model}`),
    );
    const { id } = await rehearsal.start(document);
    await rehearsal.until(id, isOver);
    const { events } = await rehearsal.desk.evidence(id);
    expect(told).toEqual(events.map(({ sequence, kind }) => `${sequence} ${kind} darcy`));
    stop();
    await rehearsal.close();
  });
});
