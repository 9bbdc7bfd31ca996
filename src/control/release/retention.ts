// What is kept of releases that are over: how each ended, by whom and why, for ever; curves, sketches and small events for a time.
import type { Kysely } from 'kysely';
import type { SqlDatabase } from '../../store/index.js';
import type { Pruned, PrunedRelease } from './releases.js';
import { readStatus } from './shelf.js';
import type { ReleaseStatus } from './status.js';
import type { ReleaseTables } from './tables.js';

type Database = SqlDatabase<ReleaseTables>;
type Query = Kysely<ReleaseTables>;

export const dayMs = 86_400_000;
/** Rows of one statement: a transaction holds nobody up. */
const atOnce = 1000;
/** Releases that one look of the one in office does. */
const memoriesAtOnce = 20;

interface Doomed {
  readonly id: string;
  readonly status: ReleaseStatus;
}

/** Releases that ended before, whose end the ledger has heard of, and whose evidence is there. */
async function doomedReleases(query: Query, beforeMs: number): Promise<Doomed[]> {
  const rows = await query
    .selectFrom('release')
    .select(['id', 'status'])
    .where('active', '=', 0)
    .where('told', '=', 1)
    .where('started_at_ms', '<=', beforeMs)
    .where(({ or, exists, selectFrom }) =>
      or([
        exists(selectFrom('release_memory').select('release').whereRef('release_memory.release', '=', 'release.id')),
        exists(selectFrom('release_point').select('release').whereRef('release_point.release', '=', 'release.id')),
      ]),
    )
    .orderBy('started_at_ms')
    .execute();
  const ended = rows.map(({ id, status }) => ({ id, status: readStatus(status) }));
  return ended.filter(({ status: { endedAtMs } }) => endedAtMs !== undefined && endedAtMs <= beforeMs);
}

/** The beginning, what people said, and the end stay. */
async function eventsToGo(query: Query, id: string): Promise<number[]> {
  const rows = await query
    .selectFrom('release_event')
    .select(['number', 'kind'])
    .where('release', '=', id)
    .orderBy('sequence')
    .execute();
  const inner = rows.slice(1, -1);
  return inner.filter(({ kind }) => kind !== 'command' && kind !== 'phase').map(({ number }) => number);
}

async function countOf(query: Query, { id, status }: Doomed): Promise<PrunedRelease> {
  const { points } = await query
    .selectFrom('release_point')
    .select(({ fn }) => fn.countAll<number>().as('points'))
    .where('release', '=', id)
    .executeTakeFirstOrThrow();
  const events = (await eventsToGo(query, id)).length;
  return { id, model: status.spec.model, endedAtMs: status.endedAtMs ?? 0, points: Number(points), events };
}

/** @returns true if there were points */
async function deletePoints(query: Query, id: string): Promise<boolean> {
  const times = await query
    .selectFrom('release_point')
    .select('at_ms')
    .where('release', '=', id)
    .orderBy('at_ms')
    .limit(atOnce)
    .execute();
  const last = times.at(-1)?.at_ms;
  if (last === undefined) return false;
  await query.deleteFrom('release_point').where('release', '=', id).where('at_ms', '<=', last).execute();
  return true;
}

/** Points first, a part at a time; the rest with a word in the status at last, so that who is killed in between is not the last to try. */
async function forget(database: Database, { id }: Doomed, nowMs: number): Promise<void> {
  while (await deletePoints(database.query, id));
  await database.transaction(async query => {
    const row = await query
      .selectFrom('release')
      .select(['status', 'writes'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    const status = JSON.stringify({ ...JSON.parse(row.status), prunedAtMs: nowMs });
    const { numUpdatedRows } = await query
      .updateTable('release')
      .set({ status, writes: row.writes + 1 })
      .where('id', '=', id)
      .where('writes', '=', row.writes)
      .executeTakeFirst();
    // Its route is being written at this moment: the next look does it.
    if (numUpdatedRows !== 1n) return;
    const numbers = await eventsToGo(query, id);
    for (let from = 0; from < numbers.length; from += atOnce)
      await query
        .deleteFrom('release_event')
        .where('number', 'in', numbers.slice(from, from + atOnce))
        .execute();
    await query.deleteFrom('release_memory').where('release', '=', id).execute();
  });
}

export interface PruneTerms {
  /** Releases that ended before. */
  readonly beforeMs: number;
  readonly isDryRun: boolean;
  readonly nowMs: number;
  /** Of releases, oldest first. @default all */
  readonly most?: number;
}

/** Deletes the evidence of old releases, in small transactions; their rows, beginnings, commands, phases and ends stay. */
export async function pruneEvidence(database: Database, terms: PruneTerms): Promise<Pruned> {
  const { beforeMs, isDryRun, nowMs, most = Number.POSITIVE_INFINITY } = terms;
  const releases: PrunedRelease[] = [];
  for (const doomed of (await doomedReleases(database.query, beforeMs)).slice(0, most)) {
    releases.push(await countOf(database.query, doomed));
    if (!isDryRun) await forget(database, doomed, nowMs);
  }
  return { dryRun: isDryRun, releases };
}

/** What judges have heard of releases that are over: nothing reads that any more; the sketches are evidence. */
export async function dropMemories({ query }: Pick<Database, 'query'>): Promise<void> {
  const over = await query
    .selectFrom('release_memory')
    .innerJoin('release', 'release.id', 'release_memory.release')
    .select('release_memory.release as id')
    .where('release.active', '=', 0)
    .where('release_memory.memory', '<>', '')
    .limit(memoriesAtOnce)
    .execute();
  if (over.length === 0) return;
  const ids = over.map(({ id }) => id);
  await query.updateTable('release_memory').set({ memory: '', cursors: '{}' }).where('release', 'in', ids).execute();
}

export interface RetentionOptions {
  readonly database: Database;
  /** 0: for ever. */
  readonly keepEvidenceDays: number;
  readonly now: () => number;
}

/** Looks after retention now and then, a release at a time. @returns the function that a tick of the one in office calls */
export function openRetention({ database, keepEvidenceDays, now }: RetentionOptions): () => Promise<void> {
  const everyMs = 60_000;
  let lookedAtMs = now();
  return async () => {
    const nowMs = now();
    if (nowMs - lookedAtMs < everyMs) return;
    lookedAtMs = nowMs;
    await dropMemories(database);
    if (keepEvidenceDays === 0) return;
    const beforeMs = nowMs - keepEvidenceDays * dayMs;
    await pruneEvidence(database, { beforeMs, isDryRun: false, nowMs, most: 1 });
  };
}
