// State in SQL: one query builder over an embedded file or PostgreSQL, migrations, and one leader at a time.
import type { Kysely } from 'kysely';

export type SqlEngine = 'sqlite' | 'postgres';

/** A step from one state of the tables to the next; it runs once, in the order of names. */
export interface SqlMigration {
  /** Such as '2026-11-22-releases': sorts after those that are published. Never renamed. */
  readonly name: string;
  up(database: Kysely<unknown>, engine: SqlEngine): Promise<void>;
}

/** An office that at most one process holds. */
export interface Office {
  /** Grows by one each time that somebody takes the office, whoever it is. Never less than 1. */
  readonly term: number;
  /** False as soon as the office is lost: the connection has gone, or somebody else took it. */
  isHeld(): boolean;
  /** Settles when the office is lost or given back. */
  readonly lost: Promise<void>;
  resign(): Promise<void>;
}

export interface SqlDatabase<Tables> {
  readonly engine: SqlEngine;
  /** Without a password. */
  readonly place: string;
  readonly query: Kysely<Tables>;
  /** All of `work` or nothing of it; serialisable. Tried again where the database says that another was faster. */
  transaction<Result>(work: (query: Kysely<Tables>) => Promise<Result>): Promise<Result>;
  /** The office if it is free; undefined if another process, or another holder in this one, has it. */
  takeOffice(name: string): Promise<Office | undefined>;
  close(): Promise<void>;
}
