import assert from 'node:assert/strict';
import { type ReleaseDocument, type ReleaseStatus, releaseSchema } from 'galerkin/control';
import { isCurrent, parseRoute, type Route, shareOf } from 'galerkin/model';
import { describe, expect, test } from 'vitest';
import { obeys } from '../../dist/control/release/decide.js';
import { routeOf } from '../../dist/control/release/routes.js';
import { stagesOf } from '../../dist/control/release/strategies/stages-of.js';
import {
  baseline,
  candidate,
  explore,
  fairKeyOf,
  fairly,
  holdMs,
  keyOf,
  type Move,
  viewsOf,
  type World,
} from './release-machine.js';
import { remembered } from './release-machine-parts.js';

const hold = `${holdMs}ms`;
interface Case {
  readonly strategy: ReleaseDocument['strategy'];
  readonly replicas: number;
  /** What may go wrong: one fault of a replica, one controller that dies. */
  readonly faults: number;
  readonly crashes: number;
  readonly inconclusive: 'abort' | 'pause' | 'promote';
  /** After its end somebody may go back to the model's own policy. */
  readonly isUnrouted?: boolean;
}

const anything = { replicas: 1, faults: 1, crashes: 1, inconclusive: 'abort' } as const;
const steps = [
  { weight: '10%', hold, approve: true },
  { weight: '50%', hold },
];
const early = [
  { weight: '10%', hold },
  { weight: '100%', hold },
];
const cases: Record<string, Case> = {
  'canary with an approval': {
    ...anything,
    crashes: 0,
    strategy: { kind: 'canary', steps },
    inconclusive: 'pause',
    isUnrouted: true,
  },
  'canary that may finish early': { ...anything, strategy: { kind: 'canary', steps: early, early: 'finish' } },
  'canary of two replicas': {
    ...anything,
    strategy: { kind: 'canary', steps: early },
    replicas: 2,
    faults: 0,
    isUnrouted: true,
  },
  'blue-green': { ...anything, strategy: { kind: 'blue-green', hold, watch: hold }, inconclusive: 'promote' },
  'rolling of two replicas, one of which fails': {
    ...anything,
    strategy: { kind: 'rolling', hold },
    replicas: 2,
    crashes: 0,
  },
  'rolling of two replicas': { ...anything, strategy: { kind: 'rolling', hold }, replicas: 2, faults: 0 },
  'rolling at once': { ...anything, crashes: 0, strategy: { kind: 'rolling', hold } },
  'A/B': { ...anything, faults: 0, strategy: { kind: 'ab', hold } },
  'A/B with a report': { ...anything, strategy: { kind: 'ab', hold, end: 'report' }, isUnrouted: true },
  shadow: { ...anything, strategy: { kind: 'shadow', hold, end: 'promote' } },
  'shadow with a report': { ...anything, faults: 0, strategy: { kind: 'shadow', hold } },
};

function firstWorld({ strategy, inconclusive, replicas: count, faults, crashes, isUnrouted = false }: Case): World {
  const spec = releaseSchema.parse({ model: 'darcy', strategy, inconclusive, judge: { minSamples: 10 } });
  const status: ReleaseStatus = {
    id: 'darcy-2-test',
    spec,
    candidate,
    baseline,
    stages: stagesOf(spec, { replicas: count }),
    judging: spec.judge,
    phase: 'pending',
    stage: 0,
    stageSinceMs: 0,
    stageHeldMs: 0,
    stageSamples: 0,
    revision: 0,
    members: ['r1', 'r2'].slice(0, count),
    obeyed: [],
    faults: {},
    waitingSinceMs: undefined,
    reason: '',
    startedBy: 'ada',
    startedAtMs: 0,
    updatedAtMs: 0,
    endedAtMs: undefined,
    judgement: undefined,
    advice: undefined,
  };
  const replica = {
    isReachable: true,
    route: undefined,
    ready: [candidate],
    isBroken: false,
    isLoadFailed: false,
    mail: [],
    standing: undefined,
  };
  return { status, term: 1, replicas: Array.from({ length: count }, () => replica), faults, crashes, isUnrouted };
}

const isEnded = ({ phase }: ReleaseStatus): boolean => ['promoted', 'aborted', 'reported'].includes(phase);
const isReturning = ({ phase }: ReleaseStatus): boolean => ['aborting', 'aborted', 'reported'].includes(phase);
/** The candidate's shares where it is ready, by the place of a replica. */
const sharesOf = remembered((status: ReleaseStatus): number[] =>
  [0, 1].map(index => {
    const route = routeOf(status, { term: 1, index, isCandidateReady: true });
    return route === undefined ? 0 : shareOf(route, candidate);
  }),
);

const whole = new Set<string>();
/** All of a model's traffic goes somewhere: the route itself says so when it is read. */
const assertWhole = remembered((route: Route): void => {
  const text = JSON.stringify(route);
  if (whole.has(text)) return;
  whole.add(text);
  parseRoute(route);
});

function assertOrders(from: World, { world }: Move): void {
  const views = viewsOf(from);
  world.replicas.forEach(({ mail, standing }, place) => {
    for (const order of mail) assertWhole(order);
    if (standing === undefined || standing === from.replicas[place]?.standing) return;
    // An order for the candidate only where it is ready, or where it is all that is left to name.
    const isReady = views[place]?.ready.includes(candidate) === true;
    if (shareOf(standing, candidate) > 0 && standing.shares.length > 1)
      assert(isReady, 'ordered where it is not ready');
  });
}

/** No version gets traffic in a replica that cannot answer with it at the moment at which the replica obeys. */
function assertReady({ replicas }: World, { world, name }: Move): void {
  world.replicas.forEach(({ route, ready }, place) => {
    if (route === undefined || route === replicas[place]?.route) return;
    for (const { version, share } of route.shares) assert(share === 0 || ready.includes(version), name);
    const before = replicas[place]?.route;
    if (before !== undefined && !name.includes('starts anew')) assert(isCurrent(route.fence, before.fence), name);
  });
}

/** The way back to the policy: from an end only, once, with an order of its own; nothing else goes with it. */
function assertUnrouted(before: ReleaseStatus, after: ReleaseStatus): void {
  assert(isEnded(before) && after.phase === before.phase && before.unrouted === undefined);
  assert(after.revision === before.revision + 1);
}

function assertMonotone(from: World, { world, name }: Move): void {
  const [before, after] = [from.status, world.status];
  if ((after.unrouted === undefined) !== (before.unrouted === undefined)) {
    assertUnrouted(before, after);
    return;
  }
  for (const index of before === after ? [] : [0, 1]) {
    const [old = 0, now = 0] = [sharesOf(before)[index], sharesOf(after)[index]];
    assert(now >= old || isReturning(after), `the share falls: ${name}`);
    if (now <= old) continue;
    // A share rises only when every replica that can be reached obeys what was ordered before.
    const reachable = viewsOf(from).filter(view => view.isReachable);
    assert(reachable.length > 0, name);
    for (const view of reachable) assert(obeys(before, view, from.term), `the share rises too early: ${name}`);
  }
  assert(!isEnded(before) || after.phase === before.phase, `it goes on after its end: ${name}`);
  // Both the command and the judge's veto are called 'abort'; a veto counts once the candidate is heard.
  const isHeard = ['running', 'paused', 'promoting'].includes(before.phase);
  assert(!name.startsWith('abort') || !isHeard || after.phase === 'aborting', name);
}

const ends = new Map<string, World>();

/** How it ends from here if nothing more goes wrong. Each state is followed once. */
function endOf(world: World, how: { command?: 'abort'; isBack: boolean }): World {
  const keyFor = (each: World): string => `${how.command} ${how.isBack} ${fairKeyOf(each)}`;
  const path: string[] = [];
  let now = world;
  for (let step = 0; step < 40 && !isEnded(now.status) && !ends.has(keyFor(now)); step++) {
    path.push(keyFor(now));
    now = fairly(now, how.command, how.isBack);
  }
  let ended = ends.get(keyFor(now));
  if (ended === undefined) {
    if (!isEnded(now.status)) throw new Error(`it does not end, ${JSON.stringify(how)}: ${keyOf(world)}`);
    path.push(keyFor(now));
    ended = now;
    for (let more = 0; more < 3; more++) ended = fairly(ended, undefined, how.isBack);
  }
  for (const key of path) ends.set(key, ended);
  return ended;
}

function assertEnds(world: World): void {
  const isAnybodyAway = world.replicas.some(({ isReachable }) => !isReachable);
  for (const isBack of isAnybodyAway ? [true, false] : [true]) {
    const ended = endOf(world, { isBack });
    const isCandidates = ended.status.phase === 'promoted' || ended.status.unrouted !== undefined;
    assertAlone(ended, isCandidates ? candidate : baseline);
    if (isEnded(world.status)) continue;
    const aborted = endOf(world, { command: 'abort', isBack });
    assert(aborted.status.phase === 'aborted', `abort ends as ${aborted.status.phase}`);
    assertAlone(aborted, baseline);
  }
}

/** Every replica that can be reached, and can load it, answers with this version alone. */
function assertAlone({ status: { unrouted }, replicas }: World, version: number): void {
  for (const { isReachable, route, ready, isBroken } of replicas) {
    if (!isReachable || (isBroken && version === candidate)) continue;
    assert(route?.shares.length === 1 && shareOf(route, version) === 10_000, `version ${version} is not alone`);
    assert((route.policy === true) === (unrouted !== undefined), 'its policy decides again, or does not');
    // What a policy serves, and loads once more, is the replica's own business.
    assert(unrouted !== undefined || (ready.length === 1 && ready[0] === version), `version ${version} is not ready`);
  }
}

describe('the machine of releases, in every state that it can reach', () => {
  for (const [name, each] of Object.entries(cases)) {
    const reports = 'end' in each.strategy && each.strategy.end === 'report';
    test(`${name}: traffic is whole and only for versions that are ready, shares rise only when obeyed, abort always works, it ends`, () => {
      let taken = 0;
      const states = explore(firstWorld(each), (from, move) => {
        taken++;
        assertOrders(from, move);
        assertReady(from, move);
        assertMonotone(from, move);
      });
      ends.clear();
      const phases = new Set([...states.values()].map(({ status }) => status.phase));
      for (const world of states.values()) assertEnds(world);
      console.log(`${name}: ${states.size} states, ${taken} steps`);
      expect(states.size).toBeGreaterThan(500);
      expect(phases).toContain('aborted');
      expect(phases).toContain(reports || each.strategy.kind === 'shadow' ? 'running' : 'promoted');
    });
  }
});
