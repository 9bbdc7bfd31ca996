// One canary of one version against another, in a few words.
import { z } from 'zod';
import { GalerkinError, resolveOptions } from '../../base/index.js';
import { judgeOf } from '../judge/thresholds.js';
import { strategyOf } from './adaptive-deployment.js';
import type { ReleaseDocument } from './document.js';
import { type ReleaseHandle, releaseHandle } from './release-handle.js';
import type { Releases } from './releases.js';

export const canarySchema = z.strictObject({
  canaryPercentage: z.number().gt(0).max(50).default(5),
  /** What part of the baseline's figures the new version must reach. */
  successThreshold: z.number().gt(0).lt(1).default(0.99),
  monitoringDurationMinutes: z.number().gt(0).max(10_000).default(30),
});
export type CanaryConfig = z.input<typeof canarySchema>;

export interface ModelVersion {
  readonly model: string;
  readonly version: number;
}

export interface DeployCanaryOptions {
  readonly newModel: ModelVersion;
  /** Of the same name. */
  readonly baselineModel: ModelVersion;
  /** Where it begins, from 0 to 0.5, in place of `canaryPercentage`. */
  readonly trafficSplit?: number;
  /** A `DeploymentAI`, or how sure an adviser must be; without it none is asked. */
  readonly aiMonitor?: { readonly confidenceThreshold: number };
}

export class CanaryController {
  readonly #releases: Releases;
  readonly #config: z.infer<typeof canarySchema>;

  /** @throws OPTIONS_INVALID */
  constructor({ releases, ...config }: CanaryConfig & { readonly releases: Releases }) {
    this.#releases = releases;
    this.#config = resolveOptions('CanaryController', canarySchema, config);
  }

  /** @throws RELEASE_REFUSED for two models of different names */
  document({ newModel, baselineModel, trafficSplit, aiMonitor }: DeployCanaryOptions): ReleaseDocument {
    const { model, version } = newModel;
    if (model !== baselineModel.model) {
      const why = `'${model}' and '${baselineModel.model}' are two models; a canary is a version of the model that it replaces.`;
      throw new GalerkinError('RELEASE_REFUSED', { model, why });
    }
    const { successThreshold, monitoringDurationMinutes } = this.#config;
    const canaryPercentage = trafficSplit === undefined ? this.#config.canaryPercentage : 100 * trafficSplit;
    const { judge, holdMs } = judgeOf({
      rollbackThreshold: successThreshold,
      monitoringWindowMinutes: monitoringDurationMinutes,
    });
    return {
      model,
      version,
      baseline: baselineModel.version,
      strategy: strategyOf('canary', { canaryPercentage, holdMs }),
      judge: { criteria: [...judge.criteria] },
      advisor: aiMonitor === undefined ? { use: false } : { use: true, confidence: aiMonitor.confidenceThreshold },
    };
  }

  /** Begins a release; it goes on when this process ends. @throws what `Releases.start` throws */
  async deployCanary(options: DeployCanaryOptions): Promise<ReleaseHandle> {
    const by = 'CanaryController';
    const { id } = await this.#releases.start(this.document(options), { by, why: '' });
    return releaseHandle(this.#releases, { id, by });
  }
}
