// Progress of long work: how far, and the one figure that matters. Rooms report it; doors draw it.

export interface Progress {
  /** What is being done, as a person would say it. */
  readonly task: string;
  readonly done: number;
  readonly total: number;
  /** The figure that matters: 'fields/s', 'loss', 'test error'. */
  readonly figure?: { readonly name: string; readonly value: number; readonly unit?: string };
}

/** Called often; must be cheap and must not throw. */
export type ProgressListener = (progress: Progress) => void;
