// KServe v2 over HTTP: health, metadata, configuration, inference.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { GalerkinError } from '../../base/index.js';
import { configToJson, toMetadata } from '../../model/index.js';
import type { Engine, RunningModel } from '../engine/engine.js';
import { readBody } from './body.js';
import { endpoint, type Handlers } from './endpoint.js';
import { headerLength, readInferRequest } from './v2-request.js';
import { writeInferResponse } from './v2-response.js';

const headerLengthName = 'inference-header-content-length';

/** Only what works is advertised: clients switch features on by these names. */
const extensions = ['binary_tensor_data', 'parameters', 'model_configuration'];

const paramsSchema = z.object({ model: z.string(), version: z.string().optional() });

export interface V2Options {
  readonly engine: Engine;
  readonly maxBodyBytes: number;
  /** Of the server, for its metadata. */
  readonly version: string;
}

/** The model that the path names. Versions that are no number are paths that do not exist. */
function modelOf(engine: Engine, request: FastifyRequest): RunningModel {
  const { model, version } = paramsSchema.parse(request.params);
  if (version !== undefined && !/^\d{1,20}$/.test(version)) throw new GalerkinError('ROUTE_UNKNOWN', {});
  return engine.find(model, version);
}

async function infer({ engine, maxBodyBytes }: V2Options, request: FastifyRequest, reply: FastifyReply) {
  const model = modelOf(engine, request);
  const body = await readBody(request, maxBodyBytes);
  const stated = request.headers[headerLengthName];
  const jsonLength = headerLength(Array.isArray(stated) ? stated.join() : stated, body.length);
  const { asked, answered } = await engine.ask(model, () => readInferRequest(model.served, body, jsonLength));
  const { body: bytes, jsonLength: length } = writeInferResponse(model.served, asked, answered);
  if (length === undefined) return reply.type('application/json').send(bytes);
  return reply.type('application/octet-stream').header(headerLengthName, length).send(bytes);
}

function modelHandlers(options: V2Options): Readonly<Record<string, Handlers>> {
  const { engine } = options;
  return {
    '': { GET: async request => toMetadata(modelOf(engine, request).package) },
    '/config': { GET: async request => configToJson(modelOf(engine, request).package.config) },
    '/infer': { POST: (request, reply) => infer(options, request, reply) },
    '/ready': {
      GET: async (request, reply) => {
        const { served, pool } = modelOf(engine, request);
        if (pool.isReady()) return { name: served.name, ready: true };
        return reply.code(400).send({ error: 'Model version not ready' });
      },
    },
  };
}

/** Registers the v2 protocol. */
export function addV2Routes(app: FastifyInstance, options: V2Options): void {
  const { engine, version } = options;
  endpoint(app, '/v2', { GET: async () => ({ name: 'galerkin', version, extensions }) });
  endpoint(app, '/v2/health/live', { GET: async () => ({ live: true }) });
  endpoint(app, '/v2/health/ready', {
    GET: async (_request, reply) => reply.code(engine.isReady() ? 200 : 400).send({ ready: engine.isReady() }),
  });
  for (const [suffix, handlers] of Object.entries(modelHandlers(options))) {
    endpoint(app, `/v2/models/:model${suffix}`, handlers);
    endpoint(app, `/v2/models/:model/versions/:version${suffix}`, handlers);
  }
}
