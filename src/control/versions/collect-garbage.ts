// Versions that nobody needs are deleted from the repository: never one that serves, is in production, or may have to answer again.
import {
  flagOption,
  GalerkinError,
  integerOption,
  numberOption,
  optionSchema,
  resolveOptions,
} from '../../base/index.js';
import { Collection, type GarbageMeans, type GarbageReport } from './collection.js';
import { asCollector, settleRemovals } from './settle-removals.js';

export const garbageOptions = optionSchema({
  keepLatest: integerOption({ doc: 'Newest versions of each model that stay.', default: 3, min: 1 }),
  keepDays: numberOption({ doc: 'Versions stay so long after their last change.', unit: 'days', default: 30, min: 0 }),
  dryRun: flagOption({ doc: 'Only say what would be deleted.', default: false }),
  answerWithinMs: integerOption({ doc: 'For whoever says what serves.', unit: 'ms', default: 5000, min: 1 }),
});

export interface GarbageOptions {
  /** @default 3 */
  readonly keepLatest?: number;
  /** @default 30 */
  readonly keepDays?: number;
  /** @default false */
  readonly dryRun?: boolean;
  /** @default 5 s */
  readonly answerWithinMs?: number;
}

/**
 * Deletes the folders of versions that no rule keeps (see `keepReasons`), oldest first. What serves is asked before each
 * deletion, and once more while the folder is already out of sight; without an answer nothing is deleted. A folder is left if
 * it is or holds the target of a link, or if its digest is not the registered one. Records and history stay.
 * @throws OPTIONS_INVALID for a repository that is no folder
 */
export async function collectGarbage(means: GarbageMeans, options: GarbageOptions): Promise<GarbageReport> {
  const config = resolveOptions('collectGarbage', garbageOptions, options);
  const { database, repository } = means;
  if (repository.location.includes('://')) {
    const faults = [`wanted a repository in a folder, got ${repository.location}`];
    throw new GalerkinError('OPTIONS_INVALID', { of: 'collectGarbage', faults });
  }
  const report = await asCollector(database, async office => {
    if (!config.dryRun) await settleRemovals(means);
    return new Collection(means, config, office).run();
  });
  return report ?? { dryRun: config.dryRun, deleted: [], kept: [] };
}
