// When a decision is worth writing down: at once what was decided or is to be sent, and now and then what was heard.
import type { Route } from '../../model/index.js';
import type { Decision } from './measurements.js';
import { routeOf } from './routes.js';
import type { Entry, Shelved } from './shelf.js';
import type { ReleaseStatus } from './status.js';
import { isFinal, stageOf } from './transitions.js';

export interface Due {
  readonly isDue: boolean;
  /** The judge's memory is to be written too. */
  readonly isHeard: boolean;
  readonly routes: readonly { readonly replica: string; readonly route: Route }[];
  readonly point: { readonly share: number } | undefined;
}

export interface Look {
  readonly before: Shelved;
  readonly decision: Decision;
  readonly term: number;
  /** Samples since the last look. */
  readonly heard: number;
  readonly nowMs: number;
}

export interface Notes {
  due(look: Look): Due;
  written(entry: Entry): void;
}

/** Longest time for which what was heard is only in memory: a controller that goes on hears it again. */
const memoryMs = 1000;
/** Points of evidence come at most so often, and ever more seldom: about 400 for each e-fold of time. */
const pointMs = 500;
const pointsInTime = 400;

/** The part of the traffic that the candidate gets now. */
export function candidateShareOf(status: ReleaseStatus): number {
  if (status.phase === 'promoting' || status.phase === 'promoted') return 10_000;
  return status.phase === 'running' || status.phase === 'paused' ? (stageOf(status)?.candidateShare ?? 0) : 0;
}

const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, place) => name === b[place]);

function hasChanged(before: ReleaseStatus, after: ReleaseStatus): boolean {
  if (before.phase !== after.phase || before.revision !== after.revision || before.stage !== after.stage) return true;
  if ((before.waitingSinceMs === undefined) !== (after.waitingSinceMs === undefined)) return true;
  return !sameNames(before.obeyed, after.obeyed) || !sameNames(before.members, after.members);
}

export function openNotes(): Notes {
  const routes = new Map<string, string>();
  let memoryAtMs = Number.NEGATIVE_INFINITY;
  let pointAtMs = Number.NEGATIVE_INFINITY;
  let isUnwritten = false;

  /** Routes that differ from those written last; for replicas that nobody knows yet, what is safe without having seen them. */
  const newRoutes = ({ decision: { status, orders }, term }: Look): Due['routes'] => {
    const unknown = routeOf(status, { term, index: status.members.length, isCandidateReady: false });
    const named = orders.map(({ replica, route }) => ({ replica, route }));
    const all = unknown === undefined ? named : [...named, { replica: '', route: unknown }];
    return all.filter(({ replica, route }) => routes.get(replica) !== JSON.stringify(route));
  };

  return {
    due(look) {
      const { before, decision, term, heard, nowMs } = look;
      const { status, events, answers } = decision;
      isUnwritten ||= heard > 0;
      const told = newRoutes(look);
      const isOver = isFinal(before.status.phase);
      const isDecided = events.length > 0 || answers.length > 0 || told.length > 0 || hasChanged(before.status, status);
      const isHeard = !isOver && (isDecided || (isUnwritten && nowMs - memoryAtMs >= memoryMs));
      const spacing = Math.max(pointMs, (nowMs - status.startedAtMs) / pointsInTime);
      const isPoint = isHeard && status.judgement !== undefined && (events.length > 0 || nowMs - pointAtMs >= spacing);
      return {
        isDue: isDecided || isHeard || before.term !== term,
        isHeard,
        routes: told,
        point: isPoint ? { share: candidateShareOf(status) } : undefined,
      };
    },
    written(entry) {
      for (const { replica, route } of entry.routes) routes.set(replica, JSON.stringify(route));
      if (entry.memory !== undefined) {
        memoryAtMs = entry.nowMs;
        isUnwritten = false;
      }
      if (entry.point !== undefined) pointAtMs = entry.nowMs;
    },
  };
}
