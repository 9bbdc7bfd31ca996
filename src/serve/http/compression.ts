// Responses compressed where the client asks: text above a threshold; bytes only for a client that names one coding and no other.
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export type Coding = 'zstd' | 'br' | 'gzip' | 'deflate';
type Compress = (bytes: Uint8Array) => Promise<Buffer>;

const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = zlib.constants;
const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);
const deflate = promisify(zlib.deflate);

/** Fast settings: the server waits for them. Digits of random fields take 0.45 of their size either way. */
const level = 3;

/** Only newer versions of Node have Zstandard. */
function zstdOf(module: object): Compress | undefined {
  if (!('zstdCompress' in module) || typeof module.zstdCompress !== 'function') return undefined;
  const zstd = module.zstdCompress;
  return bytes =>
    new Promise((resolve, reject) => {
      zstd(bytes, (error: Error | null, packed: Buffer) => (error === null ? resolve(packed) : reject(error)));
    });
}

const zstd = zstdOf(zlib);

/** The codings that this Node has, the best first. */
const codings: ReadonlyMap<Coding, Compress> = new Map<Coding, Compress>([
  ...(zstd === undefined ? [] : ([['zstd', zstd]] as const)),
  ['br', bytes => brotli(bytes, { params: { [BROTLI_PARAM_QUALITY]: level, [BROTLI_PARAM_SIZE_HINT]: bytes.length } })],
  ['gzip', bytes => gzip(bytes, { level })],
  ['deflate', bytes => deflate(bytes, { level })],
]);

/** The codings that responses may have here. */
export const knownCodings: readonly Coding[] = [...codings.keys()];

/** What the client wants its answer coded as; `only` when it names one coding and nothing else. */
export interface Wish {
  readonly coding: Coding;
  readonly only: boolean;
}

/** What `Accept-Encoding` asks for: the highest weight, ours first among equals; undefined: as it is. RFC 9110, 12.5.3. */
export function wishOf(acceptEncoding: string | undefined): Wish | undefined {
  if (acceptEncoding === undefined || acceptEncoding.length > 200) return undefined;
  const weights = new Map<string, number>();
  for (const part of acceptEncoding.toLowerCase().split(',')) {
    const [name = '', ...terms] = part.split(';').map(text => text.trim());
    const weight = Number(/^q=([01](?:\.\d{0,3})?)$/.exec(terms[0] ?? 'q=1')?.[1] ?? 0);
    if (name !== '') weights.set(name === 'x-gzip' ? 'gzip' : name, weight);
  }
  let best: Coding | undefined;
  let most = weights.get('identity') ?? 0;
  for (const coding of knownCodings) {
    const weight = weights.get(coding) ?? weights.get('*') ?? 0;
    if (weight > most || (best === undefined && weight > 0 && weight === most)) {
      best = coding;
      most = weight;
    }
  }
  return best === undefined ? undefined : { coding: best, only: weights.size === 1 && weights.has(best) };
}

/** `bytes` in that coding, made on Node's own threads. */
export async function encode(coding: Coding, bytes: Uint8Array): Promise<Buffer> {
  const compress = codings.get(coding);
  return compress === undefined ? Buffer.from(bytes) : compress(bytes);
}

const isText = (type: string): boolean => /^(text\/|application\/(\w+\+)?(json|xml)|image\/svg)/.test(type);

/** Adds a name to Vary, once. */
export function vary(reply: FastifyReply, name: string): void {
  const stated = reply.getHeader('vary');
  if (stated === undefined) reply.header('vary', name);
  else if (!String(stated).toLowerCase().includes(name)) reply.header('vary', `${stated}, ${name}`);
}

/** The strong tag of one coding: other bytes, so another tag. */
export const codedTag = (tag: string, coding: Coding): string => tag.replace(/"$/, `-${coding}"`);

/** KServe's own paths decide for themselves what becomes of tensors. */
const isInference = ({ method, url }: FastifyRequest): boolean => method === 'POST' && url.startsWith('/v2/');

/** The coding for this response, if it is to have one. */
function codingFor(request: FastifyRequest, reply: FastifyReply, length: number): Coding | undefined {
  if (reply.hasHeader('content-encoding') || reply.statusCode === 206 || isInference(request)) return undefined;
  const text = isText(String(reply.getHeader('content-type') ?? ''));
  if (text) vary(reply, 'accept-encoding');
  const wish = wishOf(request.headers['accept-encoding']);
  return wish !== undefined && length > 0 && (text || wish.only) ? wish.coding : undefined;
}

/**
 * Compresses what `app` sends as text or bytes; streams (server-sent events) go as they are.
 * @param thresholdBytes smaller bodies are left alone
 */
export function addCompression(app: FastifyInstance, { thresholdBytes }: { readonly thresholdBytes: number }): void {
  app.addHook('onSend', (request, reply, payload: unknown, done) => {
    const isBody = typeof payload === 'string' || payload instanceof Uint8Array;
    if (!isBody || payload.length < thresholdBytes) return done(null, payload);
    const coding = codingFor(request, reply, payload.length);
    if (coding === undefined) return done(null, payload);
    encode(coding, typeof payload === 'string' ? Buffer.from(payload) : payload).then(
      packed => {
        reply.header('content-encoding', coding).removeHeader('content-length');
        const tag = reply.getHeader('etag');
        if (typeof tag === 'string') reply.header('etag', codedTag(tag, coding));
        done(null, packed);
      },
      (error: Error) => done(error),
    );
  });
}
