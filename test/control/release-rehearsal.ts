// A whole release in virtual time: a real database and repository, real judge and machine, simulated replicas and requests.
import { manualClock, type Random, seededRandom, type Timers } from 'galerkin/base';
import {
  type Experts,
  type Fleet,
  openReleases,
  type ReleaseDesk,
  type ReleaseDocument,
  type ReleaseStatus,
  type ReleaseTables,
  releaseMigrations,
  type VersionLedger,
} from 'galerkin/control';
import { openRepository, writePackage } from 'galerkin/model';
import { openSql, type SqlDatabase } from 'galerkin/store';
import { draft } from '../model/fixtures/draft.mjs';
import { freshPaths } from '../store/folder.js';
import { type Behaviour, fleetOfReplicas, type SimulatedReplica, simulatedReplica, sound } from './release-fleet.js';

export const tickMs = 250;

/** Timers that say when the loop rests. */
export function restingTimers(timers: Timers) {
  let rests = 0;
  let waiting: (() => void)[] = [];
  return {
    after(delayMs: number, run: () => void) {
      const callOff = timers.after(delayMs, run);
      if (delayMs === tickMs) {
        rests++;
        for (const each of waiting) each();
        waiting = [];
      }
      return callOff;
    },
    rests: () => rests,
    /** When the loop rests for the time after `count` times. */
    rested: (count: number): Promise<void> =>
      rests > count ? Promise.resolve() : new Promise(resolve => waiting.push(resolve)),
  };
}

/** An adviser that has nothing to say. */
export const silent: Experts['openAdviser'] = async () => ({
  hear: () => {},
  advise: async () => undefined,
  close: async () => {},
});

export interface RehearsalOptions {
  readonly replicas?: number;
  readonly candidate?: Partial<Behaviour>;
  readonly seed?: number;
  readonly experts?: Partial<Experts>;
  readonly versions?: VersionLedger;
  readonly requestsPerTick?: number;
  /** An open database, as the controller is to see it. @default a new one, in memory */
  readonly database?: SqlDatabase<ReleaseTables>;
  /** Replicas that are there already, as the controller is to see them. */
  readonly fleet?: Fleet;
  readonly clock?: ReturnType<typeof manualClock>;
}

export interface Rehearsal {
  readonly clock: ReturnType<typeof manualClock>;
  readonly database: SqlDatabase<ReleaseTables>;
  readonly replicas: readonly SimulatedReplica[];
  readonly desk: ReleaseDesk;
  readonly faults: unknown[];
  readonly random: Random;
  /** Begins a release, and the loop. */
  start(document: Omit<ReleaseDocument, 'model'>): Promise<ReleaseStatus>;
  /** Begins the loop, which goes on with what is under way. */
  run(): Promise<void>;
  /** Requests, one tick of time, and what the controller makes of it. */
  tick(times?: number): Promise<void>;
  /** Ticks until a phase is reached. @throws after so many ticks */
  until(id: string, done: (status: ReleaseStatus) => boolean, mostTicks?: number): Promise<ReleaseStatus>;
  close(): Promise<void>;
}

export const freshDatabase = (url = 'sqlite::memory:'): Promise<SqlDatabase<ReleaseTables>> =>
  openSql<ReleaseTables>({ url, migrations: releaseMigrations });

const person = { by: 'ada', why: 'a test' };

export function rehearsals() {
  const freshPath = freshPaths();
  let repository: Promise<string> | undefined;
  const published = async (): Promise<string> => {
    const folder = freshPath();
    for (const version of [1, 2]) await writePackage(folder, draft({ version, text: `v${version}` }));
    return folder;
  };

  return async (options: RehearsalOptions = {}): Promise<Rehearsal> => {
    repository ??= published();
    const { replicas: count = 2, seed = 1, requestsPerTick = 50 } = options;
    const clock = options.clock ?? manualClock(1_700_000_000_000);
    const timers = restingTimers(clock);
    const behaviour = new Map([
      [1, sound],
      [2, { ...sound, ...options.candidate }],
    ]);
    const replicas = Array.from({ length: count }, (_, place) =>
      simulatedReplica(`replica-${place + 1}`, { behaviour, seed: seed * 100 + place, policy: 2 }),
    );
    const database = options.database ?? (await freshDatabase());
    const random = seededRandom(seed);
    const faults: unknown[] = [];
    const desk = await openReleases({
      database,
      fleet: options.fleet ?? fleetOfReplicas(replicas),
      repository: openRepository(await repository),
      clock,
      timers,
      random,
      tickMs,
      experts: { openAdviser: silent, ...options.experts },
      onFault: fault => faults.push(fault),
      ...(options.versions !== undefined && { versions: options.versions }),
    });

    const run = async (): Promise<void> => {
      const before = timers.rests();
      desk.run();
      await timers.rested(before);
    };

    const tick = async (times = 1): Promise<void> => {
      for (let k = 0; k < times; k++) {
        for (const replica of replicas) replica.serve(requestsPerTick, clock.now());
        const before = timers.rests();
        clock.advance(tickMs);
        await timers.rested(before);
      }
    };

    return {
      clock,
      database,
      replicas,
      desk,
      faults,
      random,
      start: async document => {
        const begun = await desk.start({ model: 'darcy', ...document }, person);
        await run();
        return begun;
      },
      run,
      tick,
      async until(id, done, mostTicks = 2000) {
        for (let k = 0; k < mostTicks; k++) {
          const status = await desk.status(id);
          if (done(status)) return status;
          await tick();
        }
        throw new Error(`not after ${mostTicks} ticks: ${JSON.stringify(await desk.status(id)).slice(0, 2000)}`);
      },
      async close() {
        await desk.close();
        await database.close();
      },
    };
  };
}

export const isOver = ({ phase }: ReleaseStatus): boolean => ['promoted', 'aborted', 'reported'].includes(phase);
