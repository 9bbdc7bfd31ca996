import { writeFileSync } from 'node:fs';
import { AdaptiveDeploymentSystem, CanaryController, readReleaseDocument, releaseSchema } from 'galerkin/control';
import { writePackage } from 'galerkin/model';
import { describe, expect, test } from 'vitest';
import { draft } from '../model/fixtures/draft.mjs';
import { freshPaths } from '../store/folder.js';
import { countingJudge } from './release-counting-judge.js';
import { isOver, rehearsals } from './release-rehearsal.js';

const rehearse = rehearsals();
const freshPath = freshPaths();
const ada = { by: 'ada', why: '' };

function written(ending: string, text: string): string {
  const path = `${freshPath()}.${ending}`;
  writeFileSync(path, text);
  return path;
}
const faultsOf = async (path: string): Promise<string> => {
  const error = await readReleaseDocument(path).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: 'RELEASE_INVALID', http: 400 });
  return String(error);
};

describe('release documents', () => {
  const yaml =
    'model: darcy\nstrategy:\n  kind: canary\n  steps:\n    - { weight: 5%, hold: 30s }\n    - { weight: 50% }\n';

  test('YAML, JSON and a module say the same', async () => {
    const document = {
      model: 'darcy',
      strategy: { kind: 'canary', steps: [{ weight: '5%', hold: '30s' }, { weight: '50%' }] },
    };
    const json = JSON.stringify(document);
    for (const path of [
      written('yaml', yaml),
      written('yml', yaml),
      written('json', json),
      written('mjs', `export default ${json};`),
    ])
      expect(await readReleaseDocument(path)).toEqual(document);
    const spec = releaseSchema.parse(document);
    expect(spec.strategy).toMatchObject({
      steps: [
        { weight: 500, hold: 30_000 },
        { weight: 5000, hold: 60_000 },
      ],
    });
  });

  test('every fault is told at once, with its line', async () => {
    const faults = await faultsOf(
      written(
        'yaml',
        'model: darcy\nstrategy:\n  kind: canary\n  steps:\n    - weight: 150%\n    - weight: 5%\n      hold: soon\nsurprise: 1\n',
      ),
    );
    expect(faults).toContain("line 5: strategy.steps.0.weight: wanted a percentage from '0%' to '100%', got '150%'");
    expect(faults).toContain('line 7: strategy.steps.1.hold: wanted a duration');
    expect(faults).toContain('surprise');
  });

  test.each([
    ['a key twice', 'model: a\nmodel: b\n', 'line 2'],
    ['a tag of its own', 'model: !!js/function "x"\nstrategy: { kind: shadow }\n', 'line 1'],
    ['what is no YAML', 'model: [darcy\n', 'line'],
    [
      'a bomb of aliases',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nmodel: [*c,*c,*c,*c,*c,*c]\n`,
      'alias',
    ],
    [
      'weights that fall',
      'model: a\nstrategy: { kind: canary, steps: [{ weight: 50% }, { weight: 5% }] }\n',
      'do not fall',
    ],
    ['nothing', '', "line 1: wanted members such as 'model' and 'strategy', got nothing"],
    ['a list', '- model: darcy\n', 'got a list'],
    ['a text', '"darcy"', 'got a string'],
    ['bytes that are no text', String.fromCharCode(...Array.from({ length: 64 }, (_, k) => (k * 37) % 128)), 'line 1'],
  ])('%s is refused', async (_, text, fault) => {
    expect(await faultsOf(written('yaml', text))).toContain(fault);
  });

  test('a file that is too large, of another kind, without a default export, or missing is refused by name', async () => {
    await expect(readReleaseDocument(written('yaml', '#'.repeat(300_000)))).rejects.toMatchObject({
      code: 'FILE_READ_FAILED',
    });
    expect(await faultsOf(written('toml', ''))).toContain('.yaml');
    expect(await faultsOf(written('mjs', 'export const release = 1;'))).toContain('default export');
    expect(await faultsOf(written('mjs', 'export default [];'))).toContain('got a list');
    expect(await faultsOf(written('mjs', 'throw new Error("no");'))).toContain('cannot be loaded: no');
    for (const missing of ['json', 'mjs'])
      await expect(readReleaseDocument(`${freshPath()}.${missing}`)).rejects.toMatchObject({
        code: 'FILE_READ_FAILED',
      });
  });
});

describe('what is planned', () => {
  const strategy = { kind: 'shadow' as const };

  test('without versions the newest is held against the only other one, and the plan says so', async () => {
    const { desk, close } = await rehearse();
    const plan = await desk.plan({ model: 'darcy', strategy });
    expect(plan).toMatchObject({ candidate: 2, baseline: 1, longestMs: 300_000, faults: [] });
    expect(plan.notes.join()).toContain('the only other one');
    expect(plan.judged).toContain('error-rate, margin 0.01');
    await close();
  });

  test('what cannot be measured here is named with the reason', async () => {
    const { desk, close } = await rehearse();
    const criteria = ['accuracy', 'difference', 'residual'] as const;
    const judge = { criteria: criteria.map(metric => ({ metric, margin: 0.1 })) };
    const { judged, notJudged } = await desk.plan({
      model: 'darcy',
      strategy: { kind: 'canary', steps: [{ weight: '5%' }] },
      judge,
    });
    expect(judged).toEqual(['residual, margin 0.1']);
    expect(notJudged).toEqual([
      { metric: 'accuracy', why: 'no truth is named' },
      { metric: 'difference', why: 'no stage sends copies: set a mirror' },
    ]);
    await close();
  });

  test('a version held against itself, an unknown truth, and what does not exist are refused', async () => {
    const { desk, close } = await rehearse();
    const start = (more: object) => desk.start({ model: 'darcy', strategy, ...more }, ada);
    await expect(start({ version: 2, baseline: 2 })).rejects.toMatchObject({
      code: 'RELEASE_REFUSED',
      fields: { why: expect.stringContaining('itself') },
    });
    await expect(start({ truth: { model: 'oracle' } })).rejects.toMatchObject({
      code: 'RELEASE_REFUSED',
      fields: { why: expect.stringContaining('oracle') },
    });
    await expect(start({ version: 9 })).rejects.toMatchObject({ code: 'PACKAGE_VERSION_UNKNOWN' });
    await expect(start({ model: 'stokes' })).rejects.toMatchObject({ code: 'PACKAGE_UNKNOWN' });
    await expect(start({ strategy: { kind: 'big-bang' } })).rejects.toMatchObject({ code: 'RELEASE_INVALID' });
    await expect(desk.status('darcy-2-none')).rejects.toMatchObject({ code: 'RELEASE_UNKNOWN', fields: { known: [] } });
    await close();
  });

  test('another signature is refused, with every difference', async () => {
    const folder = freshPath();
    const { signatureFaults } = await import('../../dist/control/release/signatures.js');
    const { readPackage } = await import('galerkin/model');
    await writePackage(folder, draft({ version: 1, text: 'v1' }));
    const before = await readPackage(folder, 'darcy');
    const after = { ...before, inputs: before.inputs.map(each => ({ ...each, dims: [8, 8] })), outputs: [] };
    expect(signatureFaults(before, after)).toEqual([
      "input 'a' is FP32 [8, 8], not FP32 [4, 4]",
      "output 'u' is missing",
    ]);
    expect(signatureFaults(before, before)).toEqual([]);
  });

  test('one release of a model at a time; afterwards the next one begins from what stands', async () => {
    const rehearsal = await rehearse({ experts: { openJudge: countingJudge('promote', 20) } });
    const { desk } = rehearsal;
    const document = {
      model: 'darcy',
      version: 2,
      baseline: 1,
      strategy: { kind: 'canary' as const, steps: [{ weight: '50%' }] },
    };
    const first = await rehearsal.start(document);
    await expect(desk.start(document, ada)).rejects.toMatchObject({
      code: 'RELEASE_RUNNING',
      fields: { id: first.id },
    });
    await rehearsal.until(first.id, isOver);
    const back = await desk.plan({ ...document, version: 1, baseline: undefined });
    expect(back).toMatchObject({ candidate: 1, baseline: 2, notes: [] });
    const second = await desk.start({ ...document, version: 1, baseline: 2 }, ada);
    expect(await rehearsal.until(second.id, isOver)).toMatchObject({ phase: 'promoted', candidate: 1 });
    expect((await desk.list({ model: 'darcy' })).map(({ id }) => id)).toEqual([second.id, first.id]);
    await rehearsal.close();
  });
});

describe('deployments in a few words', () => {
  test('AdaptiveDeploymentSystem deploys by any strategy, and its handle sees the end', async () => {
    const rehearsal = await rehearse({ experts: { openJudge: countingJudge('promote', 20) } });
    const { desk } = rehearsal;
    const system = new AdaptiveDeploymentSystem({
      releases: desk,
      config: {
        canaryPercentage: 10,
        rollbackThreshold: 0.95,
        monitoringWindowMinutes: 30,
        successCriteria: ['latency', 'error_rate'],
      },
      aiDrivenStrategies: false,
    });
    for (const strategy of ['canary', 'blue-green', 'rolling', 'ab', 'shadow'] as const) {
      const spec = releaseSchema.parse(system.document({ model: 'darcy', strategy, targetEnvironment: 'production' }));
      expect(spec).toMatchObject({ description: 'to production', advisor: { use: false }, onHarm: 'abort' });
    }
    const handle = await system.deploy({ model: 'darcy', version: 2, strategy: 'canary' });
    const { stages } = await handle.status();
    expect(stages.map(({ candidateShare, holdMs }) => [candidateShare, holdMs])).toEqual([
      [1000, 600_000],
      [3000, 600_000],
      [5000, 600_000],
    ]);
    await rehearsal.run();
    await rehearsal.until(handle.id, isOver);
    await rehearsal.tick(2);
    expect(await handle.finished).toMatchObject({ phase: 'promoted' });
    await expect(handle.abort()).rejects.toMatchObject({ code: 'RELEASE_PHASE' });
    await rehearsal.close();
  });

  test('CanaryController sets one version against another, and stops it by hand', async () => {
    const rehearsal = await rehearse({ experts: { openJudge: countingJudge('continue', 20) } });
    const { desk } = rehearsal;
    const controller = new CanaryController({
      releases: desk,
      canaryPercentage: 5,
      successThreshold: 0.99,
      monitoringDurationMinutes: 30,
    });
    const [newModel, baselineModel] = [2, 1].map(version => ({ model: 'darcy', version }));
    if (newModel === undefined || baselineModel === undefined) throw new Error('two versions');
    const handle = await controller.deployCanary({
      newModel,
      baselineModel,
      trafficSplit: 0.02,
      aiMonitor: { confidenceThreshold: 0.9 },
    });
    expect(await handle.status()).toMatchObject({
      candidate: 2,
      baseline: 1,
      stages: [{ candidateShare: 200 }, {}, {}, {}],
      spec: { advisor: { use: true, confidence: 0.9 } },
    });
    await rehearsal.run();
    await handle.abort('enough');
    await rehearsal.until(handle.id, isOver);
    await rehearsal.tick(2);
    expect(await handle.finished).toMatchObject({ phase: 'aborted' });
    await expect(
      controller.deployCanary({ newModel, baselineModel: { model: 'stokes', version: 1 } }),
    ).rejects.toMatchObject({ code: 'RELEASE_REFUSED' });
    expect(() => new CanaryController({ releases: desk, canaryPercentage: 80 })).toThrow('canaryPercentage');
    await rehearsal.close();
  });
});
