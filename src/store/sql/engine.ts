// What an engine gives: a dialect for the query builder, its kind of transaction, offices, and an end.
import type { Dialect, Kysely } from 'kysely';
import type { Clock, Timers } from '../../base/index.js';
import type { Office, SqlEngine } from './database.js';

export interface Engine {
  readonly engine: SqlEngine;
  readonly place: string;
  readonly dialect: Dialect;
  takeOffice(name: string, plain: Kysely<unknown>): Promise<Office | undefined>;
  close(): Promise<void>;
}

export interface EngineOptions {
  readonly poolSize: number;
  readonly statementTimeoutMs: number;
  readonly waitMs: number;
  readonly heartbeatMs: number;
  readonly clock: Clock;
  readonly timers: Timers;
}
