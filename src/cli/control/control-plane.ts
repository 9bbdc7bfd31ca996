// The control plane of a server: its database, what it must obey before the doors open, its routes, and the loop of releases once it is up.
import { existsSync } from 'node:fs';
import { GalerkinError, isGalerkinError, resolveOptions } from '../../base/index.js';
import {
  type ControlExtension,
  deferredReleases,
  fleetSecret,
  type OwnTraffic,
  releaseReport,
  releaseRoutes,
  replicaRoutes,
  standingRoutes,
  versionRoutes,
} from '../../control/index.js';
import { openRepository, type Route, type RouteStatus } from '../../model/index.js';
import type { Server } from '../../serve/index.js';
import { type ControlDatabase, openControlDatabase } from './database.js';
import { type DeskPlace, type OpenDesk, openDesk, planOnNothing } from './desk.js';
import { type Late, late } from './late.js';
import { controlOptions, type DatabasePlace, databasePlace, replicaName } from './options.js';

export interface ControlPlane {
  /** What was ordered before: obeyed from the first request on. */
  readonly routes: readonly Route[];
  readonly extensions: readonly ControlExtension[];
  /** To be called once the server answers. */
  begin(server: Server): Promise<void>;
  /** Ends the loop and leaves the fleet: to be called before the server stops. */
  stop(): Promise<void>;
  /** To be called when the server has stopped. */
  close(): Promise<void>;
}

export interface ControlPlace {
  readonly repository: string;
  readonly port: number;
  /** Told what people must know, a line each. */
  readonly complain: (line: string) => void;
}

const nothing: ControlPlane = {
  routes: [],
  extensions: [],
  begin: async () => {},
  stop: async () => {},
  close: async () => {},
};

/** The database if it is to be open from the start on; one that nobody has made yet waits for the first release. */
const openFirst = async (at: DatabasePlace): Promise<ControlDatabase | undefined> =>
  at.isUsual && !existsSync(at.url) ? undefined : openControlDatabase(at);

const isInUse = (error: unknown): error is GalerkinError<'DATABASE_IN_USE'> =>
  isGalerkinError(error) && error.code === 'DATABASE_IN_USE';

/** A server beside another one on the usual file: it obeys nothing and says so. */
function withoutControl(error: GalerkinError<'DATABASE_IN_USE'>, complain: (line: string) => void): ControlPlane {
  complain(
    `${error.message} This server starts without control: it serves the newest versions, whatever releases have decided, and takes no releases.`,
  );
  const refuse = () => Promise.reject(error);
  const releases = deferredReleases({ hasReleases: true, open: refuse, plan: refuse });
  const extension = releaseRoutes({ releases, report: releaseReport, routes: async () => [] });
  return { ...nothing, extensions: [extension, versionRoutes({ versions: refuse, open: refuse, isServing: refuse })] };
}

/**
 * Opens the control plane of a server that is about to start.
 * @throws OPTIONS_INVALID, DATABASE_URL_INVALID; for a database that was named also DATABASE_IN_USE, DATABASE_UNREACHABLE
 */
export async function openControl(given: Record<string, unknown>, place: ControlPlace): Promise<ControlPlane> {
  const config = resolveOptions('serve', controlOptions, given);
  const at = databasePlace(config.database, place.repository);
  if (at === undefined) return nothing;
  try {
    const name = replicaName(config.replicaName, place.port, at);
    const { advertise, keepEvidenceDays } = config;
    return await controlOn(await openFirst(at), { ...place, at, name, advertise, keepEvidenceDays });
  } catch (error) {
    if (at.isUsual && isInUse(error)) return withoutControl(error, place.complain);
    throw error;
  }
}

interface Terms extends ControlPlace {
  readonly at: DatabasePlace;
  readonly name: string;
  readonly advertise: string;
  readonly keepEvidenceDays: number;
}

/** What this server obeys, of all the models of its repository. */
async function routesOf({ traffic, models }: Server, names: readonly string[]): Promise<RouteStatus[]> {
  const all = new Set([...models.map(({ name }) => name), ...names]);
  return [...all].sort().flatMap(name => {
    try {
      return traffic.status(name) ?? [];
    } catch {
      // In the repository, but not served.
      return [];
    }
  });
}

/** The traffic of a server that is not there yet: nobody asks before it has entered the fleet. */
const trafficOf = (server: Late<Server>): OwnTraffic => ({
  apply: async route => (await server.value).traffic.apply(route),
  status: model => server.now()?.traffic.status(model),
  standing: model => server.now()?.traffic.standing(model),
  samples: (model, after, limit) =>
    server.now()?.traffic.samples(model, after, limit) ?? { samples: [], next: after, lost: 0 },
});

/** The database and the desk on it, each opened when it is wanted first; what failed to open is tried again. */
function opener(first: ControlDatabase | undefined, at: DatabasePlace, place: () => Promise<DeskPlace>) {
  let database = first;
  let opening: Promise<OpenDesk> | undefined;
  let isStopped = false;
  const open = async (): Promise<OpenDesk> => {
    if (isStopped) throw new GalerkinError('DATABASE_UNREACHABLE', { place: at.url, why: 'this server is stopping' });
    const asked = await place();
    database ??= await openControlDatabase(at);
    return openDesk(database, asked);
  };
  return {
    hasDatabase: () => database !== undefined,
    desk(): Promise<OpenDesk> {
      opening ??= open().catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      return opening;
    },
    async closeDesk(): Promise<void> {
      isStopped = true;
      const desk = await opening?.catch(() => undefined);
      await desk?.close();
    },
    closeDatabase: async () => database?.close(),
  };
}

async function controlOn(first: ControlDatabase | undefined, terms: Terms): Promise<ControlPlane> {
  const { at, name, repository: location, complain } = terms;
  const { isShared } = at;
  const server = late<Server>();
  const repository = openRepository(location);
  const place = async (): Promise<DeskPlace> => ({ ...terms, repository, isShared, server: await server.value });
  const { hasDatabase, desk, closeDesk, closeDatabase } = opener(first, at, place);
  const releases = deferredReleases({
    hasReleases: first !== undefined,
    open: async () => (await desk()).releases,
    plan: async document => planOnNothing(document, await place()),
  });
  const names = async () => (await repository.list()).map(each => each.name);
  const routes = async () => routesOf(await server.value, await names());
  const registry = versionRoutes({
    versions: async () => (hasDatabase() ? (await desk()).versions : undefined),
    open: async () => (await desk()).versions,
    isServing: async model => (await desk()).isServing(model),
  });
  const replica = isShared && first ? [replicaRoutes(trafficOf(server), await fleetSecret(first))] : [];
  return {
    routes: first === undefined ? [] : await standingRoutes(first, name),
    extensions: [releaseRoutes({ releases, report: releaseReport, routes }), registry, ...replica],
    async begin(up) {
      server.set(up);
      if (first !== undefined) await desk();
    },
    stop: () => closeDesk().catch((error: unknown) => complain(String(error))),
    async close() {
      await closeDatabase();
      await repository.close();
    },
  };
}
