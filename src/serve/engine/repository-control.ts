// The repository as clients may see and change it: which models there are, in which state; load and unload.

export const versionStates = ['READY', 'UNAVAILABLE', 'LOADING', 'UNLOADING'] as const;
export type VersionState = (typeof versionStates)[number];

/** One version of a model; a model that was never loaded has only its name. */
export interface IndexEntry {
  readonly name: string;
  readonly version?: string;
  readonly state?: VersionState;
  readonly reason?: string;
}

/** What a load request may bring instead of what lies in the repository. */
export interface LoadOverride {
  /** The model's configuration, as JSON. */
  readonly config?: string;
  /** Files by their path in the model's folder, such as '1/model.onnx'; then nothing is read from the repository. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
}

export interface RepositoryControl {
  index(readyOnly: boolean): Promise<readonly IndexEntry[]>;
  /**
   * Loads a model, or loads it anew: what is new is opened and warmed, then takes over at once, then the old is drained.
   * @throws CONTROL_REFUSED unless the control mode is 'explicit'; MODEL_LOAD_FAILED, and the old keeps serving.
   */
  load(name: string, override?: LoadOverride): Promise<void>;
  /** Stops serving a model; requests in flight are finished. @throws CONTROL_REFUSED, MODEL_UNKNOWN */
  unload(name: string, options?: { readonly dependents?: boolean }): Promise<void>;
}
