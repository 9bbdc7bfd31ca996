// One collection of garbage, step by step: who is asked when, and what is written down before and after each deletion.
import { join } from 'node:path';
import type { Clock, Timers } from '../../base/index.js';
import type { Repository } from '../../model/index.js';
import type { Office, SqlDatabase } from '../../store/index.js';
import { reasonOf } from '../reason.js';
import { askWithin } from './ask-within.js';
import { folderTrace } from './folder-facts.js';
import { keepReasons } from './keep-reasons.js';
import { recordOf, type VersionRecord, type VersionUse } from './record.js';
import { removeFolder, strangeness } from './remove-folder.js';
import { addEvent, patchRow, rowOf, rowsOf, type VersionKey } from './rows.js';
import type { VersionTables } from './tables.js';

/** Versions of a model that some server answers with now; rejects if it cannot be known. */
export type IsServing = (model: string) => Promise<readonly number[]>;

export interface GarbageReport {
  readonly dryRun: boolean;
  /** Deleted, or in a dry run: what would be. */
  readonly deleted: readonly (VersionKey & { readonly bytes: number | null })[];
  readonly kept: readonly (VersionKey & { readonly why: string })[];
}

export interface GarbageMeans {
  readonly database: SqlDatabase<VersionTables>;
  readonly repository: Repository;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly isServing: IsServing;
  readonly by: string;
}

/** Resolved. */
export interface GarbageConfig {
  readonly keepLatest: number;
  readonly keepDays: number;
  readonly dryRun: boolean;
  readonly answerWithinMs: number;
}

/** One collection: what is kept, and each deletion in its steps. */
export class Collection {
  readonly #means: GarbageMeans;
  readonly #config: GarbageConfig;
  readonly #office: Office;
  /** What serves, by model, as last heard; a model that did not answer is not in it. */
  readonly #serving = new Map<string, readonly number[]>();

  constructor(means: GarbageMeans, config: GarbageConfig, office: Office) {
    this.#means = means;
    this.#config = config;
    this.#office = office;
  }

  async run(): Promise<GarbageReport> {
    const { dryRun } = this.#config;
    const records = (await rowsOf(this.#means.database.query)).map(recordOf).filter(({ present }) => present);
    for (const model of new Set(records.map(each => each.model))) await this.#ask(model);
    const reasons = this.#reasons(records);
    const deleted: (VersionKey & { bytes: number | null })[] = [];
    const kept: (VersionKey & { why: string })[] = [];
    for (const record of records.toSorted((a, b) => a.version - b.version)) {
      const { model, version, sizeBytes: bytes } = record;
      const why =
        reasons.get(`${model}/${version}`) ??
        (await strangeness(this.#means.repository.location, record)) ??
        (dryRun ? undefined : await this.#remove(record));
      if (why === undefined) deleted.push({ model, version, bytes });
      else kept.push({ model, version, why });
    }
    return { dryRun, deleted, kept };
  }

  #reasons(records: readonly VersionRecord[]): ReadonlyMap<string, string> {
    const { keepLatest, keepDays } = this.#config;
    return keepReasons(records, { serving: this.#serving, keepLatest, keepDays, nowMs: this.#means.clock.now() });
  }

  async #ask(model: string): Promise<readonly number[] | undefined> {
    const { isServing, timers } = this.#means;
    const versions = await askWithin(() => isServing(model), { timers, timeoutMs: this.#config.answerWithinMs });
    if (versions === undefined) this.#serving.delete(model);
    else this.#serving.set(model, versions);
    return versions;
  }

  /** @returns why it was left */
  async #remove(record: VersionRecord): Promise<string | undefined> {
    const { repository, database } = this.#means;
    const { model, version } = record;
    try {
      const trace = await folderTrace(join(repository.location, model, String(version)));
      const { digest } = await repository.read(model, version);
      if (digest !== record.digest) return 'what lies there has another digest than what was registered';
      const why = await this.#mark(record);
      if (why !== undefined) return why;
      const left = await removeFolder({
        root: repository.location,
        key: { model, version },
        trace,
        lastWord: () => this.#lastWord(record),
        gone: () => this.#gone(record),
      });
      if (left !== undefined) await patchRow(database.query, { model, version }, { removing: 0 });
      return left;
    } catch (cause) {
      return reasonOf(cause);
    }
  }

  /** From here on nobody can promote it. @returns why it must stay, as things are now */
  async #mark({ model, version }: VersionRecord): Promise<string | undefined> {
    await this.#ask(model);
    const before = (await rowsOf(this.#means.database.query)).map(recordOf);
    const users = before.filter(({ uses, lineage }) => namesModel(model, uses, lineage.parent));
    for (const user of new Set(users.map(each => each.model))) if (user !== model) await this.#ask(user);
    return this.#means.database.transaction(async query => {
      const records = (await rowsOf(query)).map(recordOf);
      const why = this.#reasons(records).get(`${model}/${version}`);
      if (why === undefined) await patchRow(query, { model, version }, { removing: 1 });
      return why;
    });
  }

  async #lastWord({ model, version }: VersionRecord): Promise<string | undefined> {
    if (!this.#office.isHeld()) return 'another process collects now';
    const serving = await this.#ask(model);
    if (serving === undefined) return 'nobody could say what serves';
    return serving.includes(version) ? 'it serves' : undefined;
  }

  #gone({ model, version }: VersionRecord): Promise<void> {
    const { database, clock, by } = this.#means;
    const { keepLatest, keepDays } = this.#config;
    return database.transaction(async query => {
      const { stage } = recordOf(await rowOf(query, { model, version }));
      // A release may have said meanwhile that it answers: that is never refused.
      if (stage === 'production' || stage === 'candidate') throw new Error(`it is in the stage '${stage}' now`);
      const atMs = clock.now();
      await patchRow(query, { model, version }, { present: 0, removing: 0, changed_at_ms: atMs });
      const why = `neither used, nor of the latest ${keepLatest}, nor changed in ${keepDays} days`;
      const facts = { model, version, atMs, by, why, from: stage, to: stage, release: undefined };
      await addEvent(query, { ...facts, change: 'removed' });
    });
  }
}

const namesModel = (model: string, uses: readonly VersionUse[], parent: string | undefined): boolean =>
  uses.some(use => use.model === model) || (parent?.startsWith(`${model}/`) ?? false);
