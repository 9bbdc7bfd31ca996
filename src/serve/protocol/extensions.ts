// What the server says that it can do, in Triton's order. Clients switch features on by these names, so only what works is named.

/** Features that depend on how the server was started. */
export interface Abilities {
  /** Sequences are kept apart and in order. */
  readonly sequences: boolean;
  /** Models can be loaded and unloaded on request, dependents too. */
  readonly modelControl: boolean;
  /** Priorities and timeouts of requests count. */
  readonly schedulePolicy: boolean;
  /** Clients may hand over tensors in shared memory. */
  readonly clientShm: boolean;
}

/** The names for GET /v2 and for ServerMetadata over gRPC. */
export function extensionsOf({ sequences, modelControl, schedulePolicy, clientShm }: Abilities): readonly string[] {
  const all: readonly (readonly [string, boolean])[] = [
    ['classification', true],
    ['sequence', sequences],
    ['model_repository', modelControl],
    ['model_repository(unload_dependents)', modelControl],
    ['schedule_policy', schedulePolicy],
    ['model_configuration', true],
    ['system_shared_memory', clientShm],
    ['binary_tensor_data', true],
    ['parameters', true],
    ['statistics', true],
    ['trace', true],
    ['logging', true],
  ];
  return all.filter(([, works]) => works).map(([name]) => name);
}
