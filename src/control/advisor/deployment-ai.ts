// DeploymentAI, as the documents call the adviser: made once from a decision model, features and a threshold, opened for each release.
import { z } from 'zod';
import { choiceOption, numberOption, optionSchema, resolveOptions } from '../../base/index.js';
import type { Adviser } from './advice.js';
import { type AdviserOptions, openAdviser } from './adviser.js';
import { type FeatureGroup, featureGroups } from './features/features.js';

export const deploymentAIOptions = optionSchema({
  decisionModel: choiceOption(['gradient_boosting'], {
    doc: 'What decides between worse and not worse.',
    default: 'gradient_boosting',
  }),
  features: z
    .array(z.enum(featureGroups))
    .min(1)
    .default([...featureGroups])
    .meta({ description: 'Groups of features that it looks at.' }),
  confidenceThreshold: numberOption({
    doc: 'Below it no advice is given.',
    default: 0.95,
    min: 0.5,
    max: 1,
  }),
});

export interface DeploymentAIOptions {
  /** @default 'gradient_boosting' */
  readonly decisionModel?: 'gradient_boosting';
  /** @default all four */
  readonly features?: FeatureGroup[];
  /** @default 0.95 */
  readonly confidenceThreshold?: number;
}

export class DeploymentAI {
  readonly features: readonly FeatureGroup[];
  readonly confidenceThreshold: number;

  /** @throws OPTIONS_INVALID, also for features that there are not */
  constructor(options: DeploymentAIOptions = {}) {
    const config = resolveOptions('DeploymentAI', deploymentAIOptions, options);
    this.features = config.features;
    this.confidenceThreshold = config.confidenceThreshold;
  }

  /** An adviser for one release. @throws ADVISER_UNUSABLE */
  open(release: Pick<AdviserOptions, 'versions' | 'margins' | 'least' | 'folder'>): Promise<Adviser> {
    return openAdviser({ ...release, features: this.features, confidence: this.confidenceThreshold });
  }
}
