// The release as a pure machine: from a status and what was measured, at a time, to the next status and the routes to send.
import type { Advice } from '../advisor/advice.js';
import { obey } from './commands.js';
import { decideStage } from './decide-stage.js';
import type { Decision, EventDraft, Measurements, Order, ReplicaView } from './measurements.js';
import { routeFor, sameRoute } from './routes.js';
import type { ReleaseStatus } from './status.js';
import { abort, end, enterStage, isFinal, pause, prepare, type Step, say } from './transitions.js';
import { afterEnd } from './unroute.js';

/** How long replicas that can be reached may fail to obey. */
export const patienceMs = Object.freeze({
  /** Loading and warming the candidate everywhere. */
  preparing: 600_000,
  /** Any later order; an abort is given up as not reached, and repeated for as long as there is a controller. */
  obeying: 120_000,
  /** After which an abort counts as done although a replica could not be reached; it gets the route when it is back. */
  unreachable: 30_000,
});

/** True if a replica obeys what this status orders, with all that the order names loaded. */
export function obeys(status: ReleaseStatus, view: ReplicaView, term: number): boolean {
  const wanted = routeFor(status, view, term);
  if (!view.isReachable || wanted === undefined || !sameRoute(view.route, wanted)) return false;
  // What a policy serves changes with the repository: the swap itself is what was ordered.
  if (wanted.policy === true) return true;
  const { phase, candidate, baseline } = status;
  const named =
    isFinal(phase) || phase === 'aborting' ? wanted.shares.map(each => each.version) : [candidate, baseline];
  return named.every(version => view.ready.includes(version));
}

/** Routes that replicas do not obey yet. An abort is sent to those that do not answer, too. */
export function ordersOf(status: ReleaseStatus, { replicas, term }: Measurements): Order[] {
  return replicas.flatMap(view => {
    const route = routeFor(status, view, term);
    const isTried = view.isReachable || status.phase === 'aborting';
    return route === undefined || !isTried || obeys(status, view, term) ? [] : [{ replica: view.name, route }];
  });
}

/** Takes in what was seen: who obeys, since when somebody does not, who has joined, what judge and adviser say. */
function look(before: ReleaseStatus, seen: Measurements, nowMs: number): Step {
  const joined = seen.replicas.map(({ name }) => name).filter(name => !before.members.includes(name));
  const { judgement = before.judgement, advice = before.advice, term } = seen;
  const status = { ...before, members: [...before.members, ...joined], judgement, advice };
  const obeyed = seen.replicas.filter(view => obeys(status, view, term)).map(({ name }) => name);
  const reachable = seen.replicas.filter(({ isReachable }) => isReachable);
  const isSettled = reachable.length > 0 && reachable.every(({ name }) => obeyed.includes(name));
  const waitingSinceMs = isSettled || status.phase === 'pending' ? undefined : (before.waitingSinceMs ?? nowMs);
  const missing = seen.replicas.filter(({ name }) => !obeyed.includes(name));
  const faults = Object.fromEntries(missing.map(({ name, fault }) => [name, fault]));
  const told = adviceEvents(before.advised, advice);
  const advised = told.length > 0 ? advice?.advice : before.advised;
  const uneven = before.baselineFault === undefined ? missingBaseline(seen) : undefined;
  const next = {
    ...status,
    obeyed,
    faults,
    waitingSinceMs,
    ...(advised !== undefined && { advised }),
    ...(uneven !== undefined && { baselineFault: uneven }),
  };
  const noted = [...faultEvents(before, next), ...(uneven === undefined ? [] : [say('fault', uneven)])];
  return { status: next, events: [...verdictEvents(before, next), ...told, ...noted] };
}

/** The first replica that obeys without a fresh baseline, and what follows from it. */
function missingBaseline({ replicas }: Measurements): string | undefined {
  const without = replicas.find(view => view.baselineFault !== undefined);
  if (without === undefined) return undefined;
  const what = 'the candidate is held against instances that are asked more often, and may seem slower than it is';
  return `${without.name}: no fresh baseline: ${what}. ${without.baselineFault}`;
}

/** Each replica that begins to have a fault. */
const faultEvents = (before: ReleaseStatus, { faults }: ReleaseStatus): EventDraft[] =>
  Object.entries(faults)
    .filter(([name, fault]) => fault !== '' && (before.faults[name] ?? '') === '')
    .map(([name, fault]) => say('fault', `${name}: ${fault}`));

function verdictEvents(before: ReleaseStatus, { judgement }: ReleaseStatus): EventDraft[] {
  if (judgement === undefined || judgement.verdict === (before.judgement?.verdict ?? 'continue')) return [];
  return [say('verdict', `${judgement.verdict}: ${judgement.reason}`)];
}

/** Only where it says something else than the history has: near the threshold it is sure and not sure by turns. */
function adviceEvents(told: ReleaseStatus['advised'], after: Advice | undefined): EventDraft[] {
  if (after?.advice === undefined || after.advice === told) return [];
  const [driver] = after.drivers;
  const because = driver === undefined ? '' : `, mostly by ${driver.feature}`;
  const percent = (100 * after.probability).toFixed(1);
  return [say('advice', `${after.advice}: probability of being worse ${percent} %${because}.`)];
}

const isListening = ({ phase }: ReleaseStatus): boolean =>
  phase === 'running' || phase === 'paused' || phase === 'promoting';

/** The judge has found harm: back, unless the document leaves that to people. */
function heedVeto(step: Step, nowMs: number): Step {
  const { judgement, phase, spec } = step.status;
  if (judgement?.verdict !== 'abort' || !isListening(step.status)) return step;
  if (spec.onHarm === 'abort') return abort(step, nowMs, judgement.reason);
  return phase === 'running' ? pause(step, nowMs, `${judgement.reason} Somebody must resume, promote or abort.`) : step;
}

const faultsOf = ({ faults }: ReleaseStatus): string =>
  Object.entries(faults)
    .map(([name, fault]) => `${name}: ${fault === '' ? 'not yet' : fault}`)
    .join('; ')
    .slice(0, 600) || 'no replica serves';

interface Facts {
  readonly seen: Measurements;
  readonly nowMs: number;
  readonly isSettled: boolean;
  /** A command waits until every replica that can be reached obeys. */
  readonly isAwaited: boolean;
}

function hasLostPatience({ waitingSinceMs }: ReleaseStatus, limitMs: number, nowMs: number): boolean {
  return waitingSinceMs !== undefined && nowMs - waitingSinceMs >= limitMs;
}

function decideAborting(step: Step, { seen, nowMs, isSettled }: Facts): Step {
  const { status } = step;
  const missing = seen.replicas.filter(({ name }) => !status.obeyed.includes(name)).map(({ name }) => name);
  const isComplete = isSettled && missing.length === 0;
  const limitMs =
    isSettled || seen.replicas.every(view => !view.isReachable) ? patienceMs.unreachable : patienceMs.obeying;
  if (!isComplete && nowMs - status.stageSinceMs < limitMs) return step;
  const told = missing.length === 0 ? '' : ` Not reached yet, and told when they are back: ${missing.join(', ')}.`;
  const where = missing.length === 0 ? 'on every replica' : 'where it was reached';
  const back = status.obeyed.length === 0 ? '' : `Version ${status.baseline} answers alone again ${where}.`;
  const said = `${back}${told}`.trim() || 'No replica serves.';
  return end(step, nowMs, { phase: 'aborted', reason: `${status.reason}${told}`, said });
}

function promoted(step: Step, { seen, nowMs }: Facts): Step {
  const { candidate, judgement } = step.status;
  const reason = `Version ${candidate} answers alone. ${judgement?.reason ?? ''}`.trim();
  const where = seen.replicas.every(({ isReachable }) => isReachable) ? '' : ' that can be reached';
  return end(step, nowMs, {
    phase: 'promoted',
    reason,
    said: `Version ${candidate} answers alone on every replica${where}.`,
  });
}

/** What time and replicas ask for, once commands and the judge's veto are through. */
function decidePhase(step: Step, facts: Facts): Step {
  const { status } = step;
  const { seen, nowMs, isSettled, isAwaited } = facts;
  const limitMs = status.phase === 'preparing' ? patienceMs.preparing : patienceMs.obeying;
  const isOverdue = hasLostPatience(status, limitMs, nowMs);
  switch (status.phase) {
    case 'pending':
      return prepare(step, nowMs);
    case 'preparing': {
      if (isSettled) return enterStage(step, 0, nowMs);
      const isHopeless = seen.replicas.some(({ isLoadFailed }) => isLoadFailed);
      const why = `Version ${status.candidate} did not become ready: ${faultsOf(status)}.`;
      return isHopeless || isOverdue ? abort(step, nowMs, why) : step;
    }
    case 'running':
    case 'promoting': {
      if (isOverdue) return abort(step, nowMs, `Replicas do not obey: ${faultsOf(status)}.`);
      if (!isSettled) return step;
      if (status.phase === 'running') return decideStage(step, nowMs);
      return promoted(step, facts);
    }
    case 'paused':
      // Nobody waits for a release that rests, unless somebody has asked it to go on.
      return isAwaited && isOverdue ? abort(step, nowMs, `Replicas do not obey: ${faultsOf(status)}.`) : step;
    case 'aborting':
      return decideAborting(step, facts);
    default:
      return step;
  }
}

/**
 * The next status, what happened, and which routes to send once that status is written down. Pure: the same arguments give the
 * same answer, and nothing is sent or written here. At most one phase or stage is entered besides what commands ask for.
 */
export function decide(before: ReleaseStatus, seen: Measurements, nowMs: number): Decision {
  if (isFinal(before.phase)) {
    const after = afterEnd(before, seen, nowMs);
    return { ...after, orders: ordersOf(after.status, seen) };
  }
  let step = look(before, seen, nowMs);
  const answers: { number: number; outcome: string }[] = [];
  const isSettled = () => step.status.waitingSinceMs === undefined && step.status.phase !== 'pending';
  for (const asked of seen.commands) {
    const { step: next, outcome } = obey(step, asked, { nowMs, isSettled: isSettled() });
    step = next;
    if (outcome !== undefined) answers.push({ number: asked.number, outcome });
  }
  step = heedVeto(step, nowMs);
  // A command that ordered a route has changed the phase already; what comes next is seen first.
  const isAwaited = answers.length < seen.commands.length;
  if (step.status.revision === before.revision)
    step = decidePhase(step, { seen, nowMs, isSettled: isSettled(), isAwaited });
  const { status, events } = step;
  const isChanged = events.length > 0;
  const next = isChanged ? { ...status, updatedAtMs: nowMs } : status;
  return { status: next, events, answers, orders: ordersOf(next, seen) };
}
