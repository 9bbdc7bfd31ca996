// The way back from releases: a model's route is given up, and its own version policy decides again.
import { GalerkinError } from '../../base/index.js';
import { type Repository, servedVersions } from '../../model/index.js';
import type { SqlDatabase } from '../../store/index.js';
import { said } from './commands.js';
import type { Decision, Measurements } from './measurements.js';
import type { Unrouting, Word } from './releases.js';
import { sentence } from './sentence.js';
import { type ReleaseStatus, unrouteWord } from './status.js';
import type { ReleaseTables } from './tables.js';
import { isFinal, say } from './transitions.js';

type Database = SqlDatabase<ReleaseTables>;

/** What a model's own policy serves, the newest first; undefined where that cannot be read, or is nothing. */
export async function policyVersions(repository: Repository, model: string): Promise<readonly number[] | undefined> {
  try {
    const { config } = await repository.read(model);
    const versions = (await repository.list()).find(({ name }) => name === model)?.versions ?? [];
    const served = servedVersions(config, versions);
    return served.length > 0 ? served : undefined;
  } catch {
    return undefined;
  }
}

const standingOf = ({ phase, candidate, baseline }: ReleaseStatus): number =>
  phase === 'promoted' ? candidate : baseline;

const expected = (versions: readonly number[] | undefined): string =>
  versions === undefined
    ? 'which version that is cannot be told from the repository'
    : `version ${versions[0]} answers by it, as the repository stands`;

/** What comes of commands to a release that is over: one gives up its route, all others are too late. */
export function afterEnd(before: ReleaseStatus, seen: Measurements, nowMs: number): Omit<Decision, 'orders'> {
  let status = before;
  const events: Decision['events'][number][] = [];
  const answers = seen.commands.map(({ number, command, word }) => {
    if (command !== unrouteWord || status.unrouted !== undefined)
      return { number, outcome: `too late: ${before.phase}` };
    const versions = seen.policy ?? [standingOf(before)];
    const { by } = word;
    const reason = sentence(`The model's own version policy decides again (${said(word)}); ${expected(seen.policy)}`);
    const unrouted = { atMs: nowMs, by, versions };
    status = { ...status, unrouted, reason, revision: status.revision + 1, updatedAtMs: nowMs };
    events.push(say('command', `${unrouteWord} (${said(word)})`, by), say('route', reason, by));
    return { number, outcome: 'done' };
  });
  return { status, events, answers };
}

/** The last release of a model. @throws RELEASE_RUNNING; ROUTE_ABSENT where no route stands */
async function lastOf(query: Database['query'], model: string): Promise<ReleaseStatus> {
  const row = await query
    .selectFrom('release')
    .select('status')
    .where('model', '=', model)
    .orderBy('started_at_ms', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) throw new GalerkinError('ROUTE_ABSENT', { model });
  const status: ReleaseStatus = JSON.parse(row.status);
  if (!isFinal(status.phase)) throw new GalerkinError('RELEASE_RUNNING', { model, id: status.id });
  if (status.unrouted !== undefined) throw new GalerkinError('ROUTE_ABSENT', { model });
  return status;
}

export interface UnrouteTerms {
  readonly word: Word;
  readonly isDryRun: boolean;
  readonly versions: readonly number[] | undefined;
  readonly nowMs: number;
}

/** Writes down that a model's route is to be given up. @throws RELEASE_RUNNING, ROUTE_ABSENT */
export function askUnroute(database: Database, model: string, terms: UnrouteTerms): Promise<Unrouting> {
  const { word, isDryRun, versions, nowMs } = terms;
  return database.transaction(async query => {
    const status = await lastOf(query, model);
    const row = { release: status.id, command: unrouteWord, by_whom: word.by, why: word.why, at_ms: nowMs };
    if (!isDryRun) await query.insertInto('release_command').values(row).execute();
    const answers = standingOf(status);
    const text = `Version ${answers} of '${model}' answers by the route of release '${status.id}'; without it the model's own version policy decides, and ${expected(versions)}.`;
    return { model, release: status.id, dryRun: isDryRun, answers, versions: versions ?? null, text };
  });
}

/** A release begins: what was asked of the one before, and not done yet, comes too late. */
export async function forgoUnroute(query: Database['query'], model: string, id: string): Promise<void> {
  await query
    .updateTable('release_command')
    .set({ outcome: `too late: the release ${id} has begun` })
    .where('command', '=', unrouteWord)
    .where('outcome', '=', '')
    .where('release', 'in', from => from.selectFrom('release').select('id').where('model', '=', model))
    .execute();
}
