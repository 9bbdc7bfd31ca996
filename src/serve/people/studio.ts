// The studio: a folder of built files under /studio/, with a content policy that lets the page talk to this server only.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { GalerkinError } from '../../base/index.js';
import { endpoint } from '../http/endpoint.js';
import { readAssets, sendAsset } from './assets.js';

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

const paramsSchema = z.object({ '*': z.string() });

/** Serves `folder`, as it is now, under /studio/ and leads / there. */
export async function addStudio(app: FastifyInstance, folder: string): Promise<void> {
  const assets = await readAssets(folder);
  endpoint(app, '/studio/*', {
    GET: async (request, reply) => {
      const path = paramsSchema.parse(request.params)['*'];
      const file = assets.get(path === '' ? 'index.html' : path);
      if (file === undefined) throw new GalerkinError('ROUTE_UNKNOWN', {});
      return sendAsset(request, reply, { file, contentPolicy });
    },
  });
  endpoint(app, '/', { GET: async (_request, reply) => reply.redirect('/studio/') });
  endpoint(app, '/studio', { GET: async (_request, reply) => reply.redirect('/studio/') });
}
