// Compressed gRPC messages: gzip and deflate, inflated to a bounded size, off the event loop.
import { promisify } from 'node:util';
import { deflate, gunzip, gzip, inflate } from 'node:zlib';
import { GalerkinError } from '../../base/index.js';
import { malformed } from './malformed.js';
import { prefixBytes } from './table-encode.js';

const inflaters = { gzip: promisify(gunzip), deflate: promisify(inflate) };
const deflaters = { gzip: promisify(gzip), deflate: promisify(deflate) };

export type Encoding = keyof typeof inflaters;

/** The encodings that we read and write, as the header names them. */
export const acceptedEncodings = 'identity,deflate,gzip';

/** Answers smaller than this go as they are. */
const worthBytes = 1024;

/** The encoding that a header names; undefined for none. @throws ENCODING_UNSUPPORTED */
export function encodingOf(header: string | undefined): Encoding | undefined {
  if (header === undefined || header === 'identity') return undefined;
  if (header === 'gzip' || header === 'deflate') return header;
  throw new GalerkinError('ENCODING_UNSUPPORTED', { got: header.slice(0, 40) });
}

/**
 * The message inside `bytes`.
 * @throws REQUEST_TOO_LARGE if it is larger than `maxBytes`; REQUEST_MALFORMED if it is not compressed that way
 */
export async function inflateMessage(bytes: Buffer, encoding: Encoding, maxBytes: number): Promise<Buffer> {
  try {
    return await inflaters[encoding](bytes, { maxOutputLength: maxBytes });
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new GalerkinError('REQUEST_TOO_LARGE', { limitBytes: maxBytes, got: 'more' });
    throw malformed('gRPC message', `data compressed with ${encoding}`, 'something else');
  }
}

/** A framed message, compressed if it is large enough to be worth it and becomes smaller. */
export async function deflateFramed(framed: Buffer, encoding: Encoding): Promise<Buffer> {
  if (framed.length < worthBytes) return framed;
  const body = await deflaters[encoding](framed.subarray(prefixBytes), { level: 1 });
  if (body.length >= framed.length - prefixBytes) return framed;
  const compressed = Buffer.allocUnsafe(prefixBytes + body.length);
  compressed[0] = 1;
  compressed.writeUInt32BE(body.length, 1);
  body.copy(compressed, prefixBytes);
  return compressed;
}
