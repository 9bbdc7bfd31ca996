// One path with the methods that it takes; every other method is refused with 405 before a body is read.
import type { FastifyInstance, RouteHandlerMethod } from 'fastify';
import { GalerkinError } from '../../base/index.js';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

export interface Handlers {
  readonly GET?: RouteHandlerMethod;
  readonly POST?: RouteHandlerMethod;
  readonly PUT?: RouteHandlerMethod;
  readonly DELETE?: RouteHandlerMethod;
}

/** Registers `url`; HEAD comes with GET. */
export function endpoint(app: FastifyInstance, url: string, handlers: Handlers): void {
  const { GET, POST, PUT, DELETE } = handlers;
  if (GET) app.get(url, GET);
  if (POST) app.post(url, POST);
  if (PUT) app.put(url, PUT);
  if (DELETE) app.delete(url, DELETE);
  const allowed: string[] = [
    ...(GET ? ['GET', 'HEAD'] : []),
    ...[POST && 'POST', PUT && 'PUT', DELETE && 'DELETE'].filter(each => each !== undefined),
  ];
  app.route({
    url,
    method: methods.filter(method => !allowed.includes(method)),
    onRequest: async (_request, reply) => {
      reply.header('allow', allowed.join(', '));
      throw new GalerkinError('METHOD_REFUSED', { allowed });
    },
    handler: () => {},
  });
}
