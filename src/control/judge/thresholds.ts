// The few thresholds that operators know, turned into criteria: a share of the stable version's figure, or a percentage of latency.
import { z } from 'zod';
import { resolveOptions } from '../../base/index.js';
import type { Criterion, JudgeConfig } from './judgement.js';

/** What `successCriteria` may name. */
export const successCriteria = ['latency', 'accuracy', 'error_rate', 'resource_usage', 'physics'] as const;
export type SuccessCriterion = (typeof successCriteria)[number];

const thresholdSchema = z.strictObject({
  /** The candidate must reach at least this share of the stable version's figure: at 0.95 it may be a twentieth worse. */
  rollbackThreshold: z.number().gt(0).max(1).default(0.95),
  successCriteria: z.array(z.enum(successCriteria)).min(1).default(['latency', 'accuracy', 'error_rate']),
  /** How long the two are watched. */
  monitoringWindowMinutes: z
    .number()
    .gt(0)
    .max(30 * 24 * 60)
    .default(60),
  /** Increase of latency that is too much, in %; in place of what rollbackThreshold says of it. */
  alertThresholdPercent: z.number().gt(0).max(1000).optional(),
});
export type JudgeThresholds = z.input<typeof thresholdSchema>;

/** Parts of a release document: `judge`, and how long its stages together hold. */
export interface JudgeParts {
  readonly judge: Pick<JudgeConfig, 'criteria'>;
  readonly holdMs: number;
}

interface Limits {
  /** Of figures of which less is better: stable/candidate must be at least the threshold. */
  readonly relative: number;
  /** Of shares of good answers. */
  readonly absolute: number;
  readonly latency: number;
}

const required = (metric: Criterion['metric'], margin: number): Criterion => ({ metric, margin, advisory: false });

function criteriaOf(name: SuccessCriterion, { relative, absolute, latency }: Limits): Criterion[] {
  switch (name) {
    case 'latency':
      return [required('latency-mean', latency), { metric: 'latency-p99', margin: 5 * latency, advisory: true }];
    case 'accuracy':
      return [required('accuracy', absolute)];
    case 'error_rate':
      return [required('error-rate', absolute)];
    case 'resource_usage':
      return [required('resource-use', relative)];
    case 'physics':
      return [required('guard-rate', absolute), required('residual', relative), required('conservation', relative)];
  }
}

/**
 * Criteria from the thresholds of `AdaptiveDeploymentSystem` and of `--alert-threshold`.
 *
 * Latency, resource use and physics: stable/candidate >= threshold, so the margin is 1/threshold - 1 (0.95: 5.26 %). Errors,
 * refusals and accuracy: shares of good answers may fall by 1 - threshold (0.95: 5 points, or 0.05 of relative error).
 * `alertThresholdPercent` alone judges latency alone.
 * @throws OPTIONS_INVALID
 */
export function judgeOf(thresholds: JudgeThresholds): JudgeParts {
  const resolved = resolveOptions('judgeOf', thresholdSchema, thresholds);
  const { rollbackThreshold, monitoringWindowMinutes, alertThresholdPercent } = resolved;
  const isAlertAlone = alertThresholdPercent !== undefined && thresholds.successCriteria === undefined;
  const relative = 1 / rollbackThreshold - 1;
  const latency = alertThresholdPercent === undefined ? relative : alertThresholdPercent / 100;
  const names = isAlertAlone ? (['latency'] as const) : [...new Set(resolved.successCriteria)];
  const criteria = names.flatMap(name => criteriaOf(name, { relative, absolute: 1 - rollbackThreshold, latency }));
  return { judge: { criteria }, holdMs: monitoringWindowMinutes * 60_000 };
}
