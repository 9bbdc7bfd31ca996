// Whether a package's two descriptions, config.pbtxt and manifest.json, say the same of its tensors; and what a config leaves out.
import { type DType, GalerkinError } from '../base/index.js';
import type { ModelConfig, TensorConfig } from './config/model-config.js';
import type { Manifest, TensorManifest } from './manifest.js';

/** KServe's name of a data type that Triton's configuration names. */
export function datatypeOf(type: TensorConfig['data_type']): string {
  return type === 'TYPE_STRING' ? 'BYTES' : type.slice('TYPE_'.length);
}

/** Triton's name, as config.pbtxt writes it, of a data type. */
export function dataTypeOf(dtype: DType): TensorConfig['data_type'] {
  return dtype === 'BYTES' ? 'TYPE_STRING' : `TYPE_${dtype}`;
}

function tensorFaults(
  field: string,
  declared: readonly TensorConfig[],
  described: readonly TensorManifest[],
): string[] {
  const faults: string[] = [];
  const byName = new Map(described.map(tensor => [tensor.name, tensor]));
  if (byName.size !== described.length) faults.push(`${field}s: a name is given twice`);
  for (const { name, data_type, dims } of declared) {
    const tensor = byName.get(name);
    byName.delete(name);
    const wanted = `${datatypeOf(data_type)} [${dims}]`;
    const got = tensor === undefined ? 'nothing' : `${tensor.dtype} [${tensor.shape}]`;
    if (got !== wanted) faults.push(`${field} '${name}': wanted ${wanted} as in config.pbtxt, got ${got}`);
  }
  for (const name of byName.keys()) faults.push(`${field} '${name}': config.pbtxt has none of that name`);
  return faults;
}

/** @throws MANIFEST_INVALID with every difference. */
export function assertAgreement(config: ModelConfig, manifest: Manifest, path: string): void {
  const faults = [
    ...(config.name === manifest.name
      ? []
      : [`name: wanted '${config.name}' as in config.pbtxt, got '${manifest.name}'`]),
    ...tensorFaults('input', config.input, manifest.inputs),
    ...tensorFaults('output', config.output, manifest.outputs),
  ];
  if (faults.length > 0) throw new GalerkinError('MANIFEST_INVALID', { path, faults });
}

const onnxBackend = 'onnxruntime';
const onnxPlatform = 'onnxruntime_onnx';

/**
 * Fills in what Triton infers too: the name from the folder, backend and platform from each other, the version policy.
 * @throws MODEL_CONFIG_INVALID when the name is another one or nothing says which backend it is.
 */
export function completeConfig(config: ModelConfig, folderName: string, path: string): ModelConfig {
  const { name, platform, backend } = config;
  const isOnnx = backend === onnxBackend || (backend === '' && platform === onnxPlatform);
  const faults = [
    ...(name === '' || name === folderName ? [] : [`name: wanted '${folderName}' as its folder, got '${name}'`]),
    ...(backend === '' && !isOnnx ? [`backend: wanted a name, got none (platform '${platform}')`] : []),
  ];
  if (faults.length > 0) throw new GalerkinError('MODEL_CONFIG_INVALID', { path, faults });
  return {
    ...config,
    name: folderName,
    backend: isOnnx ? onnxBackend : backend,
    platform: isOnnx ? onnxPlatform : platform,
    version_policy: config.version_policy ?? { latest: { num_versions: 1 } },
  };
}
