// One array as numpy's .npy format, versions 1 and 2: magic, a header in Python's literal syntax, row-major data.
import { elementCount, GalerkinError } from '../base/index.js';
import { kindOf, kinds, type NpzArray } from './npz-array.js';

const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);
const headerPattern = /^\{\s*((?:'\w+'\s*:\s*(?:'[^']*'|\([^()]*\)|\w+|\[[^\]]*\])\s*(?:,\s*)?)*)\}\s*$/;
const itemPattern = /'(\w+)'\s*:\s*('[^']*'|\([^()]*\)|\w+|\[[^\]]*\])/g;
const shapePattern = /^\(\s*(?:\d+\s*,\s*)*(?:\d+\s*)?\)$/;
const maxHeaderBytes = 10_000;

function invalid(name: string, wanted: string, got: string): GalerkinError<'NPZ_INVALID'> {
  return new GalerkinError('NPZ_INVALID', { name, wanted, got });
}

/** The bytes of one array; its data begins at a multiple of 64. */
export function encodeNpy(name: string, { dtype, shape, data }: NpzArray): Uint8Array {
  if (!shape.every(size => Number.isSafeInteger(size) && size >= 0) || elementCount(shape) !== data.length) {
    throw invalid(name, `as many values as shape [${shape}] holds`, `${data.length} values`);
  }
  const kind = kinds[dtype];
  if (data.BYTES_PER_ELEMENT !== kind.bytes) throw invalid(name, dtype, `a ${data.constructor.name}`);
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${kind.descriptor}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const headerEnd = Math.ceil((10 + text.length + 1) / 64) * 64;
  const bytes = new Uint8Array(headerEnd + data.byteLength);
  bytes.set(magic);
  bytes.set([1, 0], 6);
  new DataView(bytes.buffer).setUint16(8, headerEnd - 10, true);
  new TextEncoder().encodeInto(`${text.padEnd(headerEnd - 11)}\n`, bytes.subarray(10));
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), headerEnd);
  return bytes;
}

/** Finds the header's text and where the data begins. */
function splitHeader(name: string, bytes: Uint8Array): { text: string; dataAt: number } {
  if (bytes.length < 12 || !magic.every((byte, k) => bytes[k] === byte)) {
    throw invalid(name, 'an array in .npy format', `${bytes.length} bytes without its magic`);
  }
  const version = bytes[6];
  if (version !== 1 && version !== 2) throw invalid(name, '.npy version 1 or 2', `version ${version}`);
  const lengthBytes = version === 1 ? 2 : 4;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataAt = 8 + lengthBytes + length;
  if (length > maxHeaderBytes || dataAt > bytes.length) {
    throw invalid(name, `a header of at most ${Math.min(maxHeaderBytes, bytes.length)} bytes`, `${length} bytes`);
  }
  return { text: new TextDecoder('latin1').decode(bytes.subarray(8 + lengthBytes, dataAt)), dataAt };
}

function parseShape(name: string, tuple: string): number[] {
  if (!shapePattern.test(tuple)) throw invalid(name, 'a shape of whole numbers', `shape ${tuple}`);
  const shape = (tuple.match(/\d+/g) ?? []).map(Number);
  if (shape.length > 32 || !Number.isSafeInteger(elementCount(shape.filter(size => size > 0)))) {
    throw invalid(name, 'a shape that can exist', `shape ${tuple}`);
  }
  return shape;
}

/** Reads the header: which kind, which shape. Object arrays, Fortran order and other byte orders are refused by name. */
function parseHeader(name: string, text: string): { kind: NonNullable<ReturnType<typeof kindOf>>; shape: number[] } {
  const body = headerPattern.exec(text)?.[1];
  if (body === undefined) throw invalid(name, 'a header in Python syntax', JSON.stringify(text.slice(0, 80)));
  const items = new Map([...body.matchAll(itemPattern)].map(match => [match[1], match[2] ?? '']));
  const descriptor = items.get('descr') ?? 'nothing';
  const kind = kindOf(descriptor.replaceAll("'", '').replace(/^[=<|]u1$/, '|u1'));
  if (kind === undefined) {
    const wanted = `one of ${Object.keys(kinds).join(', ')}, little-endian`;
    throw invalid(name, wanted, `dtype ${descriptor.slice(0, 80)}`);
  }
  if (items.get('fortran_order') !== 'False') {
    throw invalid(name, 'row-major (C) order', `fortran_order ${items.get('fortran_order')}`);
  }
  return { kind, shape: parseShape(name, items.get('shape') ?? 'nothing') };
}

/** The array in `bytes`: a view where the alignment allows one, else one copy. */
export function decodeNpy(name: string, bytes: Uint8Array): NpzArray {
  const { text, dataAt } = splitHeader(name, bytes);
  const { kind, shape } = parseHeader(name, text);
  const count = elementCount(shape);
  if (count * kind.bytes !== bytes.length - dataAt) {
    throw invalid(name, `${count * kind.bytes} bytes for shape [${shape}]`, `${bytes.length - dataAt} bytes`);
  }
  const offset = bytes.byteOffset + dataAt;
  if (offset % kind.bytes === 0) return kind.view(shape, bytes.buffer, offset, count);
  const copy = new Uint8Array(bytes.subarray(dataAt)); // not slice(): a Buffer's slice is no copy
  return kind.view(shape, copy.buffer, 0, count);
}
