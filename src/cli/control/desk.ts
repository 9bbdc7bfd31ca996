// The desk of releases on an open database, for the fleet that shares it or for this server alone.
import { randomInt } from 'node:crypto';
import { GalerkinError, seededRandom, systemTimers } from '../../base/index.js';
import {
  type Fleet,
  type FleetMember,
  fleetOf,
  type IsServing,
  joinFleet,
  ModelVersionManager,
  openReleases,
  ownReplica,
  type ReleaseDesk,
  type ReleaseDocument,
  type ReleasePlan,
} from '../../control/index.js';
import type { Repository } from '../../model/index.js';
import type { Server } from '../../serve/index.js';
import { type ControlDatabase, openNothing } from './database.js';
import { advertisedUrl } from './options.js';

export interface DeskPlace {
  readonly server: Server;
  readonly repository: Repository;
  /** Of this server in the fleet. */
  readonly name: string;
  readonly isShared: boolean;
  readonly advertise: string;
  readonly keepEvidenceDays: number;
  readonly complain: (line: string) => void;
}

export interface OpenDesk {
  readonly releases: ReleaseDesk;
  readonly versions: ModelVersionManager;
  readonly isServing: IsServing;
  /** Ends the loop, gives the office back, leaves the fleet. */
  close(): Promise<void>;
}

/** A fault that comes again with each tick is told once, until another one comes. */
function onceEach(complain: (line: string) => void): (error: unknown) => void {
  let last = '';
  return error => {
    const line = error instanceof Error ? error.message : String(error);
    if (line !== last) complain(line);
    last = line;
  };
}

/** All that any replica may answer with. Without a route nobody can say for sure, and nothing is to be deleted. */
const servingIn =
  (fleet: Fleet): IsServing =>
  async model => {
    const replicas = await fleet.replicas();
    const statuses = await Promise.all(replicas.map(replica => replica.status(model)));
    return statuses.flatMap(status => {
      if (status === undefined || status.route.policy === true)
        throw new GalerkinError('MODEL_UNKNOWN', { model, version: undefined, known: [] });
      return [...status.ready, ...status.route.shares.map(({ version }) => version)];
    });
  };

interface DeskParts {
  readonly database: ControlDatabase;
  readonly fleet: Fleet;
  readonly versions?: ModelVersionManager;
}

function deskOn(parts: DeskParts, { repository, name, keepEvidenceDays, complain }: DeskPlace): Promise<ReleaseDesk> {
  // Only names of releases are drawn from it: they must differ from one server, and one start, to the next.
  const random = seededRandom(randomInt(2 ** 32));
  return openReleases({ ...parts, repository, random, keepEvidenceDays, by: name, onFault: onceEach(complain) });
}

/** Takes part in the control of releases from here on. @throws REPLICA_NAME_TAKEN, and what the database throws */
export async function openDesk(database: ControlDatabase, place: DeskPlace): Promise<OpenDesk> {
  const { server, name, isShared, advertise, complain } = place;
  const own = ownReplica(name, server.traffic);
  let member: FleetMember | undefined;
  if (isShared) {
    const url = advertisedUrl(advertise, server);
    member = await joinFleet({ database, own, url, timers: systemTimers, complain });
  }
  try {
    const fleet = member?.fleet ?? fleetOf(own);
    const versions = new ModelVersionManager({ database, repository: place.repository });
    const releases = await deskOn({ database, fleet, versions }, place);
    releases.run();
    const syncing = versions.sync().catch(onceEach(complain));
    return {
      releases,
      versions,
      isServing: servingIn(fleet),
      async close() {
        await syncing;
        await releases.close();
        await member?.leave();
      },
    };
  } catch (error) {
    await member?.leave();
    throw error;
  }
}

/** What a document would do, where nothing has been released yet: asked of a database in memory. */
export async function planOnNothing(document: ReleaseDocument, place: DeskPlace): Promise<ReleasePlan> {
  const database = await openNothing();
  try {
    const releases = await deskOn({ database, fleet: fleetOf(ownReplica(place.name, place.server.traffic)) }, place);
    try {
      return await releases.plan(document);
    } finally {
      await releases.close();
    }
  } finally {
    await database.close();
  }
}
