// The promises of the registry of versions, on the embedded file and on a real PostgreSQL.
import { afterAll, beforeAll, describe } from 'vitest';
import { freshPaths } from '../store/folder.js';
import { hasPostgres, type PostgresServer, startPostgres } from '../store/postgres.js';
import { registryConforms } from './versions-conformance.js';

describe('versions in a file', () => {
  const freshPath = freshPaths();
  registryConforms(() => `sqlite:${freshPath()}`);
});

describe.skipIf(!hasPostgres())('versions in PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());
  registryConforms(() => server.freshDatabase());
});
