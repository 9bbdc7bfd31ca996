// Versions moved from stage to stage, each move with its event, all inside of the transaction that calls.
import { GalerkinError } from '../../base/index.js';
import type { VersionFacts } from './record.js';
import { recordOf, type VersionRow } from './record.js';
import { addEvent, findRow, insertRow, patchRow, rowOf, rowsOf, type VersionKey, type VersionQuery } from './rows.js';
import { assertMove, mayMove, participleOf, type VersionStage } from './stages.js';

/** Who moves a version, why, when, and for which release. */
export interface MoveTerms {
  readonly by: string;
  readonly why: string;
  readonly atMs: number;
  readonly release: string | undefined;
}

/** @returns true if it was new or had come back. @throws VERSION_CHANGED */
export async function registerRow(
  query: VersionQuery,
  key: VersionKey,
  { facts, terms }: { readonly facts: VersionFacts; readonly terms: MoveTerms },
): Promise<boolean> {
  const row = await findRow(query, key);
  const { by, atMs } = terms;
  if (row === undefined) {
    await insertRow(query, key, { facts, atMs, by });
    await addEvent(query, { ...key, ...terms, change: 'registered', from: undefined, to: 'registered' });
    return true;
  }
  if (row.digest !== facts.digest) {
    throw new GalerkinError('VERSION_CHANGED', { ...key, wanted: row.digest, got: facts.digest });
  }
  if (row.present === 1) return false;
  const { stage } = recordOf(row);
  await patchRow(query, key, { present: 1, size_bytes: facts.sizeBytes, changed_at_ms: atMs });
  await addEvent(query, { ...key, ...terms, change: 'returned', from: stage, to: stage });
  return true;
}

/** What a release says has happened already, files or not. @throws VERSION_STAGE for one whose files are gone or going */
function assertThere(
  { model, version, stage, present, removing }: VersionRow,
  { to, byRelease }: { readonly to: VersionStage; readonly byRelease: boolean },
): void {
  if (byRelease || (to !== 'candidate' && to !== 'production')) return;
  const why =
    present === 0
      ? 'its files are not in the repository.'
      : 'its files are being deleted; publish it again under a new number.';
  if (present === 1 && removing === 0) return;
  throw new GalerkinError('VERSION_STAGE', { model, version, stage, what: participleOf[to], why });
}

interface Move {
  readonly to: VersionStage;
  readonly terms: MoveTerms;
}

/** One version, one event; nothing where it is there already. @throws VERSION_STAGE, PACKAGE_VERSION_UNKNOWN */
export async function moveRow(query: VersionQuery, key: VersionKey, { to, terms }: Move): Promise<void> {
  const row = await rowOf(query, key);
  const from = recordOf(row).stage;
  if (from === to) return;
  const byRelease = terms.release !== undefined;
  assertMove({ ...key, from, to, byRelease });
  assertThere(row, { to, byRelease });
  await patchRow(query, key, { stage: to, changed_at_ms: terms.atMs });
  await addEvent(query, { ...key, ...terms, change: 'stage', from, to });
}

/** The former production version is retired, and stays where a rollback finds it. @throws as moveRow */
export async function promoteRow(query: VersionQuery, key: VersionKey, terms: MoveTerms): Promise<void> {
  const rows = await rowsOf(query, key.model);
  const former = rows.find(({ stage, version }) => stage === 'production' && version !== key.version);
  const row = await rowOf(query, key);
  if (row.stage === 'production') return;
  const byRelease = terms.release !== undefined;
  assertMove({ ...key, from: recordOf(row).stage, to: 'production', byRelease });
  assertThere(row, { to: 'production', byRelease });
  if (former !== undefined) {
    const place = { model: key.model, version: former.version };
    const why = `version ${key.version} took its place: ${terms.why}`;
    const sequence = await addEvent(query, {
      ...place,
      ...terms,
      why,
      change: 'stage',
      from: 'production',
      to: 'retired',
    });
    await patchRow(query, place, { stage: 'retired', left_production: sequence, changed_at_ms: terms.atMs });
  }
  await moveRow(query, key, { to: 'production', terms });
}

/**
 * What a release says of a version. Said twice, as after a restart, it changes nothing; said of a version that has moved on
 * meanwhile, it is noted, and the stage stays.
 * @throws PACKAGE_VERSION_UNKNOWN
 */
export async function releaseRow(
  query: VersionQuery,
  key: VersionKey,
  { to, terms, release }: Move & { readonly release: string },
): Promise<void> {
  const said = await query
    .selectFrom('model_version_event')
    .select('sequence')
    .where('model', '=', key.model)
    .where('version', '=', key.version)
    .where('to_stage', '=', to)
    .where('release', '=', release)
    .executeTakeFirst();
  if (said !== undefined) return;
  const from = recordOf(await rowOf(query, key)).stage;
  if (from === to || !mayMove({ from, to, byRelease: true })) {
    await addEvent(query, { ...key, ...terms, change: 'noted', from, to });
  } else if (to === 'production') await promoteRow(query, key, terms);
  else await moveRow(query, key, { to, terms });
}
