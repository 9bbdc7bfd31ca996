// A release as it stands: what is written down before anything is done, and all that a controller needs to go on after a restart.
import type { Route, RouteCondition } from '../../model/index.js';
import type { Advice } from '../advisor/advice.js';
import type { ArmSketch } from '../judge/judge.js';
import type { JudgeConfig, Judgement } from '../judge/judgement.js';
import type { ReleaseSpec } from './document.js';

/**
 * pending → preparing → running ⇄ paused → promoting → promoted; from each of the first five also → aborting → aborted.
 * 'reported' ends a release that was only to compare.
 */
export const releasePhases = [
  'pending',
  'preparing',
  'running',
  'paused',
  'promoting',
  'aborting',
  'promoted',
  'aborted',
  'reported',
] as const;
export type ReleasePhase = (typeof releasePhases)[number];
export const finalPhases = ['promoted', 'aborted', 'reported'] as const satisfies readonly ReleasePhase[];

export const releaseCommands = ['pause', 'resume', 'promote', 'abort'] as const;
export type ReleaseCommand = (typeof releaseCommands)[number];

/** Asked of the last release of a model when it is over: its route is given up, and the model's own policy decides again. */
export const unrouteWord = 'unroute';

/** One part of a release: how traffic is shared, for how long, and what ends it. */
export interface Stage {
  /** For people, such as 'canary 5 %'. */
  readonly title: string;
  /** The candidate's part of the traffic that no rule takes, in parts of ten thousand. */
  readonly candidateShare: number;
  /** Replicas, from the first by name, in which the share holds; the others stay with the stable version. */
  readonly replicas: number | 'all';
  /** Requests that go to the candidate whatever the share is. */
  readonly rules: readonly RouteCondition[];
  readonly sticky: Route['sticky'];
  readonly mirrorShare: number;
  readonly holdMs: number;
  /** A person must say 'promote' before the next stage. */
  readonly approve: boolean;
  /** What proof before the time is over does. 'wait': the full time is wanted. */
  readonly early: 'next' | 'finish' | 'wait';
  /**
   * What the end of the time does where nothing speaks against the candidate. 'next': go on; 'judge': go on with proof only, else
   * the document's `inconclusive` decides; 'report': the release ends with a report, and the baseline answers alone.
   */
  readonly atEnd: 'next' | 'judge' | 'report';
}

export interface ReleaseStatus {
  readonly id: string;
  readonly spec: ReleaseSpec;
  readonly candidate: number;
  readonly baseline: number;
  readonly stages: readonly Stage[];
  /** What is judged: the document's criteria without those that cannot be measured here. */
  readonly judging: JudgeConfig;
  readonly phase: ReleasePhase;
  /** Index into stages; the stage that holds or comes next. */
  readonly stage: number;
  readonly stageSinceMs: number;
  /** Time in this stage before the last pause. */
  readonly stageHeldMs: number;
  /** Candidate's samples that had been judged when this stage began: proof ends a stage early only with fresh ones. */
  readonly stageSamples: number;
  /** Of the model's routes; grows by one with each order, from one release to the next. */
  readonly revision: number;
  /** Replicas in the order in which they change: by name when the release began, later ones behind. None is ever taken out. */
  readonly members: readonly string[];
  /** Replicas that have obeyed the route of this revision. */
  readonly obeyed: readonly string[];
  /** Why the others do not, by replica; '' while they are only not ready yet. */
  readonly faults: Readonly<Record<string, string>>;
  /** Since when some replica that can be reached does not obey yet; undefined while all do. */
  readonly waitingSinceMs: number | undefined;
  /** Why it is in this phase, in a sentence. */
  readonly reason: string;
  readonly startedBy: string;
  readonly startedAtMs: number;
  readonly updatedAtMs: number;
  readonly endedAtMs: number | undefined;
  readonly judgement: Judgement | undefined;
  readonly advice: Advice | undefined;
  /** What the adviser said when the history last told of it. */
  readonly advised?: 'hold' | 'go';
  /** After its end: the model's own policy decides again, and was then expected to serve these versions, the newest first. */
  readonly unrouted?: { readonly atMs: number; readonly by: string; readonly versions: readonly number[] };
  /** When its curves and small events were deleted; the end and what people said are kept. */
  readonly prunedAtMs?: number;
  /** Where and why a fresh baseline could not be opened, as the history has told it once. */
  readonly baselineFault?: string;
}

/** One thing that happened. */
export interface ReleaseEvent {
  readonly id: string;
  readonly sequence: number;
  readonly atMs: number;
  readonly kind: 'phase' | 'stage' | 'route' | 'verdict' | 'advice' | 'command' | 'fault';
  readonly text: string;
  /** Who asked for it; '' where the controller decided. */
  readonly by: string;
}

/** A point of the curves that people look at. */
export interface EvidencePoint {
  readonly atMs: number;
  readonly stage: number;
  readonly candidateShare: number;
  readonly judgement: Judgement;
}

export interface ReleaseEvidence {
  readonly status: ReleaseStatus;
  readonly events: readonly ReleaseEvent[];
  readonly points: readonly EvidencePoint[];
  readonly sketches: readonly ArmSketch[];
}
