// The repository over HTTP: what models there are, loading them (also from the request itself), and unloading them.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { GalerkinError } from '../../base/index.js';
import type { LoadOverride } from '../engine/repository-control.js';
import { readBody } from './body.js';
import { endpoint } from './endpoint.js';
import { parseJsonBody } from './json-body.js';
import { check, malformed, shortName } from './v2-header.js';
import type { V2Options } from './v2-infer.js';

const indexSchema = z.object({ ready: z.boolean().optional() });
const unloadSchema = z.object({ parameters: z.object({ unload_dependents: z.boolean().optional() }).optional() });
const loadSchema = z.object({ parameters: z.record(z.string(), z.string()).optional() });
const paramsSchema = z.object({ model: z.string() });

const filePrefix = 'file:';
const maxFiles = 100;

/** The path of a file within the model's folder: plain names, the first of them a version's number. */
const filePath = /^[1-9]\d{0,17}(?:\/[\w.+-]{1,200}){1,8}$/;
const isDots = (name: string): boolean => name === '.' || name === '..';

function fileOf(name: string, text: string): [string, Uint8Array] {
  const path = name.slice(filePrefix.length);
  if (!filePath.test(path) || path.split('/').some(isDots)) {
    throw malformed(`parameter '${shortName(name)}'`, "'file:' and a path such as 1/model.onnx", 'another path');
  }
  const bytes = Buffer.from(text, 'base64');
  // Node skips what is no base64: what it read must account for all that was sent.
  const stated = Math.floor((text.replace(/=+$/, '').length * 3) / 4);
  if (bytes.length !== stated) throw malformed(`parameter '${shortName(name)}'`, 'a file in base64', 'other text');
  return [path, bytes];
}

/** What a load request brings along. @throws REQUEST_MALFORMED */
export function readLoad(parameters: Readonly<Record<string, string>>): LoadOverride {
  const files = new Map<string, Uint8Array>();
  let config: string | undefined;
  for (const [name, value] of Object.entries(parameters)) {
    if (name === 'config') config = value;
    else if (name.startsWith(filePrefix)) files.set(...fileOf(name, value));
    else throw malformed(`parameter '${shortName(name)}'`, "'config' or 'file:…'", 'another parameter');
    if (files.size > maxFiles) throw malformed('parameters', `at most ${maxFiles} files`, 'more');
  }
  if (files.size > 0 && config === undefined) {
    throw malformed("load model request with file override must also have 'config'", "the parameter 'config'", 'none');
  }
  return { ...(config === undefined ? {} : { config }), ...(files.size === 0 ? {} : { files }) };
}

/** Registers index, load and unload. */
export function addRepositoryRoutes(app: FastifyInstance, { engine, maxBodyBytes }: V2Options): void {
  const { repository } = engine;
  const read = async <T>(request: FastifyRequest, schema: z.ZodType<T>): Promise<T> => {
    const body = await readBody(request, maxBodyBytes);
    return check('request', schema, body.length === 0 ? {} : parseJsonBody(body));
  };
  const modelOf = (request: FastifyRequest): string => paramsSchema.parse(request.params).model;
  endpoint(app, '/v2/repository/index', {
    POST: async request => repository.index((await read(request, indexSchema)).ready ?? false),
  });
  endpoint(app, '/v2/repository/models/:model/load', {
    POST: async (request, reply) => {
      const { parameters } = await read(request, loadSchema);
      await repository.load(modelOf(request), parameters === undefined ? undefined : readLoad(parameters));
      return reply.type('application/json').send();
    },
  });
  endpoint(app, '/v2/repository/models/:model/unload', {
    POST: async (request, reply) => {
      const { parameters } = await read(request, unloadSchema);
      await repository.unload(modelOf(request), { dependents: parameters?.unload_dependents ?? false });
      return reply.type('application/json').send();
    },
  });
  const refuseName = async (): Promise<never> => {
    const what = "'repository_name' specification is not supported";
    throw new GalerkinError('FEATURE_UNSUPPORTED', { what, instead: 'Leave it out of the path.' });
  };
  for (const path of ['index', 'models/:model/load', 'models/:model/unload']) {
    endpoint(app, `/v2/repository/:repository/${path}`, { POST: refuseName });
  }
}
