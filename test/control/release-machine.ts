// The pure machine of releases in a small world that can do all that worlds do; its states are enumerated, breadth first.
import { isCurrent, type Route } from 'galerkin/model';
import { decide } from '../../dist/control/release/decide.js';
import type { Measurements, ReplicaView } from '../../dist/control/release/measurements.js';
import { type ReleaseCommand, type ReleaseStatus, unrouteWord } from '../../dist/control/release/status.js';
import {
  numberOf,
  oneReplica,
  oneRoute,
  oneStatus,
  oneView,
  presentKey,
  remembered,
  type SmallReplica,
} from './release-machine-parts.js';

export const holdMs = 10_000;
/** Longer than any patience. */
const longMs = 600_000;
export const candidate = 2;
export const baseline = 1;
const minSamples = 10;

export interface World {
  /** Its times are counted from now. */
  readonly status: ReleaseStatus;
  readonly term: number;
  readonly replicas: readonly SmallReplica[];
  /** Faults of replicas, and losses of controllers, that may still happen. */
  readonly faults: number;
  readonly crashes: number;
  /** After its end somebody may go back to the model's own policy. */
  readonly isUnrouted: boolean;
}

export interface Move {
  readonly name: string;
  readonly world: World;
}

export type Verdict = 'continue' | 'promote' | 'stale proof' | 'abort';

export interface Tick {
  readonly afterMs: number;
  readonly verdict: Verdict;
  readonly isHeld: boolean;
  readonly commands: readonly (ReleaseCommand | typeof unrouteWord)[];
}

const nameOf = (place: number): string => `r${place + 1}`;

/** What a controller sees of a replica, by its place. */
const views = remembered(({ isReachable, route, ready, isLoadFailed }: SmallReplica) =>
  oneView({
    isReachable,
    route: isReachable ? route : undefined,
    ready: isReachable ? ready : [],
    fault: isReachable ? '' : 'unreachable',
    isLoadFailed,
  }),
);

export const viewsOf = ({ replicas }: World): ReplicaView[] =>
  replicas.map((replica, place) => ({ ...views(replica), name: nameOf(place) }));

function said(verdict: Verdict): Measurements['judgement'] {
  const candidateSamples = verdict === 'stale proof' ? 0 : minSamples;
  const report = {
    metric: 'error-rate' as const,
    test: '',
    verdict: 'continue' as const,
    stableSamples: 0,
    candidateSamples,
  };
  const nothing = {
    stable: null,
    candidate: null,
    effect: null,
    lower: null,
    upper: null,
    margin: 0,
    harm: 1,
    safety: 1,
  };
  const word = verdict === 'stale proof' ? 'promote' : verdict;
  return { verdict: word, atMs: 0, reason: word, criteria: [{ ...report, ...nothing }] };
}

const judgements = new Map((['continue', 'promote', 'stale proof', 'abort'] as const).map(each => [each, said(each)]));
const advice = { atMs: 0, probability: 0.9, advice: 'hold' as const, confidence: 0.9, drivers: [] };

/** Times from now on, in as few values as decisions can tell apart. */
function normal(status: ReleaseStatus, nowMs: number): ReleaseStatus {
  const capMs = status.phase === 'aborting' ? longMs : 2 * holdMs;
  const sinceMs = Math.max(status.stageSinceMs - nowMs, -capMs);
  const waitedMs = status.waitingSinceMs === undefined ? 0 : nowMs - status.waitingSinceMs;
  return oneStatus(status, {
    stageSinceMs: status.phase === 'paused' ? 0 : sinceMs,
    stageHeldMs: Math.min(status.stageHeldMs, 2 * holdMs),
    waitingSinceMs: status.waitingSinceMs === undefined ? undefined : waitedMs >= longMs ? -longMs : 0,
  });
}

interface Decision {
  readonly status: ReleaseStatus;
  /** By the place of the replica. */
  readonly orders: readonly (Route | undefined)[];
}
const decisions = new Map<string, Decision>();

/** Decisions are pure: what is written down of orders under way, and what may yet go wrong, makes no difference to one. */
function decided(world: World, { afterMs, verdict, isHeld, commands }: Tick): Decision {
  const { status: from, term, replicas } = world;
  const looks = replicas.map(replica => numberOf(views(replica))).join(' ');
  const key = `${numberOf(from)} ${term} ${looks} ${afterMs} ${verdict} ${isHeld} ${commands.join(' ')}`;
  const before = decisions.get(key);
  if (before !== undefined) return before;
  const seen: Measurements = {
    term,
    replicas: viewsOf(world),
    judgement: judgements.get(verdict),
    advice: isHeld ? advice : undefined,
    commands: commands.map((command, number) => ({ number, command, word: { by: 'ada', why: '' } })),
    // The newest is what the policy wants.
    policy: [candidate],
  };
  const { status, orders } = decide(from, seen, afterMs);
  const found = replicas.map((_, place) => orders.find(each => each.replica === nameOf(place))?.route);
  const made = { status: normal(status, afterMs), orders: found.map(route => route && oneRoute(route)) };
  decisions.set(key, made);
  return made;
}

/** One look, decision and write; then the orders are on their way. */
export function ticked(world: World, tick: Tick): World {
  const { status, orders } = decided(world, tick);
  const replicas = world.replicas.map((replica, place) => {
    const order = orders[place];
    if (order === undefined) return replica;
    const mail = replica.mail.includes(order) ? replica.mail : [...replica.mail, order].slice(-2);
    return oneReplica({ ...replica, mail, standing: world.faults > 0 ? order : undefined });
  });
  return { ...world, status, replicas };
}

/** The controller died between writing and sending, and another has the office: what was sent before is still under way. */
const crashed = (before: World, after: World): World => ({
  ...after,
  term: after.term + 1,
  crashes: after.crashes - 1,
  replicas: after.replicas.map((replica, place) =>
    oneReplica({ ...replica, mail: before.replicas[place]?.mail ?? [] }),
  ),
});

const withReplica = (world: World, place: number, change: Partial<SmallReplica>): World => ({
  ...world,
  replicas: world.replicas.map((replica, at) => (at === place ? oneReplica({ ...replica, ...change }) : replica)),
});

/** A replica that keeps to the rules: fences, everything loaded before the swap, nothing changed by an order that fails. */
export function obey(replica: SmallReplica, order: Route): SmallReplica {
  const mail = replica.mail.filter(each => each !== order);
  if (!replica.isReachable) return { ...replica, mail };
  if (replica.route !== undefined && !isCurrent(order.fence, replica.route.fence)) return { ...replica, mail };
  const named = order.shares.map(({ version }) => version);
  const isLoadFailed =
    replica.isBroken && named.some(version => version === candidate && !replica.ready.includes(version));
  if (isLoadFailed) return { ...replica, mail, isLoadFailed };
  return { ...replica, mail, isLoadFailed, route: order, ready: [...named].sort((a, b) => a - b) };
}

function faultsOf(world: World, place: number): Move[] {
  const replica = world.replicas[place];
  if (replica === undefined) return [];
  const moves: Move[] = [];
  const change = (name: string, to: Partial<SmallReplica>, isFree = false): void => {
    const next = withReplica(world, place, to);
    moves.push({ name: `${nameOf(place)} ${name}`, world: isFree ? next : { ...next, faults: world.faults - 1 } });
  };
  if (!replica.isReachable) change('can be reached again', { isReachable: true }, true);
  if (world.faults === 0) return moves;
  const fresh = { mail: [], isLoadFailed: false };
  if (replica.isReachable) change('cannot be reached', { isReachable: false });
  if (replica.ready.includes(candidate))
    change('loses the candidate', { ready: [baseline].filter(each => replica.ready.includes(each)) });
  if (!replica.isBroken) change('can load the candidate no more', { isBroken: true });
  change('starts anew without routes', {
    ...fresh,
    route: undefined,
    ready: [replica.isBroken ? baseline : candidate],
  });
  const { standing } = replica;
  const empty = { ...replica, ...fresh, route: undefined, ready: [] };
  if (standing !== undefined)
    change('starts anew with its standing route', obey({ ...empty, isReachable: true }, standing));
  return moves;
}

const commands = ['pause', 'resume', 'promote', 'abort'] as const;

/** Times and verdicts that can make a difference in a phase. */
function looksOf({ phase }: ReleaseStatus): Pick<Tick, 'afterMs' | 'verdict' | 'isHeld'>[] {
  const plain = { afterMs: 0, verdict: 'continue', isHeld: false } as const;
  const veto = { ...plain, verdict: 'abort' } as const;
  const long = { ...plain, afterMs: longMs };
  if (phase === 'paused' || phase === 'promoting') return [plain, veto, long];
  if (phase !== 'running') return [plain, long];
  const over = { ...plain, afterMs: holdMs };
  const proved = { ...plain, verdict: 'promote' } as const;
  const stale = { ...plain, verdict: 'stale proof' } as const;
  return [plain, veto, long, over, proved, stale, { ...stale, afterMs: holdMs }, { ...over, isHeld: true }];
}

/** Everything that can happen next. */
export function movesOf(world: World): Move[] {
  const moves: Move[] = [];
  const tick = (each: Tick): void => {
    const { afterMs, verdict, isHeld, commands: asked } = each;
    const name = `${asked.join(' ') || verdict} after ${afterMs} ms${isHeld ? ', held back' : ''}`;
    const next = ticked(world, each);
    moves.push({ name, world: next });
    if (world.crashes > 0) moves.push({ name: `${name}, and a crash`, world: crashed(world, next) });
  };
  const { phase } = world.status;
  for (const each of looksOf(world.status)) tick({ ...each, commands: [] });
  const isOver = ['aborted', 'promoted', 'reported'].includes(phase);
  const asked: Tick['commands'] = isOver ? (world.isUnrouted ? [unrouteWord] : []) : commands;
  for (const command of asked) tick({ afterMs: 0, verdict: 'continue', isHeld: false, commands: [command] });
  world.replicas.forEach((replica, place) => {
    for (const order of replica.mail) {
      const name = `${nameOf(place)} gets revision ${order.fence.revision} of term ${order.fence.term}`;
      moves.push({ name, world: withReplica(world, place, obey(replica, order)) });
    }
    moves.push(...faultsOf(world, place));
  });
  return moves;
}

/** What happens when nothing more goes wrong: mail arrives, replicas come back or not, people decide, time passes. */
export function fairly(world: World, command: ReleaseCommand | undefined, isBack: boolean): World {
  const replicas = world.replicas.map(replica => {
    const there = isBack ? { ...replica, isReachable: true } : replica;
    return oneReplica(there.mail.reduce<SmallReplica>((now, order) => obey(now, order), there));
  });
  const { phase } = world.status;
  const asked = command ?? (phase === 'paused' ? 'promote' : undefined);
  const tick = { verdict: 'continue', isHeld: false, commands: asked === undefined ? [] : [asked] } as const;
  return ticked({ ...world, replicas }, { ...tick, afterMs: longMs });
}

/** Two worlds with the same key go on the same way if nothing more goes wrong. */
export const fairKeyOf = ({ status, term, replicas }: World): string =>
  `${numberOf(status)} ${term} ${replicas.map(presentKey).join('|')}`;

/** Two worlds with the same key go on the same way: what is left out never changes, or is never looked at. */
export const keyOf = ({ status, term, replicas, faults, crashes }: World): string =>
  `${numberOf(status)} ${term} ${faults} ${crashes} ${replicas.map(numberOf).join(' ')}`;

/** All states that can be reached. @param look is told each step */
export function explore(start: World, look: (from: World, move: Move) => void): Map<string, World> {
  const seen = new Map([[keyOf(start), start]]);
  let frontier = [start];
  while (frontier.length > 0) {
    const next: World[] = [];
    for (const from of frontier) {
      for (const move of movesOf(from)) {
        look(from, move);
        const key = keyOf(move.world);
        if (seen.has(key)) continue;
        seen.set(key, move.world);
        next.push(move.world);
      }
    }
    frontier = next;
  }
  return seen;
}
