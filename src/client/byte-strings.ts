// BYTES on the wire: each element is its length in four little-endian bytes, then its bytes.
import { GalerkinClientError } from './errors.js';
import type { Tensor } from './tensors.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The elements one after another, each with its length. Texts are written in UTF-8. */
export function encodeByteStrings(elements: readonly (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const encoded = elements.map(element => (typeof element === 'string' ? encoder.encode(element) : element));
  const out = new Uint8Array(encoded.reduce((sum, bytes) => sum + 4 + bytes.length, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const bytes of encoded) {
    view.setUint32(at, bytes.length, true);
    out.set(bytes, at + 4);
    at += 4 + bytes.length;
  }
  return out;
}

/** Views on the elements, not copied. Throws PROTOCOL unless they fill `bytes` exactly. */
export function decodeByteStrings(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = at + 4 <= bytes.length ? at + 4 + view.getUint32(at, true) : Number.POSITIVE_INFINITY;
    if (end > bytes.length)
      throw new GalerkinClientError('PROTOCOL', 'A BYTES tensor of the answer ends inside an element.');
    elements.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return elements;
}

/** The elements of a BYTES tensor as texts. Throws ARGUMENT for other datatypes. */
export function textsOf(tensor: Tensor): string[] {
  if (tensor.datatype === 'BYTES') return tensor.data.map(element => decoder.decode(element));
  throw new GalerkinClientError('ARGUMENT', `textsOf wants a BYTES tensor, got ${tensor.datatype}.`);
}
