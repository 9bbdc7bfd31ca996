// What is heard of a release: samples of every replica, in order and once each, by the judge and the adviser.
import type { RequestSample } from '../../observe/index.js';
import type { Advice, AdvisedVersions, Adviser } from '../advisor/advice.js';
import { type Leasts, timedMetrics } from '../advisor/features/least.js';
import { advisedMetrics, type Margins } from '../advisor/features/margins.js';
import type { Judge, JudgeMemory } from '../judge/judge.js';
import type { JudgeConfig, Judgement } from '../judge/judgement.js';
import type { Replica } from '../replica.js';
import type { Patience } from './patience.js';
import type { HeardMemory } from './shelf.js';
import type { ReleaseStatus } from './status.js';

/** Who judges and who advises; the room's own unless somebody else is given. */
export interface Experts {
  readonly openJudge: (
    config: JudgeConfig,
    versions: { readonly stable: number; readonly candidate: number },
    memory?: JudgeMemory,
  ) => Judge;
  readonly openAdviser: (options: {
    readonly confidence: number;
    readonly versions: AdvisedVersions;
    readonly margins: Partial<Margins>;
    readonly least: Partial<Leasts>;
  }) => Promise<Adviser>;
}

export interface Hearing {
  /** Reads what has been measured since. @returns how many samples were heard */
  listen(replicas: readonly Replica[]): Promise<number>;
  judge(nowMs: number): Judgement;
  advise(nowMs: number): Promise<Advice | undefined>;
  memory(): HeardMemory;
  close(): Promise<void>;
}

export interface HearingOptions {
  readonly status: ReleaseStatus;
  readonly memory: HeardMemory | undefined;
  readonly experts: Experts;
  readonly bounded: Patience;
  /** The adviser could not be opened: the release goes on without one. */
  readonly onFault: (error: unknown) => void;
}

/** Of one read, and of one replica in one tick, so that a replica with much to say does not keep the others waiting. */
const batchSize = 2000;
const batchesAtOnce = 8;

function marginsOf({ criteria }: JudgeConfig): Partial<Margins> {
  const known = criteria.flatMap(({ metric, margin }) => {
    const advised = advisedMetrics.find(each => each === metric);
    return advised === undefined ? [] : [[advised, margin] as const];
  });
  return Object.fromEntries(known);
}

function leastOf({ criteria }: JudgeConfig): Partial<Leasts> {
  const known = criteria.flatMap(({ metric, leastMs = 0 }) => {
    const timed = timedMetrics.find(each => each === metric);
    return timed === undefined ? [] : [[timed, leastMs] as const];
  });
  return Object.fromEntries(known);
}

interface Read {
  readonly name: string;
  readonly samples: readonly RequestSample[];
  readonly next: number;
  readonly lost: number;
}

/** All that a replica has to say since `after`, in a few reads. */
async function readAll(replica: Replica, model: string, { after, bounded }: { after: number; bounded: Patience }) {
  const { name } = replica;
  const samples: RequestSample[] = [];
  let next = after;
  let lost = 0;
  for (let batch = 0; batch < batchesAtOnce; batch++) {
    const from = next;
    const read = await bounded(`samples ${model} ${name}`, name, () => replica.samples(model, from, batchSize));
    samples.push(...read.samples);
    next = read.next;
    lost += read.lost;
    if (read.samples.length < batchSize) break;
  }
  return { name, samples, next, lost } satisfies Read;
}

async function openAdviser({ status, experts, onFault }: HearingOptions): Promise<Adviser | undefined> {
  const { spec, judging, baseline: stable, candidate } = status;
  if (!spec.advisor.use) return undefined;
  const { confidence } = spec.advisor;
  try {
    const limits = { margins: marginsOf(judging), least: leastOf(judging) };
    return await experts.openAdviser({ confidence, versions: { stable, candidate }, ...limits });
  } catch (error) {
    onFault(error);
    return undefined;
  }
}

/** Goes on where `memory` ends. Samples from before the release began are passed over. */
export async function openHearing(options: HearingOptions): Promise<Hearing> {
  const { status, memory, experts, bounded } = options;
  const { baseline: stable, candidate, startedAtMs, judging } = status;
  const { model } = status.spec;
  const kept: JudgeMemory | undefined = memory && JSON.parse(memory.memory);
  const judge = experts.openJudge(judging, { stable, candidate }, kept);
  const adviser = await openAdviser(options);
  const cursors = new Map(Object.entries(memory?.cursors ?? {}));
  let lost = memory?.lost ?? 0;

  /** What is heard and where to go on change together: nothing waits in here. */
  const take = (reads: readonly Read[]): number => {
    const samples = reads.flatMap(read => read.samples).filter(({ atMs }) => atMs >= startedAtMs);
    // Merged by time, because the judge compares what was heard together.
    if (reads.length > 1) samples.sort((a, b) => a.atMs - b.atMs);
    for (const sample of samples) {
      judge.hear(sample);
      adviser?.hear(sample);
    }
    for (const read of reads) {
      cursors.set(read.name, read.next);
      lost += read.lost;
    }
    return samples.length;
  };

  return {
    async listen(replicas) {
      const reads = await Promise.allSettled(
        replicas.map(replica => readAll(replica, model, { after: cursors.get(replica.name) ?? 0, bounded })),
      );
      // Who could not be reached keeps its samples until it can be; its view says why.
      return take(reads.flatMap(read => (read.status === 'fulfilled' ? [read.value] : [])));
    },
    judge: nowMs => judge.judge(nowMs),
    advise: async nowMs => adviser?.advise(nowMs),
    memory: () => ({
      memory: JSON.stringify(judge.remember()),
      cursors: Object.fromEntries(cursors),
      sketches: JSON.stringify(judge.sketches()),
      lost,
    }),
    close: async () => adviser?.close(),
  };
}
