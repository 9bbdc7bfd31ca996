// Opens an ensemble: its members run already, must fit, and are fused into one graph where that can be.
import { GalerkinError } from '../../base/index.js';
import type { ModelPackage } from '../../model/index.js';
import type { ServedModel } from '../engine/served-model.js';
import { ensemblePlan } from './ensemble-plan.js';
import { type EnsembleParts, EnsembleScheduler } from './ensemble-scheduler.js';
import { Fusion, type FusionParts } from './fusion.js';
import { memberFaults } from './member-faults.js';
import type { Members } from './members.js';
import { servedEnsemble } from './served-ensemble.js';

export const isEnsemble = ({ config }: ModelPackage): boolean => config.ensemble_scheduling !== undefined;

/** Names of the models that an ensemble asks, each once. */
export const memberNames = ({ config }: ModelPackage): string[] => [
  ...new Set((config.ensemble_scheduling?.step ?? []).map(({ model_name }) => model_name)),
];

/**
 * The ensemble as the protocols see it. Its members must run.
 * @param own what its package says
 * @throws ENSEMBLE_INVALID with everything that does not fit
 */
export function describeEnsemble(model: ModelPackage, own: ServedModel, members: Members): ServedModel {
  const plan = ensemblePlan(model);
  const faults = memberFaults(plan, own, members);
  if (faults.length > 0) throw new GalerkinError('ENSEMBLE_INVALID', { model: model.name, faults });
  return servedEnsemble(own, plan, members);
}

/** Never fails once the ensemble is described: steps that cannot be fused run one by one. */
export async function openEnsemble(
  model: ModelPackage,
  parts: Omit<EnsembleParts, 'plan' | 'fusion'> & Pick<FusionParts, 'openFused'>,
): Promise<EnsembleScheduler> {
  const plan = ensemblePlan(model);
  const { members, openFused } = parts;
  const fusion = new Fusion({ model, plan, members, openFused });
  await fusion.open();
  return new EnsembleScheduler({ ...parts, plan, fusion });
}
