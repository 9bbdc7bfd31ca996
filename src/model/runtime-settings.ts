// What a version was measured to run best with, put into the configuration that all versions of its model share.

import type { ModelConfig } from './config/model-config.js';
import type { RuntimeManifest } from './manifest.js';

/** Levels as Triton's ONNX Runtime backend counts them. */
const levels = { basic: -1, extended: 1, all: 0 } as const satisfies Record<RuntimeManifest['graphLevel'], number>;

/** Preferred sizes belong to dynamic batching, and may not be over the largest batch. */
function batching({ dynamic_batching: stated, max_batch_size: max }: ModelConfig, sizes: readonly number[]) {
  const preferred = sizes.filter(size => size <= max);
  if (stated === undefined || preferred.length === 0) return {};
  return { dynamic_batching: { ...stated, preferred_batch_size: preferred } };
}

/**
 * The configuration with a version's own settings: threads of a run, instances, level of the graph, preferred batches.
 * Everything else, and of the instance groups the first one's kind and limits, stays as config.pbtxt says.
 */
export function withRuntime(config: ModelConfig, runtime: RuntimeManifest | undefined): ModelConfig {
  if (runtime === undefined) return config;
  const { threads, instances, graphLevel, preferredBatchSizes } = runtime;
  const group = config.instance_group[0] ?? { name: '', kind: 'KIND_CPU' as const };
  return {
    ...config,
    parameters: { ...config.parameters, intra_op_thread_count: { string_value: String(threads) } },
    instance_group: [{ ...group, count: instances }],
    optimization: {
      priority: 'PRIORITY_DEFAULT',
      gather_kernel_buffer_threshold: 0,
      eager_batching: false,
      ...config.optimization,
      graph: { level: levels[graphLevel] },
    },
    ...batching(config, preferredBatchSizes),
  };
}
