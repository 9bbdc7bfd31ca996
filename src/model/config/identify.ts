// What Triton infers of a configuration without looking at the model: name, backend and platform, version policy, idle time.
import type { ModelConfig } from './model-config.js';

export const onnxBackend = 'onnxruntime';
const onnxPlatform = 'onnxruntime_onnx';
const ensemblePlatform = 'ensemble';
const defaultIdleMicroseconds = 1_000_000;

/** A fault of a value, by its path in the configuration. */
export interface ValueFault {
  readonly path: readonly PropertyKey[];
  readonly text: string;
}

export interface Identified {
  readonly config: ModelConfig;
  readonly faults: readonly ValueFault[];
}

/** True for a configuration whose model is computed by other models. */
export const isEnsemble = ({ ensemble_scheduling, platform }: ModelConfig): boolean =>
  ensemble_scheduling !== undefined || platform === ensemblePlatform;

/** Backend and platform from each other, and from the presence of an ONNX file where both are silent. */
function kindOf(config: ModelConfig, hasProgram: boolean): { backend: string; platform: string } {
  const { backend, platform } = config;
  if (isEnsemble(config)) return { backend, platform: platform || ensemblePlatform };
  const saysOnnx = backend === onnxBackend || (backend === '' && platform === onnxPlatform);
  const looksOnnx = backend === '' && platform === '' && hasProgram;
  return saysOnnx || looksOnnx ? { backend: onnxBackend, platform: onnxPlatform } : { backend, platform };
}

/**
 * Fills in what needs no look at the model.
 * @param folderName the model's folder, whose name is the model's.
 * @param hasProgram whether the version's folder holds the ONNX file.
 */
export function identify(config: ModelConfig, folderName: string, hasProgram: boolean): Identified {
  const { backend, platform } = kindOf(config, hasProgram);
  const faults: ValueFault[] = [];
  if (config.name !== '' && config.name !== folderName) {
    faults.push({ path: ['name'], text: `'name': wanted '${folderName}' as its folder, got '${config.name}'` });
  }
  const ensemble = isEnsemble(config);
  if (ensemble && (backend !== '' || platform !== ensemblePlatform)) {
    const got = `platform '${platform}', backend '${backend}'`;
    faults.push({ path: ['platform'], text: `'platform': an ensemble wants 'ensemble' and no backend, got ${got}` });
  }
  if (!ensemble && backend === '') {
    faults.push({ path: ['backend'], text: `'backend': wanted a name, got none (platform '${platform}')` });
  }
  const { sequence_batching: sequences } = config;
  const idle = sequences?.max_sequence_idle_microseconds || defaultIdleMicroseconds;
  return {
    faults,
    config: {
      ...config,
      name: folderName,
      backend,
      platform,
      version_policy: config.version_policy ?? { latest: { num_versions: 1 } },
      ...(sequences && { sequence_batching: { ...sequences, max_sequence_idle_microseconds: idle } }),
    },
  };
}
