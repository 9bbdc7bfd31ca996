// The bytes of a request body: collected within a limit, and inflated within the same one.
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import type { FastifyRequest } from 'fastify';
import { GalerkinError } from '../../base/index.js';

const inflaters = new Map([
  ['gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
]);

/** Chunks that a body may come in however small they are; beyond, they must carry something. */
const freeChunks = 65_536;
const leastChunkBytes = 64;

/** A buffer that grows; a body of many tiny chunks costs no more memory than one of few. */
class Collector {
  private bytes: Buffer | undefined;
  private length = 0;
  private chunks = 0;
  constructor(
    private readonly limit: number,
    private readonly stated: number,
  ) {}

  /** False once the limit is passed, or where tiny chunks come without end. */
  add(chunk: Buffer): boolean {
    const length = this.length + chunk.length;
    this.chunks++;
    if (length > this.limit || (this.chunks > freeChunks && length < this.chunks * leastChunkBytes)) return false;
    if (this.bytes === undefined) this.bytes = chunk;
    else {
      if (length > this.bytes.length || this.length === this.bytes.length) this.grow(length);
      chunk.copy(this.bytes, this.length);
    }
    this.length = length;
    return true;
  }

  private grow(wanted: number): void {
    // What the client states is believed up to a megabyte ahead of what it has sent.
    const believed = Math.min(this.stated, wanted + 2 ** 20);
    const grown = Buffer.allocUnsafeSlow(Math.min(this.limit, Math.max(2 * wanted, believed, 4096)));
    this.bytes?.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  taken(): Buffer {
    return this.bytes?.subarray(0, this.length) ?? Buffer.alloc(0);
  }
}

const tooLarge = (limitBytes: number, got: string, cause?: unknown): GalerkinError<'REQUEST_TOO_LARGE'> =>
  new GalerkinError('REQUEST_TOO_LARGE', { limitBytes, got }, { cause });

/**
 * Collects a request's payload. `done` is called once, with the bytes or with what is wrong with them.
 * @param headers  of the request: a length over the limit is refused before anything is read
 */
export function collectBody(
  payload: Readable,
  { headers, maxBodyBytes }: { readonly headers: IncomingMessage['headers']; readonly maxBodyBytes: number },
  done: (error: GalerkinError | null, body?: Buffer) => void,
): void {
  const stated = Number(headers['content-length'] ?? 0);
  if (stated > maxBodyBytes) {
    done(tooLarge(maxBodyBytes, `${String(headers['content-length']).slice(0, 20)} bytes`));
    return;
  }
  const collector = new Collector(maxBodyBytes, stated);
  const onData = (chunk: Buffer): void => {
    if (collector.add(chunk)) return;
    payload.off('data', onData);
    payload.off('end', onEnd);
    done(tooLarge(maxBodyBytes, 'more, or too many tiny chunks'));
  };
  const onEnd = (): void => done(null, collector.taken());
  payload.on('data', onData);
  payload.on('end', onEnd);
}

/**
 * A body as it was before compression.
 * @throws ENCODING_UNSUPPORTED, REQUEST_TOO_LARGE if it inflates beyond the limit, REQUEST_MALFORMED if it does not inflate
 */
export async function inflateBody(body: Uint8Array, stated: string, maxBodyBytes: number): Promise<Uint8Array> {
  const encoding = stated.toLowerCase();
  if (encoding === 'identity' || encoding === '' || body.length === 0) return body;
  const unpack = inflaters.get(encoding);
  if (unpack === undefined) throw new GalerkinError('ENCODING_UNSUPPORTED', { got: encoding.slice(0, 40) });
  try {
    return await unpack(body, { maxOutputLength: maxBodyBytes });
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(maxBodyBytes, 'more after inflation', cause);
    throw new GalerkinError(
      'REQUEST_MALFORMED',
      { what: 'body', wanted: `${encoding} data`, got: 'data that do not inflate' },
      { cause },
    );
  }
}

/** The body of a request, inflated; empty if there was none. @throws as inflateBody does */
export async function readBody(request: FastifyRequest, maxBodyBytes: number): Promise<Uint8Array> {
  const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
  const encoding = request.headers['content-encoding'];
  return encoding === undefined ? body : inflateBody(body, encoding, maxBodyBytes);
}
