// The desk of releases over a database: anybody plans, begins, commands and looks up; the one process in office carries out.
import {
  type Clock,
  GalerkinError,
  integerOption,
  numberOption,
  optionSchema,
  type Random,
  resolveOptions,
  systemClock,
  systemTimers,
  type Timers,
} from '../../base/index.js';
import type { Repository } from '../../model/index.js';
import type { SqlDatabase } from '../../store/index.js';
import { openAdviser } from '../advisor/adviser.js';
import { openJudge } from '../judge/open-judge.js';
import { type Loop, runLoop } from '../loop.js';
import type { Fleet } from '../replica.js';
import { ask, statusOf } from './ask.js';
import { beginRelease } from './begin.js';
import { openController } from './controller.js';
import { evidenceOf } from './evidence.js';
import type { Experts } from './hearing.js';
import { ledgerTeller, type VersionLedger } from './ledger.js';
import { patience } from './patience.js';
import { planRelease } from './planning.js';
import type { Releases } from './releases.js';
import { dayMs, openRetention, pruneEvidence } from './retention.js';
import { listReleases } from './shelf.js';
import { standingVersion } from './standing.js';
import type { ReleaseTables } from './tables.js';
import { openTeller } from './teller.js';
import { askUnroute, policyVersions } from './unroute.js';

export const releaseOptions = optionSchema({
  tickMs: integerOption({
    doc: 'How often replicas and samples are looked at.',
    unit: 'ms',
    default: 250,
    min: 1,
    max: 60_000,
  }),
  replicaTimeoutMs: integerOption({
    doc: 'Longest wait for one answer of a replica.',
    unit: 'ms',
    default: 2000,
    min: 1,
    max: 600_000,
  }),
  keepEvidenceDays: numberOption({
    doc: 'How long after its end the curves, sketches and small events of a release are kept; 0: for ever. How it ended, and what people said, is always kept.',
    unit: 'days',
    default: 90,
    min: 0,
    max: 36_500,
  }),
});

export interface ReleasesOptions {
  readonly database: SqlDatabase<ReleaseTables>;
  readonly fleet: Fleet;
  readonly repository: Repository;
  /** Hears how releases began and ended, at least once each. */
  readonly versions?: VersionLedger;
  readonly clock?: Clock;
  readonly timers?: Timers;
  readonly random: Random;
  /** Who this process is, where nobody else is named. */
  readonly by?: string;
  /** @default 250 */
  readonly tickMs?: number;
  /** @default 2000 */
  readonly replicaTimeoutMs?: number;
  /** 0: for ever. @default 90 */
  readonly keepEvidenceDays?: number;
  /** Who judges and advises. @default this room's own */
  readonly experts?: Partial<Experts>;
  /** Told what failed and is tried again: a database that is away, an adviser that cannot be opened. @default process warnings */
  readonly onFault?: (error: unknown) => void;
}

export interface ReleaseDesk extends Releases {
  /** Takes the office as soon as it is free, and carries releases out for as long as it holds it. */
  run(): void;
  /** True while this process is the one that carries out. */
  isInOffice(): boolean;
  /** Stops, in the middle of whatever is under way; somebody else goes on. */
  close(): Promise<void>;
}

const warn = (error: unknown): void => {
  process.emitWarning(error instanceof Error ? error : String(error));
};

const mostListed = 1000;

/** @throws OPTIONS_INVALID */
export async function openReleases(options: ReleasesOptions): Promise<ReleaseDesk> {
  const { database, fleet, repository, versions, random, by = '' } = options;
  const {
    clock = systemClock,
    timers = systemTimers,
    onFault = warn,
    tickMs,
    replicaTimeoutMs,
    keepEvidenceDays,
  } = options;
  const given = {
    ...(tickMs !== undefined && { tickMs }),
    ...(replicaTimeoutMs !== undefined && { replicaTimeoutMs }),
    ...(keepEvidenceDays !== undefined && { keepEvidenceDays }),
  };
  const config = resolveOptions('openReleases', releaseOptions, given);
  const experts = { openJudge, openAdviser, ...options.experts };
  const policyOf = (model: string) => policyVersions(repository, model);
  const controller = openController({ ...config, database, fleet, experts, clock, timers, onFault, policyOf });
  const teller = await openTeller(database.query);
  const retain = openRetention({ database, keepEvidenceDays: config.keepEvidenceDays, now: () => clock.now() });
  const tellLedger = ledgerTeller({ query: database.query, ledger: versions, onFault });
  const bounded = patience({ timers, limitMs: config.replicaTimeoutMs });
  const means = { repository, fleet, bounded, standing: (model: string) => standingVersion(database.query, model) };
  const signed = <Said extends { readonly by: string }>(word: Said): Said => (word.by === '' ? { ...word, by } : word);
  let loop: Loop | undefined;

  return {
    async plan(document) {
      return (await planRelease(document, means)).plan;
    },
    async start(document, word) {
      const planned = await planRelease(document, means);
      const { model, faults } = planned.plan;
      if (faults.length > 0) throw new GalerkinError('RELEASE_REFUSED', { model, why: `${faults.join('; ')}.` });
      const begun = await beginRelease(database, { planned, word: signed(word), nowMs: clock.now(), random });
      loop?.nudge();
      return begun;
    },
    async command(id, command, word) {
      const status = await ask(database, { id, command, word: signed(word), nowMs: clock.now() });
      loop?.nudge();
      return status;
    },
    async unroute(model, word, { dryRun: isDryRun = false } = {}) {
      const versions = await policyOf(model);
      const asked = { word: signed(word), isDryRun, versions, nowMs: clock.now() };
      const unrouting = await askUnroute(database, model, asked);
      controller.standSoon();
      loop?.nudge();
      return unrouting;
    },
    prune({ olderThanDays = config.keepEvidenceDays, dryRun = false } = {}) {
      const nowMs = clock.now();
      return pruneEvidence(database, { beforeMs: nowMs - olderThanDays * dayMs, isDryRun: dryRun, nowMs });
    },
    status: id => statusOf(database, id),
    list: ({ model, limit = 50 }) => listReleases(database.query, model, Math.min(Math.max(1, limit), mostListed)),
    evidence: id => evidenceOf(database, id),
    subscribe: listener => teller.subscribe(listener),
    run() {
      loop ??= runLoop({
        takeOffice: () => database.takeOffice('releases'),
        async tick(office) {
          const moved = await controller.tick(office);
          if (office.isHeld()) await tellLedger();
          if (office.isHeld()) await retain();
          return moved;
        },
        besides: () => teller.tell(),
        tickMs: config.tickMs,
        timers,
        onFault,
      });
    },
    isInOffice: () => loop?.office() !== undefined,
    async close() {
      await loop?.close();
      await controller.close();
    },
  };
}
