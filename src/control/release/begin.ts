// A release written down for the first time: one of a model at most, which the database itself sees to.
import { GalerkinError, type Random } from '../../base/index.js';
import type { SqlDatabase } from '../../store/index.js';
import { judgedShown, type Planned } from './planning.js';
import type { Word } from './releases.js';
import { sentence } from './sentence.js';
import { findRelease } from './shelf.js';
import { lastRevision } from './standing.js';
import type { ReleaseStatus } from './status.js';
import type { ReleaseTables } from './tables.js';
import { forgoUnroute } from './unroute.js';

const letters = '0123456789abcdefghijklmnopqrstuvwxyz';

/** Readable: model, version, four letters. */
const idOf = ({ model, candidate }: Planned['plan'], random: Random): string =>
  `${model}-${candidate}-${Array.from({ length: 4 }, () => letters[random.integer(letters.length)]).join('')}`;

export interface Beginning {
  readonly planned: Planned;
  readonly word: Word;
  readonly nowMs: number;
  readonly random: Random;
}

const firstStatus = ({ planned, word, nowMs }: Beginning, id: string, revision: number): ReleaseStatus => ({
  id,
  spec: planned.spec,
  candidate: planned.plan.candidate,
  baseline: planned.plan.baseline,
  stages: planned.plan.stages,
  judging: planned.judging,
  phase: 'pending',
  stage: 0,
  stageSinceMs: nowMs,
  stageHeldMs: 0,
  stageSamples: 0,
  revision,
  members: planned.members,
  obeyed: [],
  faults: {},
  waitingSinceMs: undefined,
  reason: 'Waits for a controller.',
  startedBy: word.by,
  startedAtMs: nowMs,
  updatedAtMs: nowMs,
  endedAtMs: undefined,
  judgement: undefined,
  advice: undefined,
});

const running = async (query: SqlDatabase<ReleaseTables>['query'], model: string): Promise<string | undefined> => {
  const row = await query
    .selectFrom('release')
    .select('id')
    .where('model', '=', model)
    .where('active', '=', 1)
    .executeTakeFirst();
  return row?.id;
};

/** Ids that are tried: two releases of one version have the same four letters once in a million times. */
const attempts = 3;

/** @throws RELEASE_RUNNING */
export async function beginRelease(database: SqlDatabase<ReleaseTables>, beginning: Beginning): Promise<ReleaseStatus> {
  const { plan } = beginning.planned;
  const { model } = plan;
  for (let attempt = 1; ; attempt++) {
    const id = idOf(plan, beginning.random);
    try {
      return await insert(database, beginning, id);
    } catch (error) {
      // Another process was faster between the look and the insert: the index refused, and says less than this.
      const other = await running(database.query, model);
      if (other !== undefined) throw new GalerkinError('RELEASE_RUNNING', { model, id: other }, { cause: error });
      if (attempt === attempts || (await findRelease(database.query, id)) === undefined) throw error;
    }
  }
}

function insert(database: SqlDatabase<ReleaseTables>, beginning: Beginning, id: string): Promise<ReleaseStatus> {
  const { planned, word, nowMs } = beginning;
  const { model, candidate, baseline } = planned.plan;
  const why = word.why === '' ? '' : ` Why: ${sentence(word.why)}`;
  const text = `Started: version ${candidate} against version ${baseline}.${why} ${judgedShown(planned.plan)}`;
  return database.transaction(async query => {
    const other = await running(query, model);
    if (other !== undefined) throw new GalerkinError('RELEASE_RUNNING', { model, id: other });
    await forgoUnroute(query, model, id);
    // One revision is left free, for a route that is being given up at this very moment: its order is older than all of this release.
    const status = firstStatus(beginning, id, (await lastRevision(query, model)) + 1);
    const row = { id, model, phase: status.phase, active: 1, started_at_ms: nowMs, term: 0, writes: 0, told: 0 };
    await query
      .insertInto('release')
      .values({ ...row, status: JSON.stringify(status) })
      .execute();
    const event = { release: id, sequence: 1, at_ms: nowMs, kind: 'phase', text, by_whom: word.by };
    await query.insertInto('release_event').values(event).execute();
    return status;
  });
}
