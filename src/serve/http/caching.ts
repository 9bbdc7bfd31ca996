// GETs that a browser or a CDN may keep: a strong tag from the bytes, 304 where the client has them, and for how long they hold.
import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { knownCodings } from './compression.js';

/** Kept, but asked for again each time: a reload changes it, and a 304 costs no body. */
const revalidated = 'public, no-cache';
/** Changes only with the model's version or the server's, and a minute late does no harm. */
const minute = 'public, max-age=60, stale-while-revalidate=600';

/** What may be cached, by the path of its route. What is not here (health, statistics, readiness) must not be. */
const policies: ReadonlyMap<string, string> = new Map([
  ['/v2', revalidated],
  ['/v2/models/:model', revalidated],
  ['/v2/models/:model/versions/:version', revalidated],
  ['/v2/models/:model/config', revalidated],
  ['/v2/models/:model/versions/:version/config', revalidated],
  ['/models', revalidated],
  ['/models/:model', revalidated],
  ['/models/:model/versions/:version', revalidated],
  ['/models/:model/samples', minute],
  ['/models/:model/samples/:index', minute],
  ['/openapi.json', revalidated],
]);

/** A strong entity tag: 128 bits of SHA-256 over the bytes before any coding. About 1 us for 1 KiB, 0.3 ms for 512 KiB. */
export function strongTag(bytes: Uint8Array | string): string {
  return `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`;
}

const codingSuffix = new RegExp(`-(?:${knownCodings.join('|')})"$`);

/** True if one of the tags of `If-None-Match` is `tag`, in any coding. RFC 9110, 13.1.2. */
export function matchesTag(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined || ifNoneMatch.length > 4096) return false;
  const bare = tag.replace(codingSuffix, '"');
  return ifNoneMatch
    .split(',')
    .map(text => text.trim())
    .some(text => text === '*' || text.replace(/^W\//, '').replace(codingSuffix, '"') === bare);
}

/** Tags successful GETs of the routes above and answers 304 where the client has them. To be added before the compression. */
export function addCaching(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload: unknown, done) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const policy = isRead && reply.statusCode === 200 ? policies.get(request.routeOptions.url ?? '') : undefined;
    if (policy === undefined || !(typeof payload === 'string' || payload instanceof Uint8Array)) {
      return done(null, payload);
    }
    const tag = strongTag(payload);
    reply.header('etag', tag).header('cache-control', policy).header('vary', 'accept-encoding');
    if (!matchesTag(request.headers['if-none-match'], tag)) return done(null, payload);
    reply.code(304).removeHeader('content-length').removeHeader('content-type');
    return done(null, null);
  });
}
