// What a request asks for besides its data: identity, priority, time, sequence, outputs, and who asks.

/** Which sequence a request belongs to, and where in it. */
export interface SequenceTerms {
  /** A decimal number, or text if `isText`. */
  readonly id: string;
  readonly isText: boolean;
  readonly start: boolean;
  readonly end: boolean;
}

export type ParameterValue = string | number | boolean;
export type RequestParameters = Readonly<Record<string, ParameterValue>>;

export interface Terms {
  /** '' when the client gave none. */
  readonly id: string;
  /** 1 is the highest; 0 takes the model's default. */
  readonly priority: number;
  /** Longest wait in the queue, in microseconds; 0: as the model's policy says. */
  readonly timeoutUs: number;
  readonly sequence: SequenceTerms | undefined;
  /** The request's own parameters, which are not ours to interpret. */
  readonly parameters: RequestParameters;
  /** Outputs asked for; undefined: all. */
  readonly outputs: readonly string[] | undefined;
  /** Who asks, for fair shares; '' when nobody says. */
  readonly tenant: string;
  /** Aborted when the client has gone; work that has not begun is then dropped. */
  readonly signal: AbortSignal | undefined;
}

export const noParameters: RequestParameters = Object.freeze({});

/** What holds for a request that says nothing. */
export const plainTerms: Terms = Object.freeze({
  id: '',
  priority: 0,
  timeoutUs: 0,
  sequence: undefined,
  parameters: noParameters,
  outputs: undefined,
  tenant: '',
  signal: undefined,
});
