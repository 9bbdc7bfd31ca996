// All that a release was decided by, as it was written down.
import type { SqlDatabase } from '../../store/index.js';
import type { ArmSketch } from '../judge/judge.js';
import type { Judgement } from '../judge/judgement.js';
import { statusOf } from './ask.js';
import { readEvents, readMemory } from './shelf.js';
import type { EvidencePoint, ReleaseEvidence } from './status.js';
import type { ReleaseTables } from './tables.js';

/** More points than a picture shows. */
const mostPoints = 600;

/** At most so many of them, spread evenly, with the first and the last. */
export function thin<Item>(items: readonly Item[], most: number): Item[] {
  if (items.length <= most) return [...items];
  const step = (items.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, place) => items[Math.round(place * step)]).filter(item => item !== undefined);
}

/** Thinned before the judgements are read: a long release has thousands. */
async function pointsOf(query: SqlDatabase<ReleaseTables>['query'], id: string): Promise<EvidencePoint[]> {
  const times = await query
    .selectFrom('release_point')
    .select('at_ms')
    .where('release', '=', id)
    .orderBy('at_ms')
    .execute();
  const chosen = thin(times, mostPoints).map(({ at_ms }) => at_ms);
  if (chosen.length === 0) return [];
  const rows = await query
    .selectFrom('release_point')
    .select(['at_ms', 'stage', 'share', 'judgement'])
    .where('release', '=', id)
    .where('at_ms', 'in', chosen)
    .orderBy('at_ms')
    .execute();
  return rows.map(({ at_ms: atMs, stage, share: candidateShare, judgement: text }) => {
    const judgement: Judgement = JSON.parse(text);
    return { atMs, stage, candidateShare, judgement };
  });
}

/** @throws RELEASE_UNKNOWN */
export async function evidenceOf(database: SqlDatabase<ReleaseTables>, id: string): Promise<ReleaseEvidence> {
  const { query } = database;
  const status = await statusOf(database, id);
  const [events, points, memory] = await Promise.all([
    readEvents(query, id),
    pointsOf(query, id),
    readMemory(query, id),
  ]);
  const sketches: ArmSketch[] = memory === undefined ? [] : JSON.parse(memory.sketches);
  return { status, events, points, sketches };
}
