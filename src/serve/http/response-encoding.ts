// The compression that a client asks for, of those that clients of Triton know.
import { promisify } from 'node:util';
import { deflate, gzip } from 'node:zlib';

const packers = { gzip: promisify(gzip), deflate: promisify(deflate) } as const;
export type ResponseEncoding = keyof typeof packers;

/** Fastest: what is compressed here are floats, on which a higher level hardly gains. */
const level = 1;

const isEncoding = (name: string): name is ResponseEncoding => Object.hasOwn(packers, name);

/**
 * The encoding that an Accept-Encoding header asks for; undefined for none.
 * A wish is one name, or weights: browsers and libraries list all that they know on every request, and tensors do not gain by it.
 */
export function wantedEncoding(accept: string | undefined): ResponseEncoding | undefined {
  if (accept === undefined || accept.length > 200) return undefined;
  const parts = accept.split(',').map(part => part.split(';').map(each => each.trim().toLowerCase()));
  if (parts.length > 1 && !parts.some(([, quality]) => quality !== undefined)) return undefined;
  let best: ResponseEncoding | undefined;
  let weight = 0;
  for (const [name = '', quality = 'q=1'] of parts) {
    const value = quality.startsWith('q=') ? Number(quality.slice(2)) : Number.NaN;
    if (!(value > weight) || (name !== 'identity' && !isEncoding(name))) continue;
    weight = value;
    best = name === 'identity' ? undefined : name;
  }
  return best;
}

export const packBody = (body: Buffer, encoding: ResponseEncoding): Promise<Buffer> =>
  packers[encoding](body, { level });
