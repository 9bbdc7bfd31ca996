// Reading and writing the rows of versions, inside of whatever transaction calls.
import type { Kysely } from 'kysely';
import { GalerkinError } from '../../base/index.js';
import type { EventRow, VersionChange, VersionFacts, VersionRow } from './record.js';
import type { VersionStage } from './stages.js';
import type { VersionTables } from './tables.js';

export type VersionQuery = Kysely<VersionTables>;

export interface VersionKey {
  readonly model: string;
  readonly version: number;
}

/** What an event says besides its place and time. */
export interface EventDraft extends VersionKey {
  readonly atMs: number;
  readonly by: string;
  readonly why: string;
  readonly change: VersionChange;
  readonly from: VersionStage | undefined;
  readonly to: VersionStage;
  readonly release: string | undefined;
}

/** Whether there can be such a row: a database refuses to look for text with NUL, or for what is no number. */
const canBe = (model: unknown, version?: unknown): boolean =>
  typeof model === 'string' && !model.includes('\0') && (version === undefined || Number.isSafeInteger(version));

export async function findRow(query: VersionQuery, { model, version }: VersionKey): Promise<VersionRow | undefined> {
  if (!canBe(model, version ?? Number.NaN)) return undefined;
  return query
    .selectFrom('model_version')
    .selectAll()
    .where('model', '=', model)
    .where('version', '=', version)
    .executeTakeFirst();
}

/** @throws PACKAGE_VERSION_UNKNOWN for a version that is not registered */
export async function rowOf(query: VersionQuery, key: VersionKey): Promise<VersionRow> {
  const row = await findRow(query, key);
  if (row !== undefined) return row;
  const known = (await rowsOf(query, key.model)).map(({ version }) => version);
  throw new GalerkinError('PACKAGE_VERSION_UNKNOWN', { name: key.model, version: key.version, known });
}

/** Of a model, or of all; by name, newest version first. */
export async function rowsOf(query: VersionQuery, model?: string): Promise<VersionRow[]> {
  if (model !== undefined && !canBe(model)) return [];
  const all = query.selectFrom('model_version').selectAll().orderBy('model').orderBy('version', 'desc');
  return (model === undefined ? all : all.where('model', '=', model)).execute();
}

/** Of a model or one of its versions, in order. */
export async function eventRows(query: VersionQuery, model: string, version?: number): Promise<EventRow[]> {
  if (!canBe(model, version)) return [];
  const all = query.selectFrom('model_version_event').selectAll().where('model', '=', model).orderBy('sequence');
  return (version === undefined ? all : all.where('version', '=', version)).execute();
}

/** Adds an event after all others of the model. @returns its number */
export async function addEvent(query: VersionQuery, draft: EventDraft): Promise<number> {
  const { model, version, atMs, by, why, change, from, to, release } = draft;
  const last = await query
    .selectFrom('model_version_event')
    .select(({ fn }) => fn.max('sequence').as('sequence'))
    .where('model', '=', model)
    .executeTakeFirst();
  const sequence = Number(last?.sequence ?? 0) + 1;
  await query
    .insertInto('model_version_event')
    .values({
      model,
      sequence,
      version,
      at_ms: atMs,
      by_whom: by,
      why,
      change,
      from_stage: from ?? '',
      to_stage: to,
      release: release ?? '',
    })
    .execute();
  return sequence;
}

export type VersionPatch = Partial<
  Pick<VersionRow, 'stage' | 'present' | 'removing' | 'changed_at_ms' | 'left_production' | 'size_bytes'>
>;

export async function patchRow(
  query: VersionQuery,
  { model, version }: VersionKey,
  patch: VersionPatch,
): Promise<void> {
  await query
    .updateTable('model_version')
    .set(patch)
    .where('model', '=', model)
    .where('version', '=', version)
    .execute();
}

export async function insertRow(
  query: VersionQuery,
  { model, version }: VersionKey,
  { facts, atMs, by }: { readonly facts: VersionFacts; readonly atMs: number; readonly by: string },
): Promise<void> {
  await query
    .insertInto('model_version')
    .values({
      model,
      version,
      stage: 'registered' satisfies VersionStage,
      present: 1,
      removing: 0,
      title: facts.title,
      digest: facts.digest,
      files: JSON.stringify(facts.files),
      lineage: JSON.stringify(facts.lineage),
      metrics: JSON.stringify(facts.metrics),
      uses: JSON.stringify(facts.uses),
      size_bytes: facts.sizeBytes,
      registered_at_ms: atMs,
      registered_by: by,
      changed_at_ms: atMs,
      left_production: null,
    })
    .execute();
}
