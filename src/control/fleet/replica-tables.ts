// Tables of the fleet: who serves, and the secret that its members share.
import type { SqlMigration } from '../../store/index.js';

export interface ReplicaTables {
  readonly replica: {
    readonly name: string;
    /** Where the others reach it. */
    readonly url: string;
    /** Of one start of the process: two that took one name notice. */
    readonly incarnation: string;
    /** By the clock of the database, so that the clocks of machines need not agree. */
    readonly heartbeat_ms: number;
  };
  readonly fleet_secret: { readonly id: number; readonly secret: string };
}

export const replicaMigrations: readonly SqlMigration[] = Object.freeze([
  {
    name: '2026-11-22-3-replicas',
    async up(database) {
      await database.schema
        .createTable('replica')
        .addColumn('name', 'text', column => column.primaryKey())
        .addColumn('url', 'text', column => column.notNull())
        .addColumn('incarnation', 'text', column => column.notNull())
        .addColumn('heartbeat_ms', 'bigint', column => column.notNull())
        .execute();
      await database.schema
        .createTable('fleet_secret')
        .addColumn('id', 'integer', column => column.primaryKey())
        .addColumn('secret', 'text', column => column.notNull())
        .execute();
    },
  },
] satisfies SqlMigration[]);
