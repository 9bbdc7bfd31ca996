// The promises of a database, on the embedded file and on a real PostgreSQL.
import { afterAll, beforeAll, describe } from 'vitest';
import { freshPaths } from './folder.js';
import { hasPostgres, type PostgresServer, startPostgres } from './postgres.js';
import { type FreshUrl, sqlConforms } from './sql-conformance.js';
import { doorConforms, migrationsConform, officesConform, seriesConform } from './sql-conformance-duties.js';

function conforms(fresh: FreshUrl): void {
  sqlConforms(fresh);
  migrationsConform(fresh);
  officesConform(fresh);
  seriesConform(fresh);
  doorConforms(fresh);
}

describe('a database in a file', () => {
  const freshPath = freshPaths();
  conforms(() => `sqlite:${freshPath()}`);
});

describe.skipIf(!hasPostgres())('a database in PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());
  conforms(() => server.freshDatabase());
});
