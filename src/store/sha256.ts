// Digests, written the way containers and registries write them.
import { createHash } from 'node:crypto';

/** Length of every digest text: 'sha256:' and 64 hexadecimal digits. */
export const digestLength = 71;

/** SHA-256 of bytes (or of UTF-8 text) as `sha256:<hex>`. */
export function sha256(content: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
