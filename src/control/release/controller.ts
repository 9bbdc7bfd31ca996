// Who is in office carries releases on: looks at replicas and samples, decides, writes that down, and only then sends routes.
import { type Clock, channel, type Timers } from '../../base/index.js';
import type { Office, SqlDatabase } from '../../store/index.js';
import type { Advice } from '../advisor/advice.js';
import type { Judgement } from '../judge/judgement.js';
import type { Fleet, Replica } from '../replica.js';
import { decide } from './decide.js';
import { type Experts, type Hearing, openHearing } from './hearing.js';
import type { Decision, Measurements } from './measurements.js';
import { type Notes, openNotes } from './notes.js';
import { type Patience, patience } from './patience.js';
import { openSender, type Sender } from './send.js';
import { activeReleases, readMemory, type Shelved, standingReleases, waitingCommands, writeEntry } from './shelf.js';
import { type ReleaseEvent, type ReleaseStatus, unrouteWord } from './status.js';
import type { ReleaseTables } from './tables.js';
import { isFinal } from './transitions.js';
import { viewOf } from './watch.js';

/** Each status that was written down with events, in the process that wrote it. */
export const releaseChannel = channel<{ readonly status: ReleaseStatus; readonly events: readonly EventText[] }>(
  'control:release',
);
type EventText = Pick<ReleaseEvent, 'kind' | 'text' | 'by'>;

export interface ControllerOptions {
  readonly database: SqlDatabase<ReleaseTables>;
  readonly fleet: Fleet;
  readonly experts: Experts;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Something that does not stop a release, and that somebody should see. */
  readonly onFault: (error: unknown) => void;
  /** Longest wait for one answer of a replica. */
  readonly replicaTimeoutMs: number;
  /** What a model's own policy serves, the newest first; undefined where nobody can tell. */
  readonly policyOf: (model: string) => Promise<readonly number[] | undefined>;
}

export interface Controller {
  /** @returns true if something moved, so that going on at once is worth while */
  tick(office: Office): Promise<boolean>;
  /** The next tick looks after releases that are over, too. */
  standSoon(): void;
  close(): Promise<void>;
}

/** What is kept of a release in memory: all of it can be had again from the database. */
interface Desk {
  readonly sender: Sender;
  readonly notes: Notes;
  hearing: Hearing | undefined;
  /** Its judge cannot be heard, which was told: time and people decide. */
  isDeaf: boolean;
}

interface Heard {
  readonly count: number;
  readonly judgement: Judgement | undefined;
  readonly advice: Advice | undefined;
}

const nothingHeard: Heard = { count: 0, judgement: undefined, advice: undefined };

/** How often final routes are compared with what replicas obey. */
const standingMs = 2000;

export function openController(options: ControllerOptions): Controller {
  const { database, fleet, experts, clock, timers, onFault, replicaTimeoutMs, policyOf } = options;
  const { query } = database;
  const bounded: Patience = patience({ timers, limitMs: replicaTimeoutMs });
  const desks = new Map<string, Desk>();
  let standingAtMs = Number.NEGATIVE_INFINITY;
  let term = 0;

  const deskOf = (id: string): Desk => {
    const desk = desks.get(id) ?? { sender: openSender(clock), notes: openNotes(), hearing: undefined, isDeaf: false };
    desks.set(id, desk);
    return desk;
  };

  const leave = async (id: string): Promise<void> => {
    const hearing = desks.get(id)?.hearing;
    desks.delete(id);
    await hearing?.close();
  };

  /** A judge that fails must keep nobody from aborting: it is told once, and the release goes on without a verdict. */
  const hear = async (status: ReleaseStatus, desk: Desk, replicas: readonly Replica[]): Promise<Heard> => {
    if (isFinal(status.phase) || desk.isDeaf) return nothingHeard;
    const memory = desk.hearing === undefined ? await readMemory(query, status.id) : undefined;
    try {
      desk.hearing ??= await openHearing({ status, memory, experts, bounded, onFault });
      const count = await desk.hearing.listen(replicas);
      const nowMs = clock.now();
      const advice = count > 0 ? await desk.hearing.advise(nowMs) : undefined;
      return { count, judgement: desk.hearing.judge(nowMs), advice };
    } catch (error) {
      desk.isDeaf = true;
      onFault(error);
      await desk.hearing?.close().catch(onFault);
      desk.hearing = undefined;
      return nothingHeard;
    }
  };

  const measure = async (
    { status }: Shelved,
    desk: Desk,
    { replicas, term }: { readonly replicas: readonly Replica[]; readonly term: number },
  ): Promise<{ readonly seen: Measurements; readonly heard: number }> => {
    const { model } = status.spec;
    const [views, { count, judgement, advice }] = await Promise.all([
      Promise.all(replicas.map(replica => viewOf(replica, model, bounded))),
      hear(status, desk, replicas),
    ]);
    const commands = await waitingCommands(query, status.id);
    const told = views.map(view => desk.sender.withOutcome(view));
    const policy = commands.some(({ command }) => command === unrouteWord) ? await policyOf(model) : undefined;
    return { seen: { term, replicas: told, judgement, advice, commands, policy }, heard: count };
  };

  /** Sends without waiting longer than the limit: what takes longer is seen in a later tick. @returns true if anything was sent */
  const act = async ({ orders }: Decision, desk: Desk, replicas: readonly Replica[]): Promise<boolean> => {
    const sent = orders.flatMap(({ replica: name, route }) => {
      const replica = replicas.find(each => each.name === name);
      return (replica && desk.sender.send(replica, route)) ?? [];
    });
    if (sent.length === 0) return false;
    let callOff = (): void => {};
    const limit = new Promise<void>(resolve => {
      callOff = timers.after(replicaTimeoutMs, resolve);
    });
    await Promise.race([Promise.all(sent), limit]);
    callOff();
    return true;
  };

  const carryOn = async (shelved: Shelved, office: Office, replicas: readonly Replica[]): Promise<boolean> => {
    const { id, phase } = shelved.status;
    const { term } = office;
    const desk = deskOf(id);
    const { seen, heard } = await measure(shelved, desk, { replicas, term });
    const nowMs = clock.now();
    const decision = decide(shelved.status, seen, nowMs);
    const due = desk.notes.due({ before: shelved, decision, term, heard, nowMs });
    if (due.isDue) {
      const memory = due.isHeard ? desk.hearing?.memory() : undefined;
      const entry = { before: shelved, term, ...decision, routes: due.routes, memory, point: due.point, nowMs };
      const after = await writeEntry(database, entry);
      if (after === undefined) {
        // Somebody else has written: what this one believes is old.
        await leave(id);
        return false;
      }
      desk.notes.written(entry);
      const { status, events } = decision;
      if (events.length > 0) releaseChannel.publish(() => ({ status, events }));
    }
    if (!office.isHeld()) return false;
    const moved = await act(decision, desk, replicas);
    if (isFinal(decision.status.phase) && !isFinal(phase)) await leave(id);
    return moved || decision.status.phase !== phase;
  };

  /** Replicas that came back, or joined, after a release was over get its final route. */
  const stand = async (office: Office, replicas: readonly Replica[], busy: ReadonlySet<string>): Promise<void> => {
    if (clock.now() - standingAtMs < standingMs) return;
    standingAtMs = clock.now();
    for (const shelved of await standingReleases(query))
      if (!busy.has(shelved.status.spec.model) && office.isHeld()) await carryOn(shelved, office, replicas);
  };

  return {
    async tick(office) {
      // What was kept from an earlier time in office may be old.
      if (office.term !== term) await Promise.all([...desks.keys()].map(leave));
      term = office.term;
      const [active, replicas] = await Promise.all([activeReleases(query), fleet.replicas()]);
      const done = await Promise.allSettled(active.map(release => carryOn(release, office, replicas)));
      for (const [place, result] of done.entries()) {
        const id = active[place]?.status.id ?? '';
        if (result.status === 'rejected') await leave(id);
      }
      const failed = done.find(result => result.status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
      await stand(office, replicas, new Set(active.map(({ status }) => status.spec.model)));
      return done.some(result => result.status === 'fulfilled' && result.value);
    },
    standSoon() {
      standingAtMs = Number.NEGATIVE_INFINITY;
    },
    async close() {
      await Promise.all([...desks.keys()].map(leave));
    },
  };
}
