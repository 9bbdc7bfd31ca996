// A digest inside the file it speaks for: written as the comment that a zip archive may end with, so readers of zip pass over it.
import { GalerkinError } from '../base/index.js';
import { digestLength, sha256 } from './sha256.js';

/** The archive with its digest as its comment. `archive` must have no comment. */
export function seal(archive: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(archive.length + digestLength);
  sealed.set(archive);
  new DataView(sealed.buffer).setUint16(archive.length - 2, digestLength, true);
  const digest = sha256(sealed.subarray(0, archive.length));
  new TextEncoder().encodeInto(digest, sealed.subarray(archive.length));
  return sealed;
}

/** The same bytes, checked. @throws CHECKPOINT_INVALID when they are not what was sealed. */
export function unseal(sealed: Uint8Array, path: string): Uint8Array {
  const end = Math.max(0, sealed.length - digestLength);
  const wanted = new TextDecoder('latin1').decode(sealed.subarray(end));
  const got = sha256(sealed.subarray(0, end));
  if (wanted === got) return sealed;
  const named = wanted.startsWith('sha256:') ? wanted : 'a digest at its end';
  throw new GalerkinError('CHECKPOINT_INVALID', { path, wanted: named, got });
}
