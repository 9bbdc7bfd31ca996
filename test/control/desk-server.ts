// A real server of 'scale' with releases: a desk on a database in memory, its routes mounted, its loop running.
import { seededRandom } from 'galerkin/base';
import {
  deferredReleases,
  fleetOf,
  openReleases,
  ownReplica,
  type ReleaseDesk,
  type ReleaseTables,
  releaseMigrations,
  releaseReport,
  releaseRoutes,
} from 'galerkin/control';
import { openRepository } from 'galerkin/model';
import { openSql, type SqlDatabase } from 'galerkin/store';
import type { RoutedServer } from '../serve/fixtures/routed-server.js';
import { controlledServer } from './controlled-server.js';

export interface DeskServer {
  readonly served: RoutedServer;
  /** True once a desk was opened. */
  isOpen(): boolean;
  get(path: string): Promise<Response>;
  post(path: string, body?: unknown): Promise<Response>;
  close(): Promise<void>;
}

const migrations = releaseMigrations;

export async function deskServer(): Promise<DeskServer> {
  let database: SqlDatabase<ReleaseTables> | undefined;
  let desk: ReleaseDesk | undefined;
  const served = await controlledServer(
    traffic => {
      const open = async (): Promise<ReleaseDesk> => {
        database = await openSql<ReleaseTables>({ url: 'sqlite::memory:', migrations });
        const parts = { repository: openRepository(served.repository.folder), random: seededRandom(3) };
        desk = await openReleases({ database, fleet: fleetOf(ownReplica('server', traffic)), ...parts, tickMs: 20 });
        desk.run();
        return desk;
      };
      const plan = async (document: Parameters<ReleaseDesk['plan']>[0]) => {
        const nothing = await openSql<ReleaseTables>({ url: 'sqlite::memory:', migrations });
        const parts = { repository: openRepository(served.repository.folder), random: seededRandom(3) };
        const fleet = fleetOf(ownReplica('server', traffic));
        const planned = await (await openReleases({ database: nothing, fleet, ...parts })).plan(document);
        await nothing.close();
        return planned;
      };
      const releases = deferredReleases({ hasReleases: false, open, plan });
      const routes = async () => [traffic.status('scale') ?? []].flat();
      return [releaseRoutes({ releases, report: releaseReport, routes })];
    },
    { versions: [1, 2], config: '' },
  );
  return {
    served,
    isOpen: () => desk !== undefined,
    get: path => fetch(`${served.server.url}${path}`),
    post: (path, body) =>
      fetch(`${served.server.url}${path}`, {
        method: 'POST',
        ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      }),
    async close() {
      await desk?.close();
      await served.close();
      await database?.close();
    },
  };
}

/** A release that goes on until somebody says a word. */
export const patientCanary = {
  model: 'scale',
  version: 2,
  baseline: 1,
  strategy: { kind: 'canary', steps: [{ weight: '20%', hold: '1h', approve: true }] },
};
