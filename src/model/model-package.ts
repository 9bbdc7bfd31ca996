// A version of a model as the rest of the house sees it: what it takes and gives, its program, its files.
import type { DType } from '../base/index.js';
import type { ModelConfig } from './config/model-config.js';
import type { Manifest } from './manifest.js';

/** One input or output, of one item: the batch axis is left out. */
export interface TensorSpec {
  readonly name: string;
  readonly dtype: DType;
  /** -1 for a free size. */
  readonly dims: readonly number[];
  /** '1' when the values have none, or nobody said. */
  readonly unit: string;
  readonly description: string;
  /** Values that the model was made for. */
  readonly range?: readonly [number, number];
  /** NaN and infinities are refused. */
  readonly finite: boolean;
}

export interface ModelPackage {
  readonly name: string;
  readonly version: number;
  /** Complete: name, backend, version policy, and what the graph says are filled in. */
  readonly config: ModelConfig;
  /** Undefined for a plain package, as other tools write them. */
  readonly manifest: Manifest | undefined;
  /** What clients send and get; from the manifest where there is one, else from the configuration. */
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** The ONNX file in the version's folder; undefined for backends that need none, and for ensembles. */
  readonly modelFile: string | undefined;
  /** Files in the version's folder that `file` gives, as paths from there, sorted. */
  readonly files: readonly string[];
  /** Those of them that hold weights of the program, named by the graph. */
  readonly externalData: readonly string[];
  /** Of the configuration as completed and all files: the same for the same model, and only then. */
  readonly digest: string;
  /** The version's folder on this machine's disk; undefined for files that came with a request. */
  readonly folder: string | undefined;
  /**
   * The bytes of one of `files`, checked against the digest they had when the package was read.
   * @throws PACKAGE_INVALID for a file that is not listed, PACKAGE_CORRUPT when it changed.
   */
  file(name: string): Promise<Uint8Array>;
  /**
   * A file beside the versions: labels, `warmup/NAME`, `initial_state/NAME`. At most 256 MiB.
   * @throws PACKAGE_INVALID for a path out of the model's folder, or when there is none.
   */
  sharedFile(path: string): Promise<Uint8Array>;
}
