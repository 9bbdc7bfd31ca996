// All that the studio knows: the models, the input, what surrogate and solver said of it, and whether the server lives.
import type { Failure } from '../api/failure.js';
import type { ModelInfo } from '../api/schemas.js';
import type { Field } from '../fields/field.js';

export type Policy = 'annotate' | 'reject' | 'fallback';
export type Verdict = 'accepted' | 'flagged' | 'rejected' | 'fallback';
export type AnsweredBy = 'surrogate' | 'solver' | 'mixed';

export interface Guard {
  readonly verdict: Verdict | undefined;
  readonly residual: number | undefined;
  readonly residualBound: number | undefined;
  readonly fluxImbalance: number | undefined;
  readonly fluxBound: number | undefined;
  /** Residual of the surrogate's answer that the solver's replaced. */
  readonly refusedResidual: number | undefined;
}

/** What the served model said of the input with this revision. */
export interface Answer {
  readonly revision: number;
  readonly policy: Policy;
  /** Absent when the guard rejected the answer. */
  readonly u: Field | undefined;
  readonly residualMap: Field | undefined;
  readonly guard: Guard;
  /** True when the input leaves the range the model was trained on. */
  readonly outOfRange: boolean;
  /** The server's words when the guard refused to give an answer. */
  readonly refusal: string | undefined;
  readonly answeredBy: AnsweredBy | undefined;
  readonly latencyMs: number | undefined;
  readonly roundTripMs: number;
}

/** What the solver said, or what the sample holds as truth until the solver has spoken. */
export interface Truth {
  readonly revision: number;
  readonly u: Field;
  readonly latencyMs: number | undefined;
  readonly source: 'solver' | 'sample';
}

export interface StudioState {
  readonly link: 'connecting' | 'up' | 'down';
  readonly model: ModelInfo | undefined;
  readonly solver: ModelInfo | undefined;
  /** Why there is no model to show. */
  readonly modelFailure: Failure | undefined;
  readonly sampleIndex: number;
  /** The sample that is shown; another than asked for while that is on its way. */
  readonly shownSample: number | undefined;
  readonly sampleFailure: Failure | undefined;
  readonly permeability: Field | undefined;
  /** The sample as it was picked, without paint. */
  readonly original: Field | undefined;
  /** Grows with each change of the permeability. */
  readonly revision: number;
  /** Earlier permeabilities, for undo. */
  readonly strokes: readonly Field[];
  readonly policy: Policy;
  readonly brushValue: number;
  readonly brushRadius: number;
  readonly answer: Answer | undefined;
  readonly answering: boolean;
  readonly answerFailure: Failure | undefined;
  readonly truth: Truth | undefined;
  readonly solving: boolean;
  readonly truthFailure: Failure | undefined;
}

export const initialState: StudioState = {
  link: 'connecting',
  model: undefined,
  solver: undefined,
  modelFailure: undefined,
  sampleIndex: 0,
  shownSample: undefined,
  sampleFailure: undefined,
  permeability: undefined,
  original: undefined,
  revision: 0,
  strokes: [],
  policy: 'fallback',
  brushValue: 100,
  brushRadius: 0.12,
  answer: undefined,
  answering: false,
  answerFailure: undefined,
  truth: undefined,
  solving: false,
  truthFailure: undefined,
};

/** True when the shown answer is the one to the present input under the present policy. */
export const isAnswerCurrent = ({ answer, revision, policy }: StudioState): boolean =>
  answer?.revision === revision && answer.policy === policy;

/** True when the guard refused to give the answer. */
export const isRejected = ({ answer }: StudioState): boolean =>
  answer?.guard.verdict === 'rejected' && answer.u === undefined;

/** True when nothing is under way and all that is shown belongs to the present input. */
export const isSettled = (state: StudioState): boolean =>
  !state.answering &&
  !state.solving &&
  state.shownSample === state.sampleIndex &&
  (isAnswerCurrent(state) || state.answerFailure !== undefined) &&
  (state.truth?.revision === state.revision || state.truthFailure !== undefined);
