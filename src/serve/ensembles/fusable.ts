// Which ensembles can be one graph: those whose members do nothing but compute ONNX graphs that stand in one file each.
import type { ModelPackage } from '../../model/index.js';
import type { EnsemblePlan } from './ensemble-plan.js';
import type { Member } from './members.js';

/** Why a member has to be asked by itself; undefined if it need not. */
function standsAlone({ served, package: model }: Member): string | undefined {
  const { config, manifest, externalData } = model;
  if (config.backend !== 'onnxruntime') return `is computed by '${config.backend || 'other models'}'`;
  if (served.guard !== undefined || manifest?.onnx?.guard !== undefined) return 'has a guard';
  if (config.sequence_batching !== undefined) return 'answers sequences';
  if (served.unroll !== undefined) return 'is decoupled';
  if (externalData.length > 0) return 'keeps its weights in files of their own';
  if (config.parameters.buckets !== undefined) return 'batches different sizes in buckets';
  if ([...config.input, ...config.output].some(({ reshape }) => reshape !== undefined)) return 'reshapes its tensors';
  return undefined;
}

/** Why the steps stay apart; undefined if they can be fused. @param found the member of each step */
export function fusionRefusal(
  { config }: ModelPackage,
  { steps }: EnsemblePlan,
  found: readonly (Member | undefined)[],
): string | undefined {
  if (config.parameters.fuse?.string_value === 'off') return "parameter 'fuse' is 'off'";
  for (const [k, { member }] of steps.entries()) {
    const running = found[k];
    if (running === undefined) return `model '${member}' does not run`;
    const why = standsAlone(running);
    if (why !== undefined) return `model '${member}' ${why}`;
  }
  return undefined;
}

/** The fused graph as a package of its own: it batches as its members do, on as many instances as the busiest has. */
export function fusedPackage(model: ModelPackage, members: readonly Member[], bytes: Uint8Array): ModelPackage {
  const { ensemble_scheduling: _, ...config } = model.config;
  const batching = members.map(member => member.package.config.dynamic_batching).find(each => each !== undefined);
  const max = config.max_batch_size;
  const preferred = (batching?.preferred_batch_size ?? []).filter(size => size <= max);
  const count = Math.max(
    ...members.map(({ package: { config: own } }) => own.instance_group.reduce((sum, group) => sum + group.count, 0)),
    1,
  );
  const group = { name: '', kind: 'KIND_CPU' as const, count };
  return {
    ...model,
    config: {
      ...config,
      backend: 'onnxruntime',
      platform: 'onnxruntime_onnx',
      instance_group: [group],
      ...(batching && max > 0 ? { dynamic_batching: { ...batching, preferred_batch_size: preferred } } : {}),
    },
    manifest: undefined,
    modelFile: 'model.onnx',
    files: ['model.onnx'],
    file: async () => bytes,
  };
}
