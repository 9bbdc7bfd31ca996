// Deployments in a few words: a percentage, a threshold, a window and what counts, made into a release document.
import { z } from 'zod';
import { resolveOptions } from '../../base/index.js';
import { judgeOf, successCriteria } from '../judge/thresholds.js';
import type { ReleaseDocument, strategyKinds } from './document.js';
import { type ReleaseHandle, releaseHandle } from './release-handle.js';
import type { Releases } from './releases.js';

export const deploymentSchema = z.strictObject({
  /** Where a canary begins. */
  canaryPercentage: z.number().gt(0).max(50).default(10),
  /** What part of the stable version's figures the candidate must reach. */
  rollbackThreshold: z.number().gt(0).lt(1).default(0.95),
  /** All stages together, at most. */
  monitoringWindowMinutes: z.number().gt(0).max(10_000).default(30),
  successCriteria: z.array(z.enum(successCriteria)).min(1).default(['latency', 'accuracy', 'error_rate']),
});
export type DeploymentConfig = z.input<typeof deploymentSchema>;
type Deployment = z.infer<typeof deploymentSchema>;

export interface AdaptiveDeploymentOptions {
  readonly releases: Releases;
  readonly config?: DeploymentConfig;
  /** Asks the learned adviser, which can only make a release slower. @default true */
  readonly aiDrivenStrategies?: boolean;
  /** False: where the evidence is against it, the release pauses and somebody decides. @default true */
  readonly automaticRollback?: boolean;
  /** Who deploys. @default 'AdaptiveDeploymentSystem' */
  readonly by?: string;
}

export interface DeployOptions {
  readonly model: string;
  /** @default the newest */
  readonly version?: number;
  readonly strategy: (typeof strategyKinds)[number];
  /** Kept with the release. */
  readonly targetEnvironment?: string;
  /** Needed for judging accuracy: a model that is right, such as the solver. */
  readonly truth?: ReleaseDocument['truth'];
}

const seconds = (ms: number): string => `${Math.max(0.001, Math.round(ms) / 1000)}s`;

/** From the first percentage three times as much a step, up to one half; the whole is the promotion. */
export function canaryWeights(firstPercentage: number): number[] {
  const weights: number[] = [];
  for (let weight = firstPercentage; weight < 50; weight *= 3) weights.push(Math.round(weight * 100) / 100);
  return [...weights, 50];
}

/** The strategy with its window shared out between its stages. */
export function strategyOf(
  kind: DeployOptions['strategy'],
  { canaryPercentage, holdMs }: { readonly canaryPercentage: number; readonly holdMs: number },
): ReleaseDocument['strategy'] {
  switch (kind) {
    case 'canary': {
      const weights = canaryWeights(canaryPercentage);
      const hold = seconds(holdMs / weights.length);
      return { kind, steps: weights.map(weight => ({ weight: `${weight}%`, hold })), mirror: '10%' };
    }
    case 'blue-green':
      return { kind, hold: seconds(holdMs / 2), watch: seconds(holdMs / 2) };
    case 'rolling':
      return { kind, hold: seconds(holdMs / 4) };
    case 'ab':
      return { kind, hold: seconds(holdMs) };
    case 'shadow':
      return { kind, hold: seconds(holdMs), end: 'promote' };
  }
}

/** Thin: everything it does is a release document that one could have written oneself. */
export class AdaptiveDeploymentSystem {
  readonly #options: AdaptiveDeploymentOptions;
  readonly #config: Deployment;

  /** @throws OPTIONS_INVALID */
  constructor(options: AdaptiveDeploymentOptions) {
    this.#options = options;
    this.#config = resolveOptions('AdaptiveDeploymentSystem', deploymentSchema, options.config ?? {});
  }

  /** The document of a deployment, to look at, keep or change. */
  document({ model, version, strategy, targetEnvironment, truth }: DeployOptions): ReleaseDocument {
    const { canaryPercentage, ...thresholds } = this.#config;
    const { judge, holdMs } = judgeOf(thresholds);
    const { aiDrivenStrategies = true, automaticRollback = true } = this.#options;
    return {
      model,
      ...(version !== undefined && { version }),
      ...(truth !== undefined && { truth }),
      description: targetEnvironment === undefined ? '' : `to ${targetEnvironment}`,
      strategy: strategyOf(strategy, { canaryPercentage, holdMs }),
      judge: { criteria: [...judge.criteria] },
      advisor: { use: aiDrivenStrategies },
      onHarm: automaticRollback ? 'abort' : 'pause',
      inconclusive: automaticRollback ? 'abort' : 'pause',
    };
  }

  /** Begins a release; it goes on when this process ends. @throws what `Releases.start` throws */
  async deploy(options: DeployOptions): Promise<ReleaseHandle> {
    const { releases, by = 'AdaptiveDeploymentSystem' } = this.#options;
    const why = options.targetEnvironment === undefined ? '' : `to ${options.targetEnvironment}`;
    const { id } = await releases.start(this.document(options), { by, why });
    return releaseHandle(releases, { id, by });
  }
}
