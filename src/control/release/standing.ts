// The routes that stand: what a server that starts must obey before its first request.
import type { Kysely } from 'kysely';
import { parseRoute, type Route } from '../../model/index.js';
import type { SqlDatabase } from '../../store/index.js';
import type { ReleaseTables } from './tables.js';

const parse = (text: string): Route => parseRoute(JSON.parse(text));

/**
 * The last route that was ordered for every model of a replica, in the order of models. A replica that nobody knows yet gets what
 * is safe without having seen it: during a release the baseline alone, with the candidate loaded; afterwards the final route.
 */
export async function standingRoutes(
  database: Pick<SqlDatabase<ReleaseTables>, 'query'>,
  replica: string,
): Promise<readonly Route[]> {
  const rows = await database.query
    .selectFrom('release_route')
    .select(['model', 'replica', 'route'])
    .where('replica', 'in', ['', replica])
    .orderBy('model')
    .orderBy('replica')
    .execute();
  // The replica's own row comes after the one for unknown replicas, and takes its place.
  return [...new Map(rows.map(({ model, route }) => [model, parse(route)])).values()];
}

/** The version that stands for a model; undefined if no release has ordered a route, or its own policy decides again. */
export async function standingVersion(query: Kysely<ReleaseTables>, model: string): Promise<number | undefined> {
  const row = await query
    .selectFrom('release_route')
    .select('route')
    .where('model', '=', model)
    .where('replica', '=', '')
    .executeTakeFirst();
  const route = row && parse(row.route);
  return route?.policy === true ? undefined : route?.stable;
}

/** The last revision of a model's routes; 0 if there is none. */
export async function lastRevision(query: Kysely<ReleaseTables>, model: string): Promise<number> {
  const rows = await query.selectFrom('release_route').select('route').where('model', '=', model).execute();
  return Math.max(0, ...rows.map(({ route }) => parse(route).fence.revision));
}
