// The bytes of a request body, inflated within the same limit that holds for plain ones.
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import type { FastifyRequest } from 'fastify';
import { GalerkinError } from '../../base/index.js';

const inflaters = new Map([
  ['gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
]);

/**
 * The body as it was before compression; empty if there was none.
 * @throws ENCODING_UNSUPPORTED, REQUEST_TOO_LARGE if it inflates beyond the limit, REQUEST_MALFORMED if it does not inflate
 */
export async function readBody(request: FastifyRequest, maxBodyBytes: number): Promise<Uint8Array> {
  const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
  const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding === 'identity' || body.length === 0) return body;
  const unpack = inflaters.get(encoding);
  if (unpack === undefined) throw new GalerkinError('ENCODING_UNSUPPORTED', { got: encoding.slice(0, 40) });
  try {
    return await unpack(body, { maxOutputLength: maxBodyBytes });
  } catch (cause) {
    if (cause instanceof RangeError) {
      throw new GalerkinError(
        'REQUEST_TOO_LARGE',
        { limitBytes: maxBodyBytes, got: 'more after inflation' },
        { cause },
      );
    }
    throw new GalerkinError(
      'REQUEST_MALFORMED',
      { what: 'body', wanted: `${encoding} data`, got: 'data that do not inflate' },
      { cause },
    );
  }
}
