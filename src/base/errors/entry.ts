// One row of the error table: what a code means to a person, to HTTP and to a shell.

/** A row of the table. `Fields` are the facts that the message needs. */
export interface ErrorEntry<Fields> {
  /** HTTP status that a server answers with. */
  readonly http: number;
  /** Exit code of the command line: 2 usage, 65 bad data, 66 missing input, 69 unavailable, 70 bug or numerics, 74 disk. */
  readonly exit: number;
  /** Wanted, got, and what to do, in one or two sentences. */
  readonly message: (fields: Fields) => string;
  /** The sentence for docs/errors.md: when it happens and how to mend it. */
  readonly doc: string;
}

/** Types one row; the compiler infers `Fields` from the message. */
export function entry<Fields>(row: ErrorEntry<Fields>): ErrorEntry<Fields> {
  return Object.freeze(row);
}
