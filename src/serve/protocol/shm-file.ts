// One object of POSIX shared memory, which on Linux is a file in /dev/shm: opened by a checked name, read and written within its size.
import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { GalerkinError } from '../../base/index.js';

/** Triton's Python backend talks through regions of this name; they are nobody else's. */
const reserved = 'triton_python_backend_shm_region_';

/** The file's name for a key such as '/input0_data'; undefined for keys that are no plain name. */
export function shmFileName(key: string): string | undefined {
  const name = key.startsWith('/') ? key.slice(1) : key;
  const isPlain = name.length > 0 && Buffer.byteLength(name) <= 255 && !name.includes('/') && !name.includes('\0');
  return isPlain && name !== '.' && name !== '..' && !name.startsWith(reserved) ? name : undefined;
}

export interface ShmFile {
  /** Bytes that the memory has now; its owner may have changed that. */
  size(): number;
  /** Fills `target` from `offset` on; false if the memory ends before. */
  read(target: Uint8Array, offset: number): boolean;
  write(bytes: Uint8Array, offset: number): boolean;
  close(): void;
}

function transfer(step: (done: number) => number, length: number): boolean {
  for (let done = 0; done < length; ) {
    const moved = step(done);
    if (moved === 0) return false;
    done += moved;
  }
  return true;
}

/**
 * Opens the memory behind `key`. Links are not followed, and nothing but a plain file is opened.
 * @throws SHARED_MEMORY_REFUSED, in words that tell nothing of other files
 */
export function openShmFile(folder: string, name: string, key: string): ShmFile {
  const file = shmFileName(key);
  const refused = (why: string, cause?: unknown): GalerkinError<'SHARED_MEMORY_REFUSED'> =>
    new GalerkinError('SHARED_MEMORY_REFUSED', { name, why }, { cause });
  if (file === undefined) throw refused(`Invalid shared memory key: wanted a plain name, got '${key.slice(0, 80)}'`);
  let descriptor: number;
  try {
    // Without waiting: a pipe of that name must not hold the server up.
    descriptor = openSync(join(folder, file), constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    throw refused(`Unable to open shared memory region: '${key.slice(0, 80)}'`, cause);
  }
  if (!fstatSync(descriptor).isFile()) {
    closeSync(descriptor);
    throw refused(`Unable to open shared memory region: '${key.slice(0, 80)}'`);
  }
  return {
    size: () => fstatSync(descriptor).size,
    read: (target, offset) =>
      transfer(done => readSync(descriptor, target, done, target.length - done, offset + done), target.length),
    write: (bytes, offset) =>
      transfer(done => writeSync(descriptor, bytes, done, bytes.length - done, offset + done), bytes.length),
    close: () => closeSync(descriptor),
  };
}
