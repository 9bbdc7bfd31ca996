// The reason of a failure, for a report.

export const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
