// Dynamic batching and the policies of its queues.
import { z } from 'zod';
import { enumerations } from './enumerations.js';
import { unsigned } from './values.js';

const queuePolicy = z.strictObject({
  timeout_action: z.enum(enumerations.TimeoutAction).default('REJECT'),
  default_timeout_microseconds: unsigned.default(0),
  allow_timeout_override: z.boolean().default(false),
  max_queue_size: unsigned.default(0),
});

export const dynamicBatching = z.strictObject({
  preferred_batch_size: z.array(z.int().min(1)).default([]),
  max_queue_delay_microseconds: unsigned.default(0),
  preserve_ordering: z.boolean().default(false),
  priority_levels: unsigned.default(0),
  default_priority_level: unsigned.default(0),
  default_queue_policy: queuePolicy.optional(),
  priority_queue_policy: z.record(z.string().regex(/^\d+$/), queuePolicy).default({}),
});

/** Preferred sizes over `max`, each as a fault at `path`. */
export function checkPreferred(
  preferred: readonly number[],
  max: number,
  at: { readonly path: readonly PropertyKey[]; readonly context: z.RefinementCtx },
): void {
  preferred.slice(0, 1000).forEach((wanted, k) => {
    if (wanted <= max) return;
    const message = `wanted at most max_batch_size (${max}), got ${wanted}`;
    at.context.addIssue({ code: 'custom', message, path: [...at.path, 'preferred_batch_size', k] });
  });
}

/** Sizes and levels against each other. */
export function checkDynamicBatching(
  batching: z.infer<typeof dynamicBatching>,
  max: number,
  context: z.RefinementCtx,
): void {
  const path = ['dynamic_batching'];
  checkPreferred(batching.preferred_batch_size, max, { path, context });
  const { priority_levels: levels, default_priority_level: level } = batching;
  if (level > levels || (levels > 0 && level === 0)) {
    const message = `wanted a level from ${Math.min(levels, 1)} to priority_levels (${levels}), got ${level}`;
    context.addIssue({ code: 'custom', message, path: [...path, 'default_priority_level'] });
  }
}
