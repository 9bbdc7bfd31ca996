// Trace and log settings over HTTP: shown, and changed but for the files that they name.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readBody } from './body.js';
import { endpoint, type Handlers } from './endpoint.js';
import { parseJsonBody } from './json-body.js';
import type { V2Options } from './v2-infer.js';

/** GET and POST of the trace settings of the model that `nameOf` finds, or of the server. */
export function traceHandlers(
  { protocol: { trace }, maxBodyBytes }: V2Options,
  nameOf: (request: FastifyRequest) => string | undefined,
): Handlers {
  return {
    GET: async request => trace.of(nameOf(request)),
    POST: async request => {
      const name = nameOf(request);
      return trace.change(name, parseJsonBody(await readBody(request, maxBodyBytes)));
    },
  };
}

/** Registers the settings of the server. */
export function addSettingRoutes(app: FastifyInstance, options: V2Options): void {
  const { log } = options.protocol;
  endpoint(
    app,
    '/v2/trace/setting',
    traceHandlers(options, () => undefined),
  );
  endpoint(app, '/v2/logging', {
    GET: async () => log.current,
    POST: async request => log.change(parseJsonBody(await readBody(request, options.maxBodyBytes))),
  });
}
