// What went wrong between the page and the server, in words for the person who looks at the page.

export type FailureKind = 'unreachable' | 'refused' | 'unavailable' | 'malformed';

export interface Failure {
  readonly kind: FailureKind;
  readonly message: string;
  /** What the reader can do about it. */
  readonly advice: string;
}

/** A request that brought no usable answer. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure';
  constructor(
    readonly kind: FailureKind,
    message: string,
    /** HTTP status, when the server answered. */
    readonly status: number | undefined = undefined,
    /** Body of the server's refusal, parsed. */
    readonly body: unknown = undefined,
  ) {
    super(message);
  }
}

const advice: Readonly<Record<FailureKind, string>> = {
  unreachable: 'Start the server with “npm start”; the studio reconnects by itself.',
  refused: 'The server refused the request for the reason given. Change the input, or reset to a sample.',
  unavailable: 'The server cannot compute this now. Try again in a moment; its log says more.',
  malformed: 'Server and studio may come from different versions. Build again and reload this page.',
};

/** Any thrown value as a Failure to show. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof RequestFailure) {
    return { kind: thrown.kind, message: thrown.message, advice: advice[thrown.kind] };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { kind: 'malformed', message, advice: advice.malformed };
}
