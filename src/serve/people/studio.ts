// The studio: a folder of built files under /studio/, with a content policy that lets the page talk to this server only.
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { endpoint } from '../http/endpoint.js';

const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Built files carry a hash in their name (index-B1x9Kd2q.js) and never change; the page that names them does. */
const isHashed = (path: string): boolean => /-[\w-]{8,}\.\w+$/.test(path);

/** Serves `folder` under /studio/ and leads / there. */
export async function addStudio(app: FastifyInstance, folder: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: folder,
    prefix: '/studio/',
    redirect: false,
    dotfiles: 'ignore',
    cacheControl: false,
    setHeaders(response, path) {
      response.setHeader('cache-control', isHashed(path) ? 'public, max-age=31536000, immutable' : 'no-cache');
      response.setHeader('content-security-policy', contentPolicy);
      response.setHeader('referrer-policy', 'no-referrer');
    },
  });
  endpoint(app, '/', { GET: async (_request, reply) => reply.redirect('/studio/') });
  endpoint(app, '/studio', { GET: async (_request, reply) => reply.redirect('/studio/') });
}
