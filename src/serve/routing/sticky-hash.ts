// A client's place among all: 32-bit FNV-1a over salt and key, its bits mixed as MurmurHash3 ends, mapped onto parts of ten thousand.
import { wholeShare } from '../../model/index.js';

const prime = 0x01000193;
const offset = 0x811c9dc5;

function over(state: number, text: string): number {
  let hash = state;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    hash = Math.imul(hash ^ (unit & 0xff), prime);
    hash = Math.imul(hash ^ (unit >>> 8), prime);
  }
  return hash;
}

/** What the hash of every key with this salt begins with. A mark ends the salt: 'a' + 'bc' is not 'ab' + 'c'. */
export const saltState = (salt: string): number => Math.imul(over(offset, salt) ^ 0xff, prime);

/** The place of a key in [0, 10,000), the same on every machine. About 2 ns a character. */
export function placeOf(state: number, key: string): number {
  let hash = over(state, key);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash = (hash ^ (hash >>> 16)) >>> 0;
  return Math.floor((hash / 2 ** 32) * wholeShare);
}
