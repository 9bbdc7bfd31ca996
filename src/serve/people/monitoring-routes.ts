// The routes for watching: health, statistics, metrics, and what an autoscaler needs.
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../base/index.js';
import type { Engine } from '../engine/engine.js';
import { endpoint } from '../http/endpoint.js';
import { scalingReport } from './scaling.js';

export interface MonitoringOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly version: string;
  /** Instances of every model; 0: as its configuration says. */
  readonly instances?: number;
  /** The metrics page for a scraper that accepts these types; absent: there is no such page. */
  readonly metrics?: (accept: string | undefined) => { readonly contentType: string; readonly body: string };
  /** WebSocket connections that are open now. */
  webSockets?(): number;
}

/** Every running version by its name; where a name has several, all of them must be ready. */
function readiness({ models }: Engine): Record<string, boolean> {
  const ready: Record<string, boolean> = {};
  for (const model of models) ready[model.served.name] = (ready[model.served.name] ?? true) && model.isReady();
  return ready;
}

/** Registers them. */
export function addMonitoringRoutes(app: FastifyInstance, options: MonitoringOptions): void {
  const { engine, clock, version, metrics, instances = 0, webSockets = () => 0 } = options;
  const startedMs = clock.monotonic();
  const uptimeSeconds = (): number => Math.round((clock.monotonic() - startedMs) / 100) / 10;
  const scaling = scalingReport({ engine, clock, instances });
  endpoint(app, '/health', {
    GET: async (_request, reply) => {
      const ready = engine.isReady();
      const status = ready ? 'ready' : 'degraded';
      return reply
        .code(ready ? 200 : 503)
        .send({ status, version, uptimeSeconds: uptimeSeconds(), models: readiness(engine) });
    },
  });
  endpoint(app, '/stats', {
    GET: async () => {
      const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
      return {
        uptimeSeconds: uptimeSeconds(),
        models: engine.models.map(model => ({
          ...model.statistics.report(),
          scheduling: { waiting: model.pending, ...model.scheduler.report?.() },
        })),
        door: engine.admission.report(),
        cache: engine.cache?.report(),
        memory: { rssBytes: rss, heapUsedBytes: heapUsed, externalBytes: external, arrayBufferBytes: arrayBuffers },
      };
    },
  });
  endpoint(app, '/monitoring/scaling', {
    GET: async () => ({ uptimeSeconds: uptimeSeconds(), webSockets: webSockets(), ...scaling() }),
  });
  if (metrics === undefined) return;
  endpoint(app, '/monitoring/metrics', {
    GET: async (request, reply) => {
      const { contentType, body } = metrics(request.headers.accept);
      return reply.type(contentType).send(body);
    },
  });
}
