// The routes for people: predict, models, samples, health and statistics, in plain camelCase JSON.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../base/index.js';
import type { Engine, RunningModel } from '../engine/engine.js';
import { readBody } from '../http/body.js';
import { endpoint } from '../http/endpoint.js';
import { parseJsonBody } from '../http/json-body.js';
import { readPredictBody, readPrediction, writePrediction } from './predict.js';
import { sampleAt, sampleCount } from './samples.js';

export interface PeopleOptions {
  readonly engine: Engine;
  readonly maxBodyBytes: number;
  readonly clock: Clock;
  readonly version: string;
}

const paramsSchema = z.object({ model: z.string(), index: z.string().default('') });

async function modelInfo(model: RunningModel) {
  const { served } = model;
  return {
    name: served.name,
    version: served.version,
    title: served.title,
    backend: served.backend,
    maxBatchSize: served.maxBatchSize,
    inputs: served.inputs.map(({ dims, ...spec }) => ({ ...spec, shape: dims })),
    outputs: served.outputs.map(({ dims, ...spec }) => ({ ...spec, shape: dims })),
    guard: served.guard && { policy: served.guard.policy, ...served.guard.bounds, fallback: served.guard.fallback },
    metrics: model.package.manifest.metrics,
    samples: await sampleCount(model),
    ready: model.isReady(),
  };
}

function addModelRoutes(app: FastifyInstance, engine: Engine): void {
  const asked = (request: FastifyRequest): { model: RunningModel; index: string } => {
    const { model, index } = paramsSchema.parse(request.params);
    return { model: engine.find(model), index };
  };
  endpoint(app, '/models', {
    GET: async () => ({ models: await Promise.all(engine.models.map(model => modelInfo(model))) }),
  });
  endpoint(app, '/models/:model', {
    GET: async request => {
      const { model } = asked(request);
      return modelInfo(model);
    },
  });
  endpoint(app, '/models/:model/samples', {
    GET: async request => {
      const { model } = asked(request);
      return { model: model.served.name, count: await sampleCount(model) };
    },
  });
  endpoint(app, '/models/:model/samples/:index', {
    GET: async request => {
      const { model, index } = asked(request);
      return sampleAt(model, index);
    },
  });
}

/** Registers them. */
export function addPeopleRoutes(app: FastifyInstance, { engine, maxBodyBytes, clock, version }: PeopleOptions): void {
  const startedMs = clock.monotonic();
  const uptimeSeconds = (): number => Math.round((clock.monotonic() - startedMs) / 100) / 10;
  addModelRoutes(app, engine);
  endpoint(app, '/predict', {
    POST: async request => {
      const body = readPredictBody(parseJsonBody(await readBody(request, maxBodyBytes)));
      const model = engine.find(body.model, body.version === undefined ? undefined : String(body.version));
      const { asked, answered } = await engine.ask(model, () => readPrediction(model.served, body));
      return writePrediction(model.served, asked, answered);
    },
  });
  endpoint(app, '/health', {
    GET: async (_request, reply) => {
      const ready = engine.isReady();
      const models = Object.fromEntries(engine.models.map(model => [model.served.name, model.isReady()]));
      return reply
        .code(ready ? 200 : 503)
        .send({ status: ready ? 'ready' : 'degraded', version, uptimeSeconds: uptimeSeconds(), models });
    },
  });
  endpoint(app, '/stats', {
    GET: async () => {
      const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
      return {
        uptimeSeconds: uptimeSeconds(),
        models: engine.models.map(model => model.statistics.report()),
        memory: { rssBytes: rss, heapUsedBytes: heapUsed, externalBytes: external, arrayBufferBytes: arrayBuffers },
      };
    },
  });
}
