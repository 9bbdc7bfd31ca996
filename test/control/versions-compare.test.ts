import { comparisonTable, ModelVersionManager, type VersionComparison } from 'galerkin/control';
import { modelConfig, writePackage } from 'galerkin/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inputStatistics, regimesOf } from '../../dist/control/versions/compare/regimes.js';
import { meanInterval, studentQuantile } from '../../dist/control/versions/compare/student.js';
import { freshPaths } from '../store/folder.js';
import { program, publish, type Registry, registry, samples } from './fixtures/versions.js';

const freshPath = freshPaths();
let opened: Registry;
beforeAll(async () => {
  const fresh = await registry(freshPath());
  // Times are measured by a clock that goes.
  opened = { ...fresh, versions: new ModelVersionManager({ database: fresh.database, repository: fresh.repository }) };
  const { folder } = opened;
  const held = samples(30);
  // Version 1 is off by 1 % everywhere; version 2 is exact up to 15 and wrong above; version 3 is version 1 again.
  await publish(folder, 1, { program: program(2.02), samples: held });
  await publish(folder, 2, { program: program(2, 15), samples: held });
  await publish(folder, 3, { program: program(2.02), samples: samples(12) });
  await publish(folder, 4, { program: program(Number.NaN), samples: held });
  await publish(folder, 1, { model: 'bare' });
  await publish(folder, 2, { model: 'bare' });
});
afterAll(() => opened.database.close());

const row = ({ accuracy }: VersionComparison, statistic: string, part: string) =>
  accuracy.find(({ regime }) => regime.statistic === statistic && regime.part === part);

describe('comparing two versions', () => {
  test('finds in which regime one is better and in which it is worse', async () => {
    const comparison = await opened.versions.compare('m', 1, 2, { rounds: 5 });
    expect(comparison.samples).toMatchObject([{ version: 1, count: 30 }]);
    const [low, high] = [row(comparison, 'mean', 'low'), row(comparison, 'mean', 'high')];
    expect(low).toMatchObject({ count: 10, verdict: 'better' });
    expect(low?.aError).toBeCloseTo(0.01, 6);
    expect(low?.bError).toBeCloseTo(0, 6);
    expect(low?.difference).toBeCloseTo(-0.01, 6);
    expect(high).toMatchObject({ count: 10, verdict: 'worse' });
    // Clipped at 15, a field around 26 has lost about (26 - 15) / 26 of itself.
    expect(high?.bError).toBeGreaterThan(0.3);
    expect((high?.lower ?? 0) > 0 && (high?.upper ?? 0) > (high?.lower ?? 0)).toBe(true);
    expect(row(comparison, 'all', 'all')).toMatchObject({ count: 30 });
    // All fields have one form, so that their variance tells none from another but by rounding.
    const { latency, size } = comparison;
    expect(latency.runs).toBe(5);
    for (const times of [latency.a, latency.b]) {
      expect(times.firstQuartileMs).toBeLessThanOrEqual(times.medianMs);
      expect(times.medianMs).toBeLessThanOrEqual(times.thirdQuartileMs);
    }
    expect(latency.ratio.median).toBeGreaterThan(0);
    expect(size.aBytes).toBeGreaterThan(500);
    expect(JSON.parse(JSON.stringify(comparison))).toEqual(comparison);
  });

  test('two that answer alike are never told apart', async () => {
    const comparison = await opened.versions.compare('m', 1, 3, { rounds: 3 });
    expect(comparison.samples.map(({ version, count }) => [version, count])).toEqual([
      [1, 30],
      [3, 12],
    ]);
    expect(new Set(comparison.accuracy.map(({ verdict }) => verdict))).toEqual(new Set(['unclear']));
    expect(row(comparison, 'all', 'all')).toMatchObject({ count: 42, difference: 0, lower: 0, upper: 0 });
  });

  test('answers that are not finite are counted, and are in no mean', async () => {
    const comparison = await opened.versions.compare('m', 1, 4, { rounds: 3, maxSamples: 7 });
    expect(comparison).toMatchObject({ aBroken: 0, bBroken: 7 });
    expect(row(comparison, 'all', 'all')).toMatchObject({
      count: 0,
      aError: null,
      difference: null,
      verdict: 'unclear',
    });
    expect(comparisonTable(comparison)).toContain('answers that are not finite: 0 of version 1, 7 of version 4');
  });

  test('the text says which version is better where, with units', async () => {
    const text = comparisonTable(await opened.versions.compare('m', 1, 2, { rounds: 3 }));
    expect(text).toMatch(/^m: version 2 against version 1, on held-out samples: 30 of version 1$/m);
    expect(text).toMatch(/^relative L2 error +samples +v1 +v2 +difference +95 % +v2 is$/m);
    expect(text).toMatch(/^low mean \(1\.750 … 10\.75\) +10 +0\.0100 .* better$/m);
    expect(text).toMatch(/^version 1 +[\d.e-]+ +[\d.e-]+ … [\d.e-]+ +[\d.]+ KiB$/m);
  });

  test('versions without samples, with other tensors, or that do not exist are refused by name', async () => {
    const incomparable = (why: RegExp) => ({ code: 'VERSIONS_INCOMPARABLE', message: expect.stringMatching(why) });
    await expect(opened.versions.compare('bare', 1, 2)).rejects.toMatchObject(incomparable(/held-out samples/));
    await expect(opened.versions.compare('m', 1, 99)).rejects.toMatchObject({ code: 'PACKAGE_VERSION_UNKNOWN' });
    for (const options of [{ rounds: 0 }, { confidence: 1 }, { threads: -1 }, { maxSamples: 1 }])
      await expect(opened.versions.compare('m', 1, 2, options)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
    const tensor = (name: string) => ({
      name,
      dtype: 'FP32' as const,
      shape: [4, 4],
      unit: '1',
      description: name,
      finite: true,
    });
    const draft = (version: number, output: string) => ({
      config: modelConfig({
        name: 'other',
        backend: 'galerkin_solver',
        max_batch_size: 1,
        input: [{ name: 'a', data_type: 'TYPE_FP32', dims: [4, 4] }],
        output: [{ name: 'u', data_type: 'TYPE_FP32', dims: [4, 4] }],
      }),
      version,
      files: { 'samples.npz': samples(4) },
      manifest: {
        title: 'solver',
        inputs: [tensor('a')],
        outputs: [tensor(output)],
        lineage: { createdAt: '2026-01-01T00:00:00Z', galerkinVersion: '0.1.0' },
      },
    });
    await writePackage(opened.folder, draft(1, 'u'));
    await writePackage(opened.folder, draft(2, 'u'));
    await expect(opened.versions.compare('other', 1, 2)).rejects.toMatchObject(incomparable(/no program/));
  });
});

describe('the statistics of a comparison', () => {
  test("Student's quantiles are those of the tables", () => {
    for (const [confidence, freedom, value] of [
      [0.95, 1, 12.7062],
      [0.95, 2, 4.3027],
      [0.95, 9, 2.2622],
      [0.95, 10, 2.2281],
      [0.99, 30, 2.75],
      [0.9, 4, 2.1318],
      [0.95, 1_000_000, 1.96],
    ] as const)
      expect(studentQuantile(confidence, freedom)).toBeCloseTo(value, 3);
  });

  test('an interval needs two values, and has no width where they are alike', () => {
    expect(meanInterval([1], 0.95)).toBeUndefined();
    expect(meanInterval([2, 2, 2], 0.95)).toEqual({ mean: 2, lower: 2, upper: 2 });
    const { lower, upper } = meanInterval([1, 2, 3, 4], 0.95) ?? { lower: 0, upper: 0 };
    // 2.5 ± 3.1824 · 1.29099 / 2
    expect([lower, upper]).toEqual([expect.closeTo(0.4457, 3), expect.closeTo(4.5543, 3)]);
  });

  test('regimes part the samples into thirds, equal values together, and pass over what is the same everywhere', () => {
    const statistics = [1, 1, 1, 1, 5, 9].map(mean => ({ mean, variance: 3, contrast: mean === 9 ? 2 : 1 }));
    const found = regimesOf(statistics).map(({ regime: { statistic, part, from, to }, members }) =>
      [statistic, part, from, to, members.join(' ')].join(' '),
    );
    expect(found).toEqual([
      'all all   0 1 2 3 4 5',
      'mean low 1 1 0 1 2 3',
      'mean high 5 9 4 5',
      'contrast low 1 1 0 1 2 3 4',
      'contrast high 2 2 5',
    ]);
    expect(inputStatistics(Float32Array.of(1, 3))).toEqual({ mean: 2, variance: 1, contrast: 2 / Math.sqrt(5) });
    expect(inputStatistics(new Float32Array(4)).contrast).toBe(0);
  });
});
