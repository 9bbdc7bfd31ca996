// How a model runs today: what its configuration says, completed as the server completes it.
import type { ModelConfig } from '../../model/index.js';
import type { Settings } from './trial.js';

export function settingsToday(
  config: ModelConfig,
  { cores, batch }: { readonly cores: number; readonly batch: number },
): Settings {
  const instances = config.instance_group.reduce((sum, { count }) => sum + count, 0) || 1;
  const stated = Number(config.parameters.intra_op_thread_count?.string_value ?? '0');
  const threads = stated > 0 ? stated : Math.max(1, Math.floor(cores / instances));
  const level = config.optimization?.graph?.level ?? 0;
  const graphLevel = level < 0 ? 'basic' : level > 0 ? 'extended' : 'all';
  return { graphLevel, threads, instances, batch };
}
