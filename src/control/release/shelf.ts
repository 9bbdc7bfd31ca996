// Releases as rows: read and written whole, one transaction a decision, and only by who still has the office.
import type { Kysely, Selectable } from 'kysely';
import type { Route } from '../../model/index.js';
import type { SqlDatabase } from '../../store/index.js';
import type { AskedCommand, EventDraft } from './measurements.js';
import { type ReleaseEvent, type ReleaseStatus, releaseCommands, unrouteWord } from './status.js';
import type { ReleaseTables } from './tables.js';
import { isFinal } from './transitions.js';

/** A release as it was read: `writes` tells whether somebody else has written since. */
export interface Shelved {
  readonly status: ReleaseStatus;
  readonly term: number;
  readonly writes: number;
  readonly isTold: boolean;
}

export interface HeardMemory {
  /** Of the judge and the adviser, as JSON. */
  readonly memory: string;
  /** Where to go on reading, by replica. */
  readonly cursors: Readonly<Record<string, number>>;
  readonly sketches: string;
  readonly lost: number;
}

/** All that one decision changes. */
export interface Entry {
  readonly before: Shelved;
  readonly term: number;
  readonly status: ReleaseStatus;
  readonly events: readonly EventDraft[];
  readonly answers: readonly { readonly number: number; readonly outcome: string }[];
  /** By replica; '' for those that are not known yet. */
  readonly routes: readonly { readonly replica: string; readonly route: Route }[];
  readonly memory: HeardMemory | undefined;
  readonly point: { readonly share: number } | undefined;
  readonly nowMs: number;
}

type Query = Kysely<ReleaseTables>;

// What this room wrote itself is read back as it was written; a row that is no JSON is a broken database.
const read = <Kept>(text: string): Kept => JSON.parse(text);

const shelved = (row: Pick<Selectable<ReleaseTables['release']>, 'status' | 'term' | 'writes' | 'told'>): Shelved => ({
  status: readStatus(row.status),
  term: row.term,
  writes: row.writes,
  isTold: row.told === 1,
});

/** Members that are undefined are not in the JSON; they are the same when absent. */
export const readStatus = (text: string): ReleaseStatus => read<ReleaseStatus>(text);

const columns = ['status', 'term', 'writes', 'told'] as const;

/** Releases that are under way. */
export async function activeReleases(query: Query): Promise<Shelved[]> {
  const rows = await query.selectFrom('release').select(columns).where('active', '=', 1).orderBy('id').execute();
  return rows.map(shelved);
}

export async function activeIds(query: Query): Promise<string[]> {
  const rows = await query.selectFrom('release').select('id').where('active', '=', 1).orderBy('id').execute();
  return rows.map(({ id }) => id);
}

/** The last release of each model that is over: its final route stands. */
export async function standingReleases(query: Query): Promise<Shelved[]> {
  const rows = await query
    .selectFrom('release')
    .select(columns)
    .where('active', '=', 0)
    .where(({ eb, selectFrom }) =>
      eb(
        'release.started_at_ms',
        '=',
        selectFrom('release as other')
          .select(({ fn }) => fn.max('other.started_at_ms').as('latest'))
          .whereRef('other.model', '=', 'release.model'),
      ),
    )
    .orderBy('id')
    .execute();
  return rows.map(shelved);
}

/** Releases that ended without the ledger of versions having heard of it. */
export async function untoldReleases(query: Query): Promise<ReleaseStatus[]> {
  const rows = await query
    .selectFrom('release')
    .select(columns)
    .where('active', '=', 0)
    .where('told', '=', 0)
    .orderBy('started_at_ms')
    .execute();
  return rows.map(row => shelved(row).status);
}

export async function markTold(query: Query, id: string): Promise<void> {
  await query.updateTable('release').set({ told: 1 }).where('id', '=', id).execute();
}

export async function findRelease(query: Query, id: string): Promise<Shelved | undefined> {
  const row = await query.selectFrom('release').select(columns).where('id', '=', id).executeTakeFirst();
  return row && shelved(row);
}

/** Latest first. */
export async function listReleases(query: Query, model: string | undefined, limit: number): Promise<ReleaseStatus[]> {
  let latest = query.selectFrom('release').select(columns).orderBy('started_at_ms', 'desc').orderBy('id').limit(limit);
  if (model !== undefined) latest = latest.where('model', '=', model);
  return (await latest.execute()).map(row => shelved(row).status);
}

const isCommand = (text: string): text is AskedCommand['command'] =>
  text === unrouteWord || releaseCommands.some(each => each === text);

/** Commands that nobody has executed or refused, in the order of asking. */
export async function waitingCommands(query: Query, id: string): Promise<AskedCommand[]> {
  const rows = await query
    .selectFrom('release_command')
    .select(['number', 'command', 'by_whom', 'why'])
    .where('release', '=', id)
    .where('outcome', '=', '')
    .orderBy('number')
    .execute();
  return rows.flatMap(({ number, command, by_whom: by, why }) =>
    isCommand(command) ? [{ number, command, word: { by, why } }] : [],
  );
}

export async function readMemory(query: Query, id: string): Promise<HeardMemory | undefined> {
  const row = await query.selectFrom('release_memory').selectAll().where('release', '=', id).executeTakeFirst();
  return row && { memory: row.memory, cursors: read(row.cursors), sketches: row.sketches, lost: row.lost };
}

async function writeEvents(
  query: Query,
  id: string,
  { events, nowMs }: Pick<Entry, 'events' | 'nowMs'>,
): Promise<void> {
  if (events.length === 0) return;
  const last = await query
    .selectFrom('release_event')
    .select(({ fn }) => fn.max('sequence').as('sequence'))
    .where('release', '=', id)
    .executeTakeFirst();
  const first = (last?.sequence ?? 0) + 1;
  const rows = events.map(({ kind, text, by }, place) => ({
    release: id,
    sequence: first + place,
    at_ms: nowMs,
    kind,
    text,
    by_whom: by,
  }));
  await query.insertInto('release_event').values(rows).execute();
}

async function writeEvidence(query: Query, { status, memory, point, nowMs }: Entry): Promise<void> {
  if (memory !== undefined) {
    const { lost, sketches, memory: text } = memory;
    const row = { memory: text, cursors: JSON.stringify(memory.cursors), sketches, lost };
    await query
      .insertInto('release_memory')
      .values({ release: status.id, ...row })
      .onConflict(conflict => conflict.column('release').doUpdateSet(row))
      .execute();
  }
  if (point === undefined || status.judgement === undefined) return;
  const judgement = JSON.stringify(status.judgement);
  await query
    .insertInto('release_point')
    .values({ release: status.id, at_ms: nowMs, stage: status.stage, share: point.share, judgement })
    .onConflict(conflict => conflict.columns(['release', 'at_ms']).doUpdateSet({ judgement }))
    .execute();
}

export async function writeRoutes(query: Query, model: string, routes: Entry['routes']): Promise<void> {
  for (const { replica, route } of routes) {
    const text = JSON.stringify(route);
    await query
      .insertInto('release_route')
      .values({ model, replica, route: text })
      .onConflict(conflict => conflict.columns(['model', 'replica']).doUpdateSet({ route: text }))
      .execute();
  }
}

/**
 * Writes a decision down, all of it or nothing.
 * @returns what stands then; undefined if somebody else has written since `before` was read, or has taken the office
 */
export function writeEntry(database: SqlDatabase<ReleaseTables>, entry: Entry): Promise<Shelved | undefined> {
  const { before, term, status } = entry;
  const { id, phase } = status;
  return database.transaction(async query => {
    const active = isFinal(phase) ? 0 : 1;
    const next = { phase, active, term, writes: before.writes + 1, status: JSON.stringify(status) };
    const { numUpdatedRows } = await query
      .updateTable('release')
      .set(next)
      .where('id', '=', id)
      .where('writes', '=', before.writes)
      .where('term', '<=', term)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) return undefined;
    for (const { number, outcome } of entry.answers)
      await query.updateTable('release_command').set({ outcome }).where('number', '=', number).execute();
    await writeEvents(query, id, entry);
    await writeRoutes(query, status.spec.model, entry.routes);
    await writeEvidence(query, entry);
    return { status, term, writes: next.writes, isTold: before.isTold };
  });
}

/** The events of a release, from the first. */
export async function readEvents(query: Query, id: string): Promise<ReleaseEvent[]> {
  const rows = await query
    .selectFrom('release_event')
    .selectAll()
    .where('release', '=', id)
    .orderBy('sequence')
    .execute();
  return rows.map(eventOf);
}

const kinds = ['phase', 'stage', 'route', 'verdict', 'advice', 'command', 'fault'] as const;

export const eventOf = (row: Selectable<ReleaseTables['release_event']>): ReleaseEvent => ({
  id: row.release,
  sequence: row.sequence,
  atMs: row.at_ms,
  kind: kinds.find(kind => kind === row.kind) ?? 'fault',
  text: row.text,
  by: row.by_whom,
});
