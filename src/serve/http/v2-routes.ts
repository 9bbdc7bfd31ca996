// KServe v2 over HTTP: health, metadata, configuration, inference, and the extensions.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { configToJson, toMetadata } from '../../model/index.js';
import type { Leave } from '../admission/admission.js';
import { RequestOrigin } from '../routing/origin.js';
import { readBody } from './body.js';
import { endpoint, type Handlers } from './endpoint.js';
import { sendError } from './errors.js';
import { packBody, wantedEncoding } from './response-encoding.js';
import { InferCall } from './v2-call.js';
import { generate, generateStream } from './v2-generate-routes.js';
import { answerInference, headerLengthName, oneHeader, type V2Options } from './v2-infer.js';
import { addRepositoryRoutes } from './v2-repository.js';
import { addSettingRoutes, traceHandlers } from './v2-settings.js';
import { addSharedMemoryRoutes } from './v2-shared-memory.js';
import { modelStatistics, serverStatistics } from './v2-statistics.js';
import { modelOf, targetSchema } from './v2-target.js';

async function infer(options: V2Options, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { engine, maxBodyBytes, protocol } = options;
  const call = new InferCall(protocol.memory, oneHeader(request.headers['x-tenant']), reply.raw);
  let leave: Leave | undefined;
  try {
    const model = modelOf(engine, request, new RequestOrigin(request.raw));
    const body = await readBody(request, maxBodyBytes);
    call.bytes = body.length;
    leave = await engine.admission.enter(call);
    const stated = oneHeader(request.headers[headerLengthName]);
    const answer = await answerInference(options, model, { body, stated, call });
    leave(answer.latencyMs);
    const encoding = wantedEncoding(oneHeader(request.headers['accept-encoding']));
    const bytes = encoding === undefined ? answer.body : await packBody(answer.body, encoding);
    if (encoding !== undefined) reply.header('content-encoding', encoding);
    if (answer.jsonLength === undefined) return reply.type('application/json').send(bytes);
    return reply.type('application/octet-stream').header(headerLengthName, answer.jsonLength).send(bytes);
  } catch (error) {
    leave?.();
    return sendError(error, request, reply, call.id);
  }
}

function modelHandlers(options: V2Options): Readonly<Record<string, Handlers>> {
  const { engine } = options;
  return {
    '': {
      GET: async request => {
        const model = modelOf(engine, request);
        return toMetadata(model.package, engine.versionsOf(model.served.name));
      },
    },
    '/config': { GET: async request => configToJson(modelOf(engine, request).package.config) },
    '/infer': { POST: (request, reply) => infer(options, request, reply) },
    '/generate': { POST: (request, reply) => generate(options, request, reply) },
    '/generate_stream': { POST: (request, reply) => generateStream(options, request, reply) },
    '/stats': { GET: async request => modelStatistics(engine, targetSchema.parse(request.params)) },
    '/trace/setting': traceHandlers(options, request => modelOf(engine, request).served.name),
    '/ready': {
      GET: async (request, reply) => {
        const model = modelOf(engine, request);
        if (model.isReady()) return { name: model.served.name, ready: true };
        return reply.code(400).send({ error: 'Model version not ready' });
      },
    },
  };
}

/** Registers the v2 protocol. */
export function addV2Routes(app: FastifyInstance, options: V2Options): void {
  const { engine, name, version, protocol } = options;
  endpoint(app, '/v2', { GET: async () => ({ name, version, extensions: protocol.extensions }) });
  endpoint(app, '/v2/health/live', { GET: async () => ({ live: true }) });
  endpoint(app, '/v2/health/ready', {
    GET: async (_request, reply) => reply.code(engine.isReady() ? 200 : 400).send({ ready: engine.isReady() }),
  });
  endpoint(app, '/v2/models/stats', { GET: async () => serverStatistics(engine) });
  for (const [suffix, handlers] of Object.entries(modelHandlers(options))) {
    endpoint(app, `/v2/models/:model${suffix}`, handlers);
    endpoint(app, `/v2/models/:model/versions/:version${suffix}`, handlers);
  }
  addRepositoryRoutes(app, options);
  addSettingRoutes(app, options);
  addSharedMemoryRoutes(app, options);
}
