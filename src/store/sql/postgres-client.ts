// Connections to PostgreSQL: what each is told when it begins, and integers of 64 bits as numbers.
import type { ClientConfig, CustomTypesConfig } from 'pg';
import type { EngineOptions } from './engine.js';
import type { SqlPlace } from './place.js';

/** A connection that idles within a transaction holds locks; the server ends it after this. */
const idleInTransactionMs = 60_000;
const keepAliveDelayMs = 10_000;

function numberOf(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw new RangeError(`the integer ${text} is beyond 2^53, where numbers of JavaScript are no longer exact`);
  return value;
}

const int8 = 20;
/** Sums of bigint columns are of this type. */
const numeric = 1700;

export const loadPg = async () => (await import('pg')).default;
export type Pg = Awaited<ReturnType<typeof loadPg>>;

export function postgresConfig(pg: Pg, at: SqlPlace & { engine: 'postgres' }, options: EngineOptions): ClientConfig {
  const { statementTimeoutMs, waitMs } = options;
  const types: CustomTypesConfig = {
    getTypeParser: (oid: number, format?: 'text' | 'binary') =>
      format !== 'binary' && (oid === int8 || oid === numeric) ? numberOf : pg.types.getTypeParser(oid, format),
  };
  return {
    connectionString: at.connectionString,
    application_name: 'galerkin',
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveDelayMs,
    connectionTimeoutMillis: waitMs,
    statement_timeout: statementTimeoutMs,
    // The server's limit comes first; this one is for a server that has vanished without a word.
    query_timeout: statementTimeoutMs + 5000,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    types,
  };
}
