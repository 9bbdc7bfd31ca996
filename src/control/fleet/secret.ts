// The secret that replicas of one database share: made at the first use, compared without telling how much of it was right.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { GalerkinError } from '../../base/index.js';
import type { SqlDatabase } from '../../store/index.js';
import type { ReplicaTables } from './replica-tables.js';

const secretBytes = 32;
const only = 1;

/** The fleet's secret, 256 bits as base64url. Whoever can read the database knows it: who reads that may move traffic anyway. */
export async function fleetSecret({ query }: Pick<SqlDatabase<ReplicaTables>, 'query'>): Promise<string> {
  const fresh = randomBytes(secretBytes).toString('base64url');
  // Of several that begin at once the first one wins, and all read what it wrote.
  await query
    .insertInto('fleet_secret')
    .values({ id: only, secret: fresh })
    .onConflict(conflict => conflict.column('id').doNothing())
    .execute();
  const row = await query.selectFrom('fleet_secret').select('secret').where('id', '=', only).executeTakeFirstOrThrow();
  return row.secret;
}

export const bearer = (secret: string): string => `Bearer ${secret}`;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** @param authorization  the header, if it came. @throws REPLICA_SECRET_WRONG */
export function checkSecret(authorization: string | undefined, secret: string): void {
  // Digests have one length, so that neither length nor content shows in the time.
  if (authorization !== undefined && timingSafeEqual(digest(authorization), digest(bearer(secret)))) return;
  throw new GalerkinError('REPLICA_SECRET_WRONG', { came: authorization === undefined ? 'none' : 'another' });
}
