// The routes for people: predict, models and samples, in plain camelCase JSON.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { GalerkinError } from '../../base/index.js';
import type { Engine, RunningModel } from '../engine/engine.js';
import { readBody } from '../http/body.js';
import { endpoint } from '../http/endpoint.js';
import { parseJsonBody } from '../http/json-body.js';
import { predictAdmitted } from './admitted.js';
import { predictBatch } from './batch.js';
import { callerOf } from './caller.js';
import { addMonitoringRoutes, type MonitoringOptions } from './monitoring-routes.js';
import { readPredictBody } from './predict.js';
import { sampleAt, sampleCount } from './samples.js';
import type { ModelInfo } from './schemas.js';

export interface PeopleOptions extends MonitoringOptions {
  readonly maxBodyBytes: number;
}

const paramsSchema = z.object({
  model: z.string(),
  version: z.string().optional(),
  index: z.string().default(''),
});

async function infoOf(model: RunningModel): Promise<ModelInfo> {
  const { served } = model;
  const { name, version, title, backend, maxBatchSize, inputs, outputs, guard } = served;
  return {
    name,
    version,
    title,
    backend,
    maxBatchSize,
    inputs: inputs.map(({ dims, range, ...spec }) => ({
      ...spec,
      ...(range && { range: [...range] }),
      shape: [...dims],
    })),
    outputs: outputs.map(({ dims, range, ...spec }) => ({
      ...spec,
      ...(range && { range: [...range] }),
      shape: [...dims],
    })),
    ...(guard && {
      guard: {
        policy: guard.policy,
        ...guard.bounds,
        ...(guard.fallback !== undefined && { fallback: guard.fallback }),
      },
    }),
    metrics: model.package.manifest?.metrics ?? {},
    samples: await sampleCount(model),
    ...(model.ensemble === undefined ? {} : { ensemble: { ...model.ensemble, members: [...model.ensemble.members] } }),
    ready: model.isReady(),
  };
}

/** The model and index that the path names. A version that is no number is a path that does not exist. */
function asked(engine: Engine, request: FastifyRequest): { model: RunningModel; index: string } {
  const { model, version, index } = paramsSchema.parse(request.params);
  if (version !== undefined && !/^\d{1,20}$/.test(version)) throw new GalerkinError('ROUTE_UNKNOWN', {});
  return { model: engine.find(model, version), index };
}

function addModelRoutes(app: FastifyInstance, engine: Engine): void {
  endpoint(app, '/models', { GET: async () => ({ models: await Promise.all(engine.models.map(infoOf)) }) });
  for (const path of ['/models/:model', '/models/:model/versions/:version']) {
    endpoint(app, path, { GET: async request => infoOf(asked(engine, request).model) });
  }
  endpoint(app, '/models/:model/samples', {
    GET: async request => {
      const { model } = asked(engine, request);
      return { model: model.served.name, count: await sampleCount(model) };
    },
  });
  endpoint(app, '/models/:model/samples/:index', {
    GET: async request => {
      const { model, index } = asked(engine, request);
      return sampleAt(model, index);
    },
  });
}

/** Registers them. */
export function addPeopleRoutes(app: FastifyInstance, options: PeopleOptions): void {
  const { engine, maxBodyBytes } = options;
  addModelRoutes(app, engine);
  addMonitoringRoutes(app, options);
  endpoint(app, '/predict', {
    POST: async (request, reply) => {
      const bytes = await readBody(request, maxBodyBytes);
      const caller = callerOf(request, reply);
      return predictAdmitted(engine, readPredictBody(parseJsonBody(bytes)), { caller, bytes: bytes.length });
    },
  });
  endpoint(app, '/predict/batch', {
    POST: async (request, reply) => {
      const bytes = await readBody(request, maxBodyBytes);
      const caller = callerOf(request, reply);
      return predictBatch(engine, parseJsonBody(bytes), { caller, bytes: bytes.length });
    },
  });
}
