// GET /openapi.json, and the page that shows it under /docs/.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { GalerkinError } from '../../base/index.js';
import type { Engine } from '../engine/engine.js';
import type { ServedModel } from '../engine/served-model.js';
import type { ServerExtension } from '../extension.js';
import { endpoint } from '../http/endpoint.js';
import { type Asset, asset, sendAsset } from '../people/assets.js';
import { docsPage, docsPolicy, docsScript, docsStyle, swaggerFiles } from './docs-page.js';
import { apiDocument } from './document.js';

async function docsAssets(): Promise<ReadonlyMap<string, Asset>> {
  const root = dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui/package.json'));
  const own = [asset('index.html', docsPage), asset('docs.js', docsScript), asset('docs.css', docsStyle)];
  const theirs = await Promise.all(
    swaggerFiles.map(async name => asset(name, await readFile(join(root, 'static', name)))),
  );
  return new Map([...own, ...theirs].map(each => [each.path, each]));
}

/** The document as text, made again only when the models that run are others. */
function documentText({ engine, version, extensions = [] }: OpenApiOptions): () => string {
  let madeFor: readonly ServedModel[] = [];
  let text = '';
  return () => {
    const models = engine.models.map(({ served }) => served);
    if (text === '' || models.length !== madeFor.length || models.some((model, place) => model !== madeFor[place])) {
      text = JSON.stringify(apiDocument(version, models, extensions));
      madeFor = models;
    }
    return text;
  };
}

export interface OpenApiOptions {
  readonly engine: Engine;
  readonly version: string;
  readonly extensions?: readonly ServerExtension[];
}

const paramsSchema = z.object({ '*': z.string() });

/** Registers them. The page's files (2 MB) are read from the npm package on the first visit. */
export function addOpenApi(app: FastifyInstance, options: OpenApiOptions): void {
  const text = documentText(options);
  let reading: Promise<ReadonlyMap<string, Asset>> | undefined;
  endpoint(app, '/openapi.json', { GET: async (_request, reply) => reply.type('application/json').send(text()) });
  endpoint(app, '/docs', { GET: async (_request, reply) => reply.redirect('/docs/') });
  endpoint(app, '/docs/*', {
    GET: async (request, reply) => {
      const path = paramsSchema.parse(request.params)['*'];
      reading ??= docsAssets();
      const file = (await reading).get(path === '' ? 'index.html' : path);
      if (file === undefined) throw new GalerkinError('ROUTE_UNKNOWN', {});
      return sendAsset(request, reply, { file, contentPolicy: docsPolicy });
    },
  });
}
