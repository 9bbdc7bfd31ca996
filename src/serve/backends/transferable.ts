// Which buffers of a message may move to another thread instead of being copied.
import type { Tensors } from './backend.js';

/** Each tensor's buffer that it owns whole, once; buffers shared with something else are left to be copied. */
export function transferable(tensors: Tensors | undefined): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const tensor of Object.values(tensors ?? {})) {
    if (tensor.dtype === 'BYTES') continue;
    const { buffer, byteLength } = tensor.data;
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffers.add(buffer);
  }
  return [...buffers];
}
