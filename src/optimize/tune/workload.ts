// What a model will be asked, and what is wanted of it: batch sizes, requests at once, targets, budgets. Checked once, at the door.
import { z } from 'zod';
import { faultLines, GalerkinError } from '../../base/index.js';

export const strategies = ['latency', 'throughput', 'memory', 'size'] as const;
/** What counts as better: the least latency, the most items a second, the least memory, the smallest file. */
export type OptimizationStrategy = (typeof strategies)[number];

const positive = z.number().gt(0, 'wanted a number above 0');

export const workloadSchema = z.strictObject({
  /** Items in one request. Sizes over the model's largest batch are left out. */
  batchSizes: z.array(z.int().min(1).max(65_536)).min(1).max(16).default([1]),
  /** Requests that are asked at once: more instances than that would idle. */
  concurrency: z.int().min(1).max(1024).default(1),
  /** Largest p95 of one request in an instance, in milliseconds. */
  targetLatencyMs: positive.optional(),
  /** Least items a second, over all instances. */
  targetThroughput: positive.optional(),
  budget: z
    .strictObject({
      /** Largest mean relative L2 distance from the original's answers. */
      relativeL2: z.number().min(0).max(1).default(0.005),
      /** Largest growth of the mean physics residual, as a part of what it was: 0.1 lets it grow by a tenth. */
      residual: z.number().min(0).optional(),
    })
    .prefault({}),
  /** Largest growth of resident memory by all instances, in bytes. */
  memoryBytes: positive.optional(),
});

export type WorkloadProfile = Readonly<z.infer<typeof workloadSchema>>;
export type WorkloadProfileInput = z.input<typeof workloadSchema>;

/**
 * Completes a workload with its defaults: single items, one request at a time, answers within 0.5 % of the original's.
 * @throws OPTIONS_INVALID with every fault.
 */
export function workloadProfile(input: WorkloadProfileInput = {}): WorkloadProfile {
  const parsed = workloadSchema.safeParse(input);
  if (parsed.success) return Object.freeze(parsed.data);
  throw new GalerkinError('OPTIONS_INVALID', { of: 'WorkloadProfile', faults: faultLines(parsed.error) });
}
