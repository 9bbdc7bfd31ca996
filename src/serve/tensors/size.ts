// How much memory tensors take, for bounds on queues and caches.
import type { Tensor } from '../../base/index.js';

/** What one string takes besides its characters. */
const stringOverheadBytes = 16;

/** Bytes of a tensor's values; of strings, an estimate. */
export function tensorBytes(tensor: Tensor): number {
  if (tensor.dtype !== 'BYTES') return tensor.data.byteLength;
  let bytes = 0;
  for (const element of tensor.data) bytes += element.length + stringOverheadBytes;
  return bytes;
}

/** Bytes of all values. */
export function bytesIn(tensors: Readonly<Record<string, Tensor>>): number {
  let bytes = 0;
  for (const name in tensors) {
    const tensor = tensors[name];
    if (tensor !== undefined) bytes += tensorBytes(tensor);
  }
  return bytes;
}
