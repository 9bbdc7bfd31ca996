// The registry of versions: which there are, where they come from, in which stage they are, and who decided it, when and why.
import { type Clock, GalerkinError, systemClock, systemTimers, type Timers } from '../../base/index.js';
import type { Repository } from '../../model/index.js';
import type { SqlDatabase } from '../../store/index.js';
import { collectGarbage, type GarbageOptions } from './collect-garbage.js';
import type { GarbageReport, IsServing } from './collection.js';
import { type CompareOptions, compareVersions } from './compare/compare-versions.js';
import type { VersionComparison } from './compare/comparison.js';
import { formerProduction } from './keep-reasons.js';
import { type MoveTerms, moveRow, promoteRow, registerRow, releaseRow } from './moves.js';
import { packageFacts } from './package-facts.js';
import { eventOf, parseWord, recordOf, releaseWord, type VersionEvent, type VersionRecord } from './record.js';
import { addEvent, eventRows, findRow, patchRow, rowOf, rowsOf, type VersionKey } from './rows.js';
import { asCollector, settleRemovals } from './settle-removals.js';
import type { VersionStage } from './stages.js';
import { type SyncReport, synchronise } from './synchronise.js';
import type { VersionTables } from './tables.js';

/** Who says it, and why: wanted for every change, and kept for ever. */
export interface VersionWord {
  readonly by: string;
  readonly why: string;
}

export interface VersionManagerParts {
  /** Opened with `versionMigrations`. */
  readonly database: SqlDatabase<VersionTables>;
  readonly repository: Repository;
  readonly clock?: Clock;
  readonly timers?: Timers;
}

/** A link of a lineage: a version as name/version, and its record if it was ever registered. */
export interface LineageLink {
  readonly name: string;
  readonly record: VersionRecord | undefined;
}

const found: VersionWord = { by: 'galerkin', why: 'found in the repository' };
const collected = 'galerkin';

export class ModelVersionManager {
  readonly #database: SqlDatabase<VersionTables>;
  readonly #repository: Repository;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #known = new Map<string, string>();

  /** @throws OPTIONS_INVALID without a database or a repository */
  constructor(parts: VersionManagerParts) {
    const { database, repository, clock = systemClock, timers = systemTimers } = parts ?? {};
    const faults = [
      ...(typeof database?.transaction === 'function' ? [] : ['database: wanted what openSql gives']),
      ...(typeof repository?.read === 'function' ? [] : ['repository: wanted what openRepository gives']),
    ];
    if (faults.length > 0) throw new GalerkinError('OPTIONS_INVALID', { of: 'ModelVersionManager', faults });
    this.#database = database;
    this.#repository = repository;
    this.#clock = clock;
    this.#timers = timers;
  }

  /**
   * Writes down a version that lies in the repository; again changes nothing.
   * @throws VERSION_CHANGED if it is registered with another digest; OPTIONS_INVALID for a word without a name or a reason;
   * what reading a package throws
   */
  async register(model: string, version: number, word: VersionWord): Promise<VersionRecord> {
    const key = { model, version };
    await this.#register(key, this.#terms(word));
    return this.get(model, version);
  }

  /** Registers all that lies in the repository and marks what has gone. Cost: reads the files of models that changed. */
  async sync(word: VersionWord = found): Promise<SyncReport> {
    const terms = this.#terms(word);
    await asCollector(this.#database, () => settleRemovals({ database: this.#database, repository: this.#repository }));
    return synchronise({
      repository: this.#repository,
      known: this.#known,
      register: key => this.#register(key, terms),
      present: async () => (await rowsOf(this.#database.query)).filter(({ present }) => present === 1),
      vanish: key => this.#vanish(key, terms),
    });
  }

  /** Versions of a model, or of all, by name; newest first. Empty for a model that nobody registered. */
  async list(model?: string): Promise<readonly VersionRecord[]> {
    return (await rowsOf(this.#database.query, model)).map(recordOf);
  }

  /** @throws PACKAGE_VERSION_UNKNOWN */
  async get(model: string, version: number): Promise<VersionRecord> {
    return recordOf(await rowOf(this.#database.query, { model, version }));
  }

  /** What happened to a model's versions, or to one of them, first things first. */
  async history(model: string, version?: number): Promise<readonly VersionEvent[]> {
    return (await eventRows(this.#database.query, model, version)).map(eventOf);
  }

  /** The version in production; undefined before the first promotion. */
  async production(model: string): Promise<VersionRecord | undefined> {
    return (await this.list(model)).find(({ stage }) => stage === 'production');
  }

  /** Where a rollback goes: of the versions that were in production and still lie there, the one that was so last. */
  async rollbackTarget(model: string): Promise<VersionRecord | undefined> {
    return formerProduction(await this.list(model));
  }

  /** By a person: this version answers, the one before is retired and kept. @throws VERSION_STAGE, PACKAGE_VERSION_UNKNOWN, OPTIONS_INVALID */
  async promote(model: string, version: number, word: VersionWord): Promise<VersionRecord> {
    const terms = this.#terms(word);
    await this.#database.transaction(query => promoteRow(query, { model, version }, terms));
    return this.get(model, version);
  }

  /** By a person: this version is never to answer again. @throws VERSION_STAGE for what is in production; PACKAGE_VERSION_UNKNOWN, OPTIONS_INVALID */
  async retire(model: string, version: number, word: VersionWord): Promise<VersionRecord> {
    const terms = this.#terms(word);
    await this.#database.transaction(query => moveRow(query, { model, version }, { to: 'retired', terms }));
    return this.get(model, version);
  }

  /** By a release: it begins with this version. Said twice it changes nothing; of a version that has moved on it is only noted. @throws what reading an unregistered version throws */
  candidate(model: string, version: number, word: VersionWord, release: string): Promise<void> {
    return this.#released({ model, version }, 'candidate', [word, release]);
  }

  /** By a release: it let the version in. Said twice it changes nothing. @throws as candidate */
  promoted(model: string, version: number, word: VersionWord, release: string): Promise<void> {
    return this.#released({ model, version }, 'production', [word, release]);
  }

  /** By a release: it stopped the version. Said twice it changes nothing. @throws as candidate */
  refused(model: string, version: number, word: VersionWord, release: string): Promise<void> {
    return this.#released({ model, version }, 'refused', [word, release]);
  }

  /** The version, what it was made from, and so on to the first; ends where a package names no parent, or names one again. */
  async lineage(model: string, version: number): Promise<readonly LineageLink[]> {
    const links: LineageLink[] = [{ name: `${model}/${version}`, record: await this.get(model, version) }];
    for (;;) {
      const parent = links.at(-1)?.record?.lineage.parent;
      if (parent === undefined || links.some(({ name }) => name === parent)) return links;
      const at = parent.lastIndexOf('/');
      const key = { model: parent.slice(0, at), version: Number(parent.slice(at + 1)) };
      const isKey = at > 0 && Number.isSafeInteger(key.version);
      const row = isKey ? await findRow(this.#database.query, key) : undefined;
      links.push({ name: parent, record: row === undefined ? undefined : recordOf(row) });
    }
  }

  /**
   * Two versions side by side on their held-out samples: errors per regime of the input with a paired interval, latency in
   * turns, size. Runs both natively in this thread, which does nothing else during a run.
   * @throws VERSIONS_INCOMPARABLE; OPTIONS_INVALID; what reading a package throws
   */
  compare(model: string, a: number, b: number, options: CompareOptions = {}): Promise<VersionComparison> {
    return compareVersions({ model, a, b }, options, { repository: this.#repository, clock: this.#clock });
  }

  /**
   * Deletes what nobody needs; never what serves, nor while `isServing` does not answer. Nothing where another process is at it.
   * @throws OPTIONS_INVALID
   */
  collectGarbage({
    isServing,
    by = collected,
    ...options
  }: GarbageOptions & { readonly isServing: IsServing; readonly by?: string }): Promise<GarbageReport> {
    const [database, repository, clock, timers] = [this.#database, this.#repository, this.#clock, this.#timers];
    return collectGarbage({ database, repository, clock, timers, isServing, by }, options);
  }

  #terms(word: VersionWord): MoveTerms {
    return { ...parseWord(word), atMs: this.#clock.now(), release: undefined };
  }

  async #register(key: VersionKey, terms: MoveTerms): Promise<boolean> {
    const facts = await packageFacts(this.#repository, key.model, key.version);
    return this.#database.transaction(query => registerRow(query, key, { facts, terms }));
  }

  #vanish(key: VersionKey, { by, atMs }: MoveTerms): Promise<void> {
    return this.#database.transaction(async query => {
      const { stage } = recordOf(await rowOf(query, key));
      await patchRow(query, key, { present: 0, changed_at_ms: atMs });
      const why = 'its files are no longer in the repository';
      await addEvent(query, { ...key, atMs, by, why, change: 'vanished', from: stage, to: stage, release: undefined });
    });
  }

  /** A release may be about a version that nobody registered yet. */
  async #released(key: VersionKey, to: VersionStage, [word, release]: readonly [VersionWord, string]): Promise<void> {
    const terms = { ...releaseWord(word), atMs: this.#clock.now(), release };
    if ((await findRow(this.#database.query, key)) === undefined) await this.#register(key, terms);
    await this.#database.transaction(query => releaseRow(query, key, { to, terms, release }));
  }
}
