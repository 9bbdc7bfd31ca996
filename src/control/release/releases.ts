// The desk of releases: where they are planned, begun, commanded and looked up, whoever executes them.
import type { ReleaseDocument } from './document.js';
import type { ReleaseCommand, ReleaseEvent, ReleaseEvidence, ReleaseStatus, Stage } from './status.js';

export interface ReleasePlan {
  readonly model: string;
  readonly candidate: number;
  readonly baseline: number;
  readonly stages: readonly Stage[];
  /** If every stage takes its full time. */
  readonly longestMs: number;
  /** What will be judged, and what cannot be measured here and why. */
  readonly judged: readonly string[];
  readonly notJudged: readonly { readonly metric: string; readonly why: string }[];
  /** Why it would be refused; empty if it would start. */
  readonly faults: readonly string[];
  /** What was chosen where the document does not say, and why. */
  readonly notes: readonly string[];
}

/** Who says it, and why: kept for ever. */
export interface Word {
  readonly by: string;
  readonly why: string;
}

/** What giving up a model's route means, or would mean. */
export interface Unrouting {
  readonly model: string;
  /** The release whose route stands. */
  readonly release: string;
  readonly dryRun: boolean;
  /** The version that answers by the route. */
  readonly answers: number;
  /** What the model's own policy serves as the repository stands, the newest first; null where that cannot be told. */
  readonly versions: readonly number[] | null;
  /** All of this in a sentence. */
  readonly text: string;
}

export interface PrunedRelease {
  readonly id: string;
  readonly model: string;
  readonly endedAtMs: number;
  /** Points of its curves, and events, that go. */
  readonly points: number;
  readonly events: number;
}

export interface Pruned {
  readonly dryRun: boolean;
  /** Oldest first. */
  readonly releases: readonly PrunedRelease[];
}

export interface Releases {
  /** Changes nothing. @throws RELEASE_INVALID, PACKAGE_UNKNOWN, PACKAGE_VERSION_UNKNOWN */
  plan(document: ReleaseDocument): Promise<ReleasePlan>;
  /** Written down when it returns; executed by whoever is in office. @throws as plan; RELEASE_REFUSED, RELEASE_RUNNING */
  start(document: ReleaseDocument, word: Word): Promise<ReleaseStatus>;
  /** @throws RELEASE_UNKNOWN, RELEASE_PHASE */
  command(id: string, command: ReleaseCommand, word: Word): Promise<ReleaseStatus>;
  /**
   * Back to the model's own version policy, as if no release had ever set a route. Written down when it returns, unless it is a
   * dry run; executed by whoever is in office, on every replica. @throws RELEASE_RUNNING, ROUTE_ABSENT where no route stands
   */
  unroute(model: string, word: Word, options?: { readonly dryRun?: boolean }): Promise<Unrouting>;
  /**
   * Deletes the evidence of releases that ended so long ago: curves, sketches, small events, in small transactions. How each ended,
   * by whom and why stays. A dry run only counts. @param options.olderThanDays  by default as long as evidence is kept anyway
   */
  prune(options?: { readonly olderThanDays?: number; readonly dryRun?: boolean }): Promise<Pruned>;
  /** @throws RELEASE_UNKNOWN */
  status(id: string): Promise<ReleaseStatus>;
  /** Latest first. */
  list(filter: { readonly model?: string; readonly limit?: number }): Promise<readonly ReleaseStatus[]>;
  /** @throws RELEASE_UNKNOWN */
  evidence(id: string): Promise<ReleaseEvidence>;
  /** Events of all releases, as they are written down. @returns the function that stops it */
  subscribe(listener: (event: ReleaseEvent & { readonly status: ReleaseStatus }) => void): () => void;
}
