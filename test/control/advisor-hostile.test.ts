// Samples and files that no honest server sends: the adviser passes over what makes no sense, and refuses a model that is not its own.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom } from 'galerkin/base';
import {
  DeploymentAI,
  type FeatureGroup,
  openAdviser,
  replay,
  trainAdviser,
  simulatedVersions as versions,
} from 'galerkin/control';
import type { RequestSample } from 'galerkin/observe';
import { afterEach, describe, expect, test } from 'vitest';
import { advise, calm, changed } from './advisor-releases.js';

const nowMs = 1_700_000_100_000;
const built = fileURLToPath(new URL('../../dist/control/advisor/', import.meta.url));
const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** A copy of the built model, for damage. */
async function copied(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'adviser-'));
  folders.push(folder);
  for (const name of ['adviser.onnx', 'adviser.json']) await cp(join(built, name), join(folder, name));
  return folder;
}

const wild = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 0, 1e308, 5e-324];

/** A sample whose every number is drawn from the worst there are. */
function wildSample(k: number): RequestSample {
  const random = seededRandom(k);
  const any = () => wild[random.integer(wild.length)];
  return {
    sequence: any(),
    atMs: random.uniform() < 0.5 ? any() : nowMs + 1000 * random.normal(),
    version: random.integer(2) + 1,
    kind: random.uniform() < 0.5 ? 'answer' : 'mirror',
    ok: random.uniform() < 0.5,
    latencyMs: any(),
    computeMs: any(),
    items: any(),
    residual: any(),
    fluxImbalance: any(),
    accepted: null,
    paired:
      random.uniform() < 0.5
        ? null
        : {
            stableLatencyMs: any(),
            stableResidual: any(),
            stableFluxImbalance: any(),
            difference: any(),
            stableError: any(),
            candidateError: any(),
          },
  };
}

describe('hostile samples', () => {
  test('of every kind leave a probability that is one', async () => {
    const adviser = await openAdviser({ versions });
    for (let k = 0; k < 5000; k++) adviser.hear(wildSample(k));
    const advice = await adviser.advise(nowMs);
    expect(advice?.probability).toBeGreaterThanOrEqual(0);
    expect(advice?.probability).toBeLessThanOrEqual(1);
    for (const { value, contribution } of advice?.drivers ?? []) {
      expect(Number.isFinite(value)).toBe(true);
      expect(Number.isFinite(contribution)).toBe(true);
    }
    await adviser.close();
  });

  test('of other versions, and without a time, change nothing', async () => {
    const truth = changed({ latency: 0.2 });
    const adviser = await openAdviser({ versions });
    replay(truth, seededRandom(5), {
      hear: sample => {
        adviser.hear(sample);
        adviser.hear({ ...sample, version: 3, ok: false });
        adviser.hear({ ...sample, atMs: Number.NaN, ok: false });
      },
    });
    const advice = await adviser.advise(nowMs);
    await adviser.close();
    expect(advice).toEqual({ ...(await advise(truth)), atMs: nowMs });
  });

  test('in the wrong order, or with one from the far future, do not make it forget', async () => {
    const samples: RequestSample[] = [];
    replay(changed({ latency: Math.log(3) }), seededRandom(5), { hear: sample => samples.push(sample) });
    const adviser = await openAdviser({ versions });
    samples.forEach((sample, k) => {
      if (k === 100) adviser.hear({ ...sample, atMs: 8e15 });
      adviser.hear(samples[k ^ 1] ?? sample);
    });
    expect((await adviser.advise(nowMs))?.probability).toBeGreaterThan(0.9);
    await adviser.close();
  });

  test('that nothing was measured of, only counted, give an unsure answer', async () => {
    const adviser = await openAdviser({ versions, confidence: 0.99 });
    replay(calm, seededRandom(5), {
      hear: sample =>
        adviser.hear({
          ...sample,
          latencyMs: null,
          computeMs: null,
          residual: null,
          fluxImbalance: null,
          accepted: null,
        }),
    });
    expect((await adviser.advise(nowMs))?.advice).not.toBe('hold');
    await adviser.close();
  });
});

describe('the door', () => {
  test('refuses thresholds and versions that make no sense', async () => {
    for (const options of [
      { versions, confidence: 0.4 },
      { versions, confidence: Number.NaN },
      { versions: { stable: 0, candidate: 1 } },
      { versions, margins: { residual: -1 } },
    ])
      await expect(openAdviser(options)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
    for (const text of ['{}', '{"it":null}', '{"it":5}'])
      await expect(openAdviser(JSON.parse(text).it)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
    for (const text of ['{"features":5}', '{"features":"latency"}', '{"features":null}', '{"features":[]}'])
      await expect(openAdviser({ versions, ...JSON.parse(text) })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
    await expect(openAdviser({ versions: { stable: 2, candidate: 2 } })).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
    });
  });

  test('refuses trainings that cannot be', () => {
    for (const options of [{ train: 0 }, { test: Number.NaN }, { seed: -1 }])
      expect(() => trainAdviser(options)).toThrow(/trainAdviser/);
  });

  test('DeploymentAI refuses features and models that there are not', () => {
    const unknown: FeatureGroup[] = JSON.parse('["latency", "mood"]');
    expect(() => new DeploymentAI({ features: unknown })).toThrow(/features.1/);
    expect(() => new DeploymentAI({ decisionModel: JSON.parse('"oracle"') })).toThrow(/decisionModel/);
    expect(() => new DeploymentAI({ features: [] })).toThrow(/features/);
    expect(new DeploymentAI()).toMatchObject({
      confidenceThreshold: 0.95,
      features: ['latency', 'accuracy', 'error_rate', 'resource_usage'],
    });
  });

  test('DeploymentAI looks only at the features that it was given', async () => {
    const failing = changed({ failures: 0.3 });
    const probabilityWith = async (features: FeatureGroup[]) => {
      const adviser = await new DeploymentAI({ features }).open({ versions });
      replay(failing, seededRandom(5), { hear: sample => adviser.hear(sample) });
      const advice = await adviser.advise(nowMs);
      await adviser.close();
      return { probability: advice?.probability ?? Number.NaN, drivers: advice?.drivers ?? [] };
    };
    const errors = await probabilityWith(['error_rate']);
    const latency = await probabilityWith(['latency']);
    expect(errors.probability).toBeGreaterThan(0.95);
    expect(latency.probability).toBeLessThan(0.5);
    expect(latency.drivers.filter(({ feature }) => !feature.startsWith('latency.'))).toEqual([]);
  });

  test('a session that is closed twice is fine; asked afterwards it says so', async () => {
    const adviser = await openAdviser({ versions });
    replay(calm, seededRandom(1), { hear: sample => adviser.hear(sample) });
    await adviser.close();
    await adviser.close();
    await expect(adviser.advise(nowMs)).rejects.toMatchObject({ code: 'SESSION_CLOSED' });
  });
});

describe('a model on disk', () => {
  test('that is missing is named, with what to do', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'adviser-'));
    folders.push(folder);
    await expect(openAdviser({ versions, folder })).rejects.toMatchObject({
      code: 'ADVISER_UNUSABLE',
      message: expect.stringContaining('npm run build'),
    });
  });

  test('is refused where one of its files is another or damaged', async () => {
    type Json = { features: string[]; forest: { trees: { left: number[]; feature: number[] }[] } };
    const edits: ((folder: string, json: Json) => Promise<void>)[] = [
      async folder => writeFile(join(folder, 'adviser.json'), '{"format":'),
      async folder => writeFile(join(folder, 'adviser.json'), '{}'),
      async folder => writeFile(join(folder, 'adviser.onnx'), Uint8Array.of(8, 1)),
      async (folder, json) => {
        json.features[0] = 'mood';
        await writeFile(join(folder, 'adviser.json'), JSON.stringify(json));
      },
      async (folder, json) => {
        json.forest.trees[0].left[0] = 0; // a walk that never ends
        await writeFile(join(folder, 'adviser.json'), JSON.stringify(json));
      },
      async (folder, json) => {
        json.forest.trees[0].feature[0] = 5000;
        await writeFile(join(folder, 'adviser.json'), JSON.stringify(json));
      },
    ];
    for (const edit of edits) {
      const folder = await copied();
      await edit(folder, JSON.parse(await readFile(join(folder, 'adviser.json'), 'utf8')));
      await expect(openAdviser({ versions, folder })).rejects.toMatchObject({ code: 'ADVISER_UNUSABLE' });
    }
    await (await openAdviser({ versions, folder: await copied() })).close();
  });
});
