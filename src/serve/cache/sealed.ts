// Values on a cache server bear a seal over their key and their bytes: what was changed or swapped there is not believed.
import { createHmac, timingSafeEqual } from 'node:crypto';

const sealBytes = 16;

function sealOf(secret: string, key: string, bytes: Uint8Array): Uint8Array {
  return createHmac('sha256', secret).update(key).update(bytes).digest().subarray(0, sealBytes);
}

/**
 * Without a secret the seal finds damage; with one that all replicas share and nobody else knows, also forgery (HMAC-SHA-256, 128 bits).
 * Cost: as the key's hash, once for each value stored and read.
 */
export function seal(secret: string, key: string, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([sealOf(secret, key, bytes), bytes]);
}

/** The bytes that were sealed under `key`, in a buffer of their own; undefined if the seal does not fit. */
export function unseal(secret: string, key: string, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < sealBytes) return undefined;
  const bytes = sealed.subarray(sealBytes);
  return timingSafeEqual(sealed.subarray(0, sealBytes), sealOf(secret, key, bytes))
    ? Uint8Array.from(bytes)
    : undefined;
}
