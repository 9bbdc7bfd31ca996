// Where models lie: a few questions that a folder on disk and files in memory both answer.
import type { ByteSource } from './onnx/byte-source.js';

export interface ModelListing {
  readonly name: string;
  /** Newest first; never empty. */
  readonly versions: readonly number[];
}

/** Paths are relative to the model's folder, with '/' between segments: 'config.pbtxt', '1/model.onnx'. */
export interface Shelf {
  /** What the place is called in errors. */
  readonly place: string;
  list(): Promise<ModelListing[]>;
  /** Versions of a model, newest first; empty for a model that is not there. */
  versions(model: string): Promise<number[]>;
  /** Files below a folder of the model, as paths from that folder, sorted; hidden ones are left out. Bounded. */
  files(model: string, folder: string): Promise<string[]>;
  /** Undefined when there is no such file. @throws PACKAGE_INVALID for links that leave the place, FILE_READ_FAILED */
  read(model: string, path: string, budgetBytes?: number): Promise<Uint8Array | undefined>;
  /** `<algorithm>:<hexadecimal digits>` of a file, read in pieces; undefined when there is none. */
  digest(model: string, path: string, algorithm?: 'sha256' | 'md5'): Promise<string | undefined>;
  /** Lets `use` look into a file without reading all of it. */
  look<T>(model: string, path: string, use: (source: ByteSource) => T): Promise<T>;
  /** True if the path leads, links resolved, to a file inside the folder. */
  isInside(model: string, folder: string, path: string): Promise<boolean>;
  /** Where a version lies on this machine's disk, if it does. */
  folderOf(model: string, version: number): string | undefined;
}
