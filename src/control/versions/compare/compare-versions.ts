// Two versions of a model compared on the held-out samples of their packages: errors by regime, latency, size.
import { setImmediate } from 'node:timers/promises';
import {
  type Clock,
  GalerkinError,
  integerOption,
  numberOption,
  optionSchema,
  resolveOptions,
} from '../../../base/index.js';
import { type ModelPackage, type Repository, type SampleSet, sampleSet, samplesFile } from '../../../model/index.js';
import type { Session } from '../../../runtime/index.js';
import { folderBytes } from '../folder-facts.js';
import type { RegimeAccuracy, VersionComparison } from './comparison.js';
import { feedsOf, openPackage, relativeError } from './opened-version.js';
import { type InputStatistics, inputStatistics, type RegimeMembers, regimesOf } from './regimes.js';
import { runTimes } from './run-times.js';
import { meanInterval } from './student.js';

export const compareOptions = optionSchema({
  confidence: numberOption({ doc: 'Of each interval, by itself.', default: 0.95, min: 0.5, max: 0.9999 }),
  maxSamples: integerOption({ doc: 'Of each set of held-out samples, spread over it.', default: 256, min: 2 }),
  rounds: integerOption({ doc: 'Timed runs of each version.', default: 50, min: 3 }),
  threads: integerOption({ doc: 'Threads of one run; 0 takes one for each core.', default: 1, min: 0, max: 1024 }),
});

export interface CompareOptions {
  /** @default 0.95 */
  readonly confidence?: number;
  /** @default 256 */
  readonly maxSamples?: number;
  /** @default 50 */
  readonly rounds?: number;
  /** @default 1 */
  readonly threads?: number;
}

interface Pair {
  readonly model: string;
  readonly a: number;
  readonly b: number;
}

interface Means {
  readonly repository: Repository;
  readonly clock: Clock;
}

/** Held-out samples, and whose. */
interface OwnedSamples {
  readonly version: number;
  readonly digest: string;
  readonly samples: SampleSet;
  readonly indices: readonly number[];
}

/** What one sample is like, and how wrong each version is on it. */
interface Measured extends Readonly<{ statistics: InputStatistics; aError: number; bError: number }> {}

const incomparable = (pair: Pair, why: string): GalerkinError =>
  new GalerkinError('VERSIONS_INCOMPARABLE', { ...pair, why });

const signatureOf = ({ inputs, outputs }: ModelPackage): string =>
  JSON.stringify([inputs, outputs].map(tensors => tensors.map(({ name, dtype, dims }) => [name, dtype, dims])));

/** Up to `max` indices, evenly spread. */
function spread(count: number, max: number): number[] {
  const taken = Math.min(count, max);
  return Array.from({ length: taken }, (_, k) => Math.floor((k * count) / taken));
}

/** The sets of both versions, the same set once. */
async function samplesOf(packages: readonly ModelPackage[], max: number): Promise<OwnedSamples[]> {
  const sets: OwnedSamples[] = [];
  for (const read of packages) {
    const samples = await sampleSet(read);
    const digest = read.manifest?.digests[samplesFile];
    if (samples === undefined || digest === undefined || sets.some(set => set.digest === digest)) continue;
    sets.push({ version: read.version, digest, samples, indices: spread(samples.count, max) });
  }
  return sets;
}

function notesOf(
  [a, b]: readonly [ModelPackage, ModelPackage],
  sets: readonly OwnedSamples[],
  confidence: number,
): string[] {
  const lines = Math.round(1 / (1 - confidence));
  const notes = [
    `Each interval holds by itself: where there is no difference, one line in ${lines} still leaves out 0 by chance.`,
  ];
  const [ofA, ofB] = [a.manifest?.lineage.dataDigest, b.manifest?.lineage.dataDigest];
  if (ofA === undefined || ofA !== ofB) {
    const owners = sets.map(({ version }) => `version ${version}`).join(' and ');
    notes.push(
      `The samples are held out of the data of ${owners}; the records do not say that the other version never saw them in training.`,
    );
  }
  return notes;
}

async function measure(
  packages: readonly [ModelPackage, ModelPackage],
  sessions: readonly [Session, Session],
  sets: readonly OwnedSamples[],
): Promise<Measured[]> {
  const measured: Measured[] = [];
  const first = packages[0].inputs[0]?.name ?? '';
  for (const { samples, indices } of sets) {
    for (const index of indices) {
      await setImmediate();
      const errorOf = async (read: ModelPackage, session: Session): Promise<number> =>
        relativeError(read, await session.run(feedsOf(read, samples, index)), name => samples.output(index, name));
      measured.push({
        statistics: inputStatistics(samples.input(index, first).data),
        aError: await errorOf(packages[0], sessions[0]),
        bError: await errorOf(packages[1], sessions[1]),
      });
    }
  }
  return measured;
}

function accuracyOf({ regime, members }: RegimeMembers, all: readonly Measured[], confidence: number): RegimeAccuracy {
  const pairs = members.flatMap(k => {
    const pair = all[k];
    return pair !== undefined && Number.isFinite(pair.aError) && Number.isFinite(pair.bError) ? [pair] : [];
  });
  const mean = (of: (pair: Measured) => number): number | null =>
    pairs.length === 0 ? null : pairs.reduce((sum, pair) => sum + of(pair), 0) / pairs.length;
  const interval = meanInterval(
    pairs.map(({ aError, bError }) => bError - aError),
    confidence,
  );
  const verdict =
    interval === undefined ? 'unclear' : interval.upper < 0 ? 'better' : interval.lower > 0 ? 'worse' : 'unclear';
  return {
    regime,
    count: pairs.length,
    aError: mean(pair => pair.aError),
    bError: mean(pair => pair.bError),
    difference: interval?.mean ?? null,
    lower: interval?.lower ?? null,
    upper: interval?.upper ?? null,
    verdict,
  };
}

const broken = (all: readonly Measured[], of: (pair: Measured) => number): number =>
  all.filter(pair => !Number.isFinite(of(pair))).length;

/**
 * @throws VERSIONS_INCOMPARABLE for other tensors, no program, or no held-out samples; OPTIONS_INVALID; what reading throws
 */
export async function compareVersions(
  pair: Pair,
  options: CompareOptions,
  { repository, clock }: Means,
): Promise<VersionComparison> {
  const { confidence, maxSamples, rounds, threads } = resolveOptions('compare', compareOptions, options);
  const [a, b] = [await repository.read(pair.model, pair.a), await repository.read(pair.model, pair.b)];
  if (signatureOf(a) !== signatureOf(b)) throw incomparable(pair, 'their inputs or outputs differ');
  const sets = await samplesOf([a, b], maxSamples);
  const [set] = sets;
  if (set === undefined) throw incomparable(pair, `neither has held-out samples (${samplesFile})`);
  const ofA = await openPackage(a, threads);
  const ofB = await openPackage(b, threads).catch(async (cause: unknown) => {
    await ofA?.close();
    throw cause;
  });
  try {
    if (ofA === undefined || ofB === undefined) throw incomparable(pair, 'one has no program that could be run here');
    const all = await measure([a, b], [ofA, ofB], sets);
    const runOf = (read: ModelPackage, session: Session) => (round: number) =>
      session.run(feedsOf(read, set.samples, set.indices[round % set.indices.length] ?? 0));
    return {
      ...pair,
      confidence,
      samples: sets.map(({ version, digest, indices }) => ({ version, digest, count: indices.length })),
      aBroken: broken(all, ({ aError }) => aError),
      bBroken: broken(all, ({ bError }) => bError),
      accuracy: regimesOf(all.map(each => each.statistics)).map(each => accuracyOf(each, all, confidence)),
      latency: await runTimes([runOf(a, ofA), runOf(b, ofB)], { clock, rounds, threads }),
      size: {
        aBytes: a.folder === undefined ? null : await folderBytes(a.folder),
        bBytes: b.folder === undefined ? null : await folderBytes(b.folder),
      },
      notes: notesOf([a, b], sets, confidence),
    };
  } finally {
    await Promise.all([ofA?.close(), ofB?.close()]);
  }
}
