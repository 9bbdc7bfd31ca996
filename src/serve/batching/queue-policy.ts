// The queue policies of config.pbtxt: per priority level how many may wait, how long, and what happens then.
import type { ModelConfig } from '../../model/index.js';

export type DynamicBatchingConfig = NonNullable<ModelConfig['dynamic_batching']>;
type QueuePolicyConfig = NonNullable<DynamicBatchingConfig['default_queue_policy']>;

export interface LevelPolicy {
  /** A request whose time is over is refused, or waits on behind those whose time is not. */
  readonly action: 'REJECT' | 'DELAY';
  /** Longest wait in milliseconds; Infinity: none. */
  readonly timeoutMs: number;
  /** Requests may ask for a shorter wait. */
  readonly allowsOverride: boolean;
  /** Requests that may wait; Infinity: any number. */
  readonly maxRequests: number;
}

export interface QueuePlan {
  /** From the highest priority to the lowest; at least one. */
  readonly levels: readonly LevelPolicy[];
  /** The level, from 0, of requests that ask for none, or for one that there is not. */
  readonly defaultLevel: number;
}

const noPolicy: LevelPolicy = Object.freeze({
  action: 'REJECT',
  timeoutMs: Number.POSITIVE_INFINITY,
  allowsOverride: true,
  maxRequests: Number.POSITIVE_INFINITY,
});

/** One level without bounds, where a request's own timeout holds. */
export const plainQueue: QueuePlan = Object.freeze({ levels: [noPolicy], defaultLevel: 0 });

function levelPolicy(config: QueuePolicyConfig | undefined): LevelPolicy {
  if (config === undefined) return { ...noPolicy, allowsOverride: false };
  const { default_timeout_microseconds: timeoutUs, max_queue_size: size } = config;
  return {
    action: config.timeout_action,
    timeoutMs: timeoutUs > 0 ? timeoutUs / 1000 : Number.POSITIVE_INFINITY,
    allowsOverride: config.allow_timeout_override,
    maxRequests: size > 0 ? size : Number.POSITIVE_INFINITY,
  };
}

/** The plan of a `dynamic_batching` group. Levels without a policy of their own have the default one. */
export function queuePlan(config: DynamicBatchingConfig): QueuePlan {
  const { priority_levels: count, default_priority_level: level, priority_queue_policy: own } = config;
  const levels = Array.from({ length: Math.max(1, count) }, (_, k) =>
    levelPolicy(own[String(k + 1)] ?? config.default_queue_policy),
  );
  return { levels, defaultLevel: Math.max(1, level) - 1 };
}

/** The level, from 0, of a request's priority: 1 is the highest, 0 the default. */
export function levelOf({ levels, defaultLevel }: QueuePlan, priority: number): number {
  return priority >= 1 && priority <= levels.length ? priority - 1 : defaultLevel;
}

/** How long a request may wait: the policy's time, or its own where that is allowed and shorter. */
export function waitLimitMs({ timeoutMs, allowsOverride }: LevelPolicy, timeoutUs: number): number {
  return allowsOverride && timeoutUs > 0 ? Math.min(timeoutMs, timeoutUs / 1000) : timeoutMs;
}
