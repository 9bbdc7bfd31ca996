// The routes of extensions, as the server's own are: other methods refused, bodies checked, errors in one shape, pages shut in.
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { z } from 'zod';
import { placeTaken } from '../check-extensions.js';
import type { ExtensionCall, ExtensionRoute, ServerExtension } from '../extension.js';
import { checkBody } from '../people/predict.js';
import { readBody } from './body.js';
import { endpoint, type Handlers } from './endpoint.js';
import { parseJsonBody } from './json-body.js';

const texts = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
const page = z.object({ contentType: z.string().min(1).max(200), content: z.string() });

/** Names with one value each: of several the last. Objects without a prototype, so that no name means anything else. */
function single(values: unknown): Readonly<Record<string, string>> {
  const all: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(texts.parse(values ?? {}))) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last !== undefined) all[name] = last;
  }
  return all;
}

function headersOf({ headers }: FastifyRequest): Readonly<Record<string, string>> {
  const all: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) all[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return all;
}

async function callOf(route: ExtensionRoute, request: FastifyRequest, maxBodyBytes: number): Promise<ExtensionCall> {
  const { body: schema, method, path } = route;
  const about = { what: `body of ${method} ${path}`, wanted: 'what /openapi.json says' };
  const bytes = schema === undefined ? undefined : await readBody(request, maxBodyBytes);
  // A route may do without a body, such as one that is called by hand in haste: its schema says.
  const sent = bytes === undefined || bytes.length === 0 ? undefined : parseJsonBody(bytes);
  const body = schema === undefined ? undefined : checkBody(sent, schema, about);
  return { params: single(request.params), query: single(request.query), headers: headersOf(request), body };
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** What the page itself holds may run, and nothing that it names or that is slipped into an attribute. */
function policyOf(content: string): string {
  const scripts = [...content.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script\s*>/gi)].map(([, text = '']) =>
    hashOf(text),
  );
  return [
    "default-src 'none'",
    `script-src ${scripts.length === 0 ? "'none'" : [...new Set(scripts)].join(' ')}`,
    // Plots carry styles in attributes, which no hash covers.
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join('; ');
}

function sendPage(reply: FastifyReply, answer: unknown): FastifyReply {
  const { contentType, content } = page.parse(answer);
  reply.header('content-security-policy', policyOf(content)).header('referrer-policy', 'no-referrer');
  return reply.header('cache-control', 'no-store').type(contentType).send(content);
}

function handlerOf(route: ExtensionRoute, maxBodyBytes: number): RouteHandlerMethod {
  return async (request, reply) => {
    const answer = await route.handle(await callOf(route, request, maxBodyBytes));
    if (route.isPage === true) return sendPage(reply, answer);
    if (answer === undefined) return reply.code(204).send();
    return reply.type('application/json').header('cache-control', 'no-store').send(JSON.stringify(answer));
  };
}

/** Registers the routes of all, after those of the server. @throws OPTIONS_INVALID for a path that is taken */
export function addExtensions(
  app: FastifyInstance,
  extensions: readonly ServerExtension[],
  maxBodyBytes: number,
): void {
  const byPath = new Map<string, Handlers>();
  for (const route of extensions.flatMap(({ routes }) => routes)) {
    const handler = handlerOf(route, maxBodyBytes);
    byPath.set(route.path, { ...byPath.get(route.path), [route.method]: handler });
  }
  for (const [path, handlers] of byPath) {
    try {
      endpoint(app, path.replace(/\{(\w+)\}/g, ':$1'), handlers);
    } catch (cause) {
      throw placeTaken(path, cause);
    }
  }
}
