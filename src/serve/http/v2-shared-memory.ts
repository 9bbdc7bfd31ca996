// Regions of shared memory over HTTP: registered, listed and taken away; those of CUDA are refused.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { GalerkinError } from '../../base/index.js';
import { readBody } from './body.js';
import { endpoint } from './endpoint.js';
import { parseJsonBody } from './json-body.js';
import { check, malformed, shortName } from './v2-header.js';
import type { V2Options } from './v2-infer.js';

const registerSchema = z.object({
  key: z.string({
    error: issue => (issue.input === undefined ? "Shared memory register request has no 'key' field" : undefined),
  }),
  offset: z.number().min(0).optional(),
  byte_size: z
    .number({
      error: issue =>
        issue.input === undefined ? "Shared memory register request has no 'byte_size' field" : undefined,
    })
    .min(0),
});
const paramsSchema = z.object({ name: z.string().optional() });
const nameOf = (request: FastifyRequest): string | undefined => paramsSchema.parse(request.params).name;

const needsName = (kind: string) =>
  malformed(`'region name' is necessary to register ${kind} shared memory region`, 'a name in the path', 'none');

function addSystemRoutes(app: FastifyInstance, { protocol: { memory }, maxBodyBytes }: V2Options): void {
  for (const region of ['', '/region/:name']) {
    const base = `/v2/systemsharedmemory${region}`;
    endpoint(app, `${base}/status`, { GET: async request => memory.status(nameOf(request)) });
    endpoint(app, `${base}/unregister`, {
      POST: async (request, reply) => {
        memory.unregister(nameOf(request));
        return reply.type('application/json').send();
      },
    });
    endpoint(app, `${base}/register`, {
      POST: async (request, reply) => {
        // Refused before the body is looked at where nobody may register.
        memory.status();
        const name = nameOf(request);
        if (name === undefined || name === '') throw needsName('system');
        const body = parseJsonBody(await readBody(request, maxBodyBytes));
        const { key, offset = 0, byte_size: byteSize } = check('register request', registerSchema, body);
        memory.register(name, { key, offset, byteSize });
        return reply.type('application/json').send();
      },
    });
  }
}

/** There are no GPUs here: nothing is registered, and nothing can be. */
function addCudaRoutes(app: FastifyInstance, { protocol: { memory } }: V2Options): void {
  for (const region of ['', '/region/:name']) {
    const base = `/v2/cudasharedmemory${region}`;
    endpoint(app, `${base}/status`, {
      GET: async request => {
        memory.status();
        const name = nameOf(request);
        if (name === undefined) return [];
        throw new GalerkinError('SHARED_MEMORY_UNKNOWN', { name: shortName(name), kind: 'cuda' });
      },
    });
    endpoint(app, `${base}/unregister`, {
      POST: async (_request, reply) => {
        memory.status();
        return reply.type('application/json').send();
      },
    });
    endpoint(app, `${base}/register`, {
      POST: async request => {
        memory.status();
        const name = nameOf(request);
        if (name === undefined || name === '') throw needsName('cuda');
        const what = `failed to register CUDA shared memory region: '${shortName(name)}', GPUs not supported`;
        throw malformed(what, 'system shared memory or binary data', 'CUDA memory');
      },
    });
  }
}

/** Registers the routes of shared memory. */
export function addSharedMemoryRoutes(app: FastifyInstance, options: V2Options): void {
  addSystemRoutes(app, options);
  addCudaRoutes(app, options);
}
