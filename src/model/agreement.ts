// Whether a package's two descriptions, config.pbtxt and manifest.json, say the same of its tensors.
import { GalerkinError } from '../base/index.js';
import type { ModelConfig, TensorConfig } from './config/model-config.js';
import { datatypeOf } from './data-types.js';
import type { Manifest, TensorManifest } from './manifest.js';

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
