// JSON out of a request body: depth and syntax are checked before anything else looks at it.
import { GalerkinError } from '../../base/index.js';

export const maxJsonDepth = 100;
/** Lists and objects in one body: far above any honest nesting of a field, far below what would fill the heap. */
export const maxJsonContainers = 250_000;
const [quote, backslash, openList, closeList, openObject, closeObject] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/** Position after the string that opens at `at`. */
export function skipString(bytes: Uint8Array, at: number): number {
  let end = bytes.indexOf(quote, at + 1);
  while (end > 0) {
    let slashes = 0;
    while (bytes[end - 1 - slashes] === backslash) slashes++;
    if (slashes % 2 === 0) return end + 1;
    end = bytes.indexOf(quote, end + 1);
  }
  return bytes.length;
}

/** What is wrong with the structure of a JSON text, if anything; reads about 1 GB/s and stops at the first fault. */
export function structureFault(bytes: Uint8Array): 'deep' | 'many' | undefined {
  let depth = 0;
  let containers = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < openList && byte !== quote) continue;
    if (byte === quote) at = skipString(bytes, at) - 1;
    else if (byte === openList || byte === openObject) {
      if (++depth > maxJsonDepth) return 'deep';
      if (++containers > maxJsonContainers) return 'many';
    } else if (byte === closeList || byte === closeObject) depth--;
  }
  return undefined;
}

const whatFailed = 'failed to parse the request JSON';
const malformed = (wanted: string, got: string): GalerkinError<'REQUEST_MALFORMED'> =>
  new GalerkinError('REQUEST_MALFORMED', { what: whatFailed, wanted, got });

export const tooDeep = (): GalerkinError<'REQUEST_MALFORMED'> =>
  new GalerkinError('REQUEST_MALFORMED', {
    what: `${whatFailed}: JSON nesting depth exceeds maximum allowed limit (${maxJsonDepth})`,
    wanted: `JSON nested at most ${maxJsonDepth} levels deep`,
    got: 'deeper nesting',
  });

export const tooMany = (): GalerkinError<'REQUEST_MALFORMED'> =>
  malformed(`at most ${maxJsonContainers} lists and objects`, 'more; send flat lists or binary data');

/**
 * Parses a JSON body.
 * @throws REQUEST_MALFORMED if it is empty, nested deeper than 100 levels, made of too many lists, or not JSON; the text never repeats the body.
 */
export function parseJsonBody(bytes: Uint8Array): unknown {
  const fault = structureFault(bytes);
  if (fault === 'deep') throw tooDeep();
  if (fault === 'many') throw tooMany();
  return parseJsonText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
}

/** Parses JSON whose structure is known to be sound. @throws REQUEST_MALFORMED */
export function parseJsonText(text: string): unknown {
  if (text === '') throw malformed('a JSON object', 'an empty body');
  try {
    return JSON.parse(text);
  } catch (error) {
    const place = error instanceof Error ? /position \d+/.exec(error.message)?.[0] : undefined;
    throw malformed(
      'JSON',
      `${text.length} characters that are not JSON${place === undefined ? '' : ` (at ${place})`}`,
    );
  }
}
