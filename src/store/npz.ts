// Named arrays in one file, as numpy.savez writes them: a zip archive of .npy members.
import { type Zippable, zipSync } from 'fflate';
import { GalerkinError } from '../base/index.js';
import { decodeNpy, encodeNpy } from './npy.js';
import type { NpzArray } from './npz-array.js';
import { readBytes } from './read-bytes.js';
import { writeFileAtomic } from './write-file-atomic.js';
import { readZip } from './zip-reader.js';

export interface EncodeNpzOptions {
  /** Deflate the members (slower, smaller). Default: stored, so that readers map them without work. */
  readonly deflate?: boolean;
}

export interface DecodeNpzOptions {
  /** What the arrays are called in errors, usually the path. */
  readonly name?: string;
  /** Largest size of all arrays together, in bytes; checked before anything is inflated. Default 1 GiB. */
  readonly budgetBytes?: number;
}

const suffix = '.npy';
const maxArchiveBytes = 0xfffffffe;
/** A private field of the zip header that only pads, so that the data of a stored member begins at a multiple of 64. */
const paddingField = 0x4c47;
/** The same bytes for the same arrays, whatever the day. */
const zipEpoch = new Date(1980, 0, 1);

function assertName(name: string): void {
  if (name === '' || name.includes('\0') || name.length > 1024) {
    throw new GalerkinError('NPZ_INVALID', {
      name: 'npz',
      wanted: 'array names of 1 to 1024 characters without NUL',
      got: JSON.stringify(name.slice(0, 40)),
    });
  }
}

/** Bytes of padding that put what follows `headerEnd` on a multiple of 64; the field itself takes 4. */
const paddingAfter = (headerEnd: number): number => (64 - ((headerEnd + 4) % 64)) % 64;

/**
 * The bytes of an .npz file, readable by `numpy.load`. The same arrays give the same bytes. Cost: two copies.
 * @throws NPZ_INVALID when a shape and its data disagree, or the whole exceeds 4 GiB.
 */
export function encodeNpz(
  arrays: Readonly<Record<string, NpzArray>>,
  { deflate = false }: EncodeNpzOptions = {},
): Uint8Array {
  const files: Zippable = {};
  let at = 0;
  for (const [name, array] of Object.entries(arrays)) {
    assertName(name);
    const bytes = encodeNpy(name, array);
    const headerEnd = at + 30 + new TextEncoder().encode(name + suffix).length;
    const padding = deflate ? 0 : paddingAfter(headerEnd);
    const extra = deflate ? {} : { [paddingField]: new Uint8Array(padding) };
    files[name + suffix] = [bytes, { level: deflate ? 6 : 0, mtime: zipEpoch, extra }];
    at = headerEnd + 4 + padding + bytes.length;
  }
  if (at > maxArchiveBytes) {
    throw new GalerkinError('NPZ_INVALID', { name: 'npz', wanted: 'less than 4 GiB in all', got: `${at} bytes` });
  }
  return zipSync(files);
}

/**
 * The arrays of an .npz file, stored or deflated, from here or from numpy. Stored arrays are views of `bytes` where
 * the alignment allows it (files from here: always), else one copy: do not write to `bytes` while they are in use.
 * @throws NPZ_INVALID for damaged archives, object arrays, Fortran order, big-endian data, and sizes over the budget.
 */
export function decodeNpz(
  bytes: Uint8Array,
  { name = 'npz', budgetBytes = 2 ** 30 }: DecodeNpzOptions = {},
): Record<string, NpzArray> {
  const entries = [...readZip(bytes, { name, budgetBytes })].map(([member, content]): [string, NpzArray] => {
    if (!member.endsWith(suffix)) {
      throw new GalerkinError('NPZ_INVALID', { name, wanted: `only ${suffix} members`, got: `'${member}'` });
    }
    return [member.slice(0, -suffix.length), decodeNpy(`${name}: ${member}`, content)];
  });
  return Object.fromEntries(entries);
}

/** Writes arrays to a file, atomically. @throws NPZ_INVALID, FILE_WRITE_FAILED */
export async function writeNpz(
  path: string,
  arrays: Readonly<Record<string, NpzArray>>,
  options: EncodeNpzOptions = {},
): Promise<void> {
  await writeFileAtomic(path, encodeNpz(arrays, options));
}

/** Reads the arrays of a file. @throws FILE_READ_FAILED, NPZ_INVALID */
export async function readNpz(path: string, options: DecodeNpzOptions = {}): Promise<Record<string, NpzArray>> {
  return decodeNpz(await readBytes(path), { name: path, ...options });
}
