// A package as KServe's model metadata describes it.

import type { TensorConfig } from './config/model-config.js';
import { datatypeOf } from './data-types.js';
import type { ModelPackage } from './model-package.js';

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  /** On the wire: -1 first when the model has a batch axis. */
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  /** The platform, or the backend when there is none. */
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

/** Metadata of a package; `versions` are those that are ready, by default its own. */
export function toMetadata(
  { name, version, config }: Pick<ModelPackage, 'name' | 'version' | 'config'>,
  versions: readonly number[] = [version],
): ModelMetadata {
  const batch = config.max_batch_size > 0 ? [-1] : [];
  const describe = ({ name: tensor, data_type, dims }: TensorConfig): TensorMetadata => ({
    name: tensor,
    datatype: datatypeOf(data_type),
    shape: [...batch, ...dims],
  });
  return {
    name,
    versions: versions.map(String),
    platform: config.platform || config.backend,
    inputs: config.input.map(describe),
    outputs: config.output.map(describe),
  };
}
