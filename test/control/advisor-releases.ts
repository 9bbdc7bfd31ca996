// Simulated releases with one known change, for the tests of the adviser.
import { seededRandom } from 'galerkin/base';
import {
  type Adviser,
  type AdviserOptions,
  noChange,
  openAdviser,
  type ReleaseTruth,
  replay,
  usualMargins,
  simulatedVersions as versions,
} from 'galerkin/control';

/** A steady world, a candidate that changes nothing, a guard, no copies. */
export const calm: ReleaseTruth = {
  world: {
    ratePerSecond: 50,
    rateSwing: 0,
    share: 0.4,
    shareStep: 1,
    latencyMs: 12,
    noise: 0.2,
    tailShare: 0,
    tailExponent: 3,
    waves: 0.1,
    waveSeconds: 5,
    burstsPerSecond: 0,
    burstFactor: 1,
    driftPerRelease: 0,
    failures: 0,
    cached: 0,
    computeShare: 0.6,
    computeNoise: 0.1,
    residual: 0.01,
    residualNoise: 0.3,
    rejections: 0,
    stableError: 0.02,
    residualFollows: 0.3,
    errorNoise: 0.3,
    shared: 0.9,
  },
  change: noChange,
  visible: { guard: true, compute: true, mirror: 0, checked: 0 },
  margins: usualMargins,
  samples: 1500,
  identical: false,
};

export const changed = (
  change: Partial<ReleaseTruth['change']>,
  visible: Partial<ReleaseTruth['visible']> = {},
): ReleaseTruth => ({ ...calm, change: { ...calm.change, ...change }, visible: { ...calm.visible, ...visible } });

const nowMs = 1_700_000_100_000;

/** Plays a release to an adviser, and asks it once. */
export async function advise(
  truth: ReleaseTruth,
  options: Omit<AdviserOptions, 'versions'> = {},
): Promise<Awaited<ReturnType<Adviser['advise']>>> {
  const adviser = await openAdviser({ ...options, versions });
  replay(truth, seededRandom(5), { hear: sample => adviser.hear(sample) });
  const advice = await adviser.advise(nowMs);
  await adviser.close();
  return advice;
}
