// Tensors that a request leaves in shared memory: which region, where, how long.
import { GalerkinError } from '../../base/index.js';
import type { SharedMemory } from '../protocol/shared-memory.js';
import { malformed, shortName } from './malformed.js';
import type { WireParameters } from './wire-parameters.js';

const regionName = 'shared_memory_region';
const sizeName = 'shared_memory_byte_size';
const offsetName = 'shared_memory_offset';

/** True if the tensor is to be found, or put, in shared memory. */
export const isShared = (parameters: WireParameters): boolean => parameters.size > 0 && parameters.has(regionName);

function sizeOf(parameters: WireParameters, name: string, of: string): number {
  const value = parameters.get(name);
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  if (value === undefined && name === offsetName) return 0;
  throw malformed(
    `'${name}' of '${shortName(of)}'`,
    'a whole number of bytes',
    value === undefined ? 'none' : 'another',
  );
}

export interface SharedPlace {
  readonly region: string;
  readonly offset: number;
  readonly byteSize: number;
}

/** Where the parameters say that the tensor `of` lies. @throws REQUEST_MALFORMED */
export function placeOf(parameters: WireParameters, of: string): SharedPlace {
  const region = parameters.get(regionName);
  if (typeof region !== 'string') throw malformed(`'${regionName}' of '${shortName(of)}'`, 'a name', 'another');
  return { region, offset: sizeOf(parameters, offsetName, of), byteSize: sizeOf(parameters, sizeName, of) };
}

/** A copy of the bytes at a place. @throws what `SharedMemory.take` throws */
export function readPlace(memory: SharedMemory, { region, offset, byteSize }: SharedPlace): Buffer {
  const piece = memory.take(region, offset, byteSize);
  try {
    return Buffer.from(piece.read());
  } finally {
    piece.release();
  }
}

/** Puts a result at its place. @throws SHARED_MEMORY_TOO_SMALL, and what `SharedMemory.take` throws */
export function writePlace(memory: SharedMemory, place: SharedPlace, output: string, bytes: Uint8Array): void {
  const { region, offset, byteSize } = place;
  if (bytes.length > byteSize) {
    throw new GalerkinError('SHARED_MEMORY_TOO_SMALL', { output, got: byteSize, wanted: bytes.length });
  }
  const piece = memory.take(region, offset, byteSize);
  try {
    piece.write(bytes);
  } finally {
    piece.release();
  }
}

/** The parameters that say where an output was put. */
export const placeParameters = ({
  region,
  offset,
  byteSize,
}: SharedPlace): Readonly<Record<string, string | number>> => ({
  [regionName]: region,
  [sizeName]: byteSize,
  ...(offset === 0 ? {} : { [offsetName]: offset }),
});
