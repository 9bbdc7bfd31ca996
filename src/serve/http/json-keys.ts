// A name given twice in a JSON object: JSON.parse keeps the last without a word, and a request must not say two things.
import { skipString } from './json-body.js';

const [quote, openList, closeList, openObject, closeObject, colon] = [0x22, 0x5b, 0x5d, 0x7b, 0x7d, 0x3a];

/**
 * The first member of the outermost object, or of an object that is a member of it, that is there twice.
 * `text` is JSON that has been parsed without fault; names are compared as they are written.
 */
export function duplicateKey(text: string): string | undefined {
  const bytes = Buffer.from(text);
  const seen = [new Set<string>(), new Set<string>()];
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === openObject || byte === openList) {
      depth++;
      if (depth === 2) seen[1]?.clear();
    } else if (byte === closeObject || byte === closeList) depth--;
    else if (byte === quote) {
      const end = skipString(bytes, at);
      let after = end;
      while (after < bytes.length && (bytes[after] ?? 0) <= 0x20) after++;
      const names = seen[depth - 1];
      if (bytes[after] === colon && names !== undefined) {
        const name = bytes.toString('utf8', at + 1, end - 1);
        if (names.has(name)) return name;
        names.add(name);
      }
      at = end - 1;
    }
  }
  return undefined;
}
