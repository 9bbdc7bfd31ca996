// What the routes for watching give: health, statistics, and what an autoscaler needs.
import { z } from 'zod';
import { named } from '../openapi/registry.js';

export const healthAnswer = named(
  'Health',
  'Whether every model can answer: 200 when it can, else 503.',
  z.object({
    status: z.enum(['ready', 'degraded']),
    version: z.string(),
    uptimeSeconds: z.number(),
    models: z.record(z.string(), z.boolean()),
  }),
);

const second = z.object({
  atSeconds: z.number().describe('Unix time.'),
  requests: z.int(),
  failures: z.int(),
  meanLatencyMs: z.number(),
  maxLatencyMs: z.number(),
});

const stage = z.object({ meanMs: z.number(), p50Ms: z.number(), p99Ms: z.number() });

export const modelReport = named(
  'ModelReport',
  'Counters, stages and batches of the whole life of a model version; rates and latencies of the last minute.',
  z.object({
    name: z.string(),
    version: z.string(),
    requests: z.int(),
    failures: z.int(),
    items: z.int(),
    perSecond: z.number(),
    latencyMs: z.object({ p50: z.number(), p95: z.number(), p99: z.number() }),
    guard: z.record(z.string(), z.int()),
    recent: z.array(second),
    failuresBy: z.record(z.string(), z.int()).describe("By Triton's reasons."),
    stages: z.record(z.string(), stage).describe('Queue, input, inference, output and the whole request.'),
    cache: z.object({ hits: z.int(), misses: z.int() }),
    executions: z.int(),
    flushes: z.record(z.string(), z.int()).describe('Why batches were sent when they were.'),
    batches: z
      .array(
        z.object({
          atMs: z.number().describe('Unix time.'),
          items: z.int(),
          requests: z.int(),
          why: z.string(),
          waitedMs: z.number(),
          inferMs: z.number(),
        }),
      )
      .describe('The last ones, oldest first.'),
    scheduling: z
      .object({ waiting: z.int() })
      .loose()
      .describe('Requests that wait, the circuit breaker, and what batching decided.'),
  }),
);

export const statsAnswer = named(
  'Statistics',
  'What every model did, and the memory of the server.',
  z.object({
    uptimeSeconds: z.number(),
    models: z.array(modelReport),
    door: z
      .object({
        inFlight: z.int(),
        limit: z.int(),
        waiting: z.int(),
        bytes: z.int(),
        admitted: z.int(),
        refused: z.int(),
      })
      .describe('Requests in the server, and those that wait to be let in.'),
    cache: z
      .object({ hits: z.int(), misses: z.int(), bytes: z.int(), entries: z.int(), evictions: z.int() })
      .loose()
      .optional()
      .describe('Absent where no answers are kept.'),
    memory: z.object({
      rssBytes: z.int(),
      heapUsedBytes: z.int(),
      externalBytes: z.int(),
      arrayBufferBytes: z.int(),
    }),
  }),
);

const fraction = z.number().min(0).max(1);

export type ModelLoad = z.infer<typeof modelLoad>;
export const modelLoad = named(
  'ModelLoad',
  'How busy one model version is. Scale up when `queued` stays above 0 and `utilization` is near 1; down while `utilization` times `instances` fits fewer.',
  z.object({
    name: z.string(),
    version: z.string(),
    ready: z.boolean(),
    instances: z.int(),
    queued: z.int().describe('Requests that wait for an instance now.'),
    utilization: fraction.describe('Share of the last interval that an instance was computing, over all instances.'),
    perSecond: z.number().describe('Requests a second, over the last ten.'),
    latencyMs: z.object({ p50: z.number(), p95: z.number(), p99: z.number() }),
  }),
);

export type Scaling = z.infer<typeof scalingAnswer>;
export const scalingAnswer = named(
  'Scaling',
  'What an autoscaler needs, in one answer.',
  z.object({
    uptimeSeconds: z.number(),
    intervalSeconds: z.number().describe('That `utilization` is taken over.'),
    eventLoopUtilization: fraction.describe(
      'Of the thread that moves the bytes; near 1 more instances do not help, more replicas do.',
    ),
    webSockets: z.int(),
    models: z.array(modelLoad),
  }),
);
