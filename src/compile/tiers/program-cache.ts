// Compiled programs in memory, least recently used out first, with the disk behind.
import type { Clock } from '../../base/index.js';
import type { CompiledProgram } from './compiled-program.js';
import { DiskShelf } from './disk-shelf.js';

export interface CacheLimits {
  /** Folder of the disk cache; '' keeps programs in memory only. */
  readonly folder: string;
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

export type CacheAnswer = 'memory' | 'disk' | 'miss';

const sizeOf = ({ bytes, optimized }: CompiledProgram): number => bytes.byteLength + (optimized?.byteLength ?? 0);

export class ProgramCache {
  readonly #programs = new Map<string, CompiledProgram>();
  readonly #disk: DiskShelf | undefined;
  readonly #limitBytes: number;
  #bytes = 0;

  constructor({ folder, memoryBytes, diskBytes }: CacheLimits, clock: Clock) {
    this.#limitBytes = memoryBytes;
    this.#disk = folder === '' ? undefined : new DiskShelf(folder, diskBytes, clock);
  }

  async get(key: string): Promise<{ readonly from: CacheAnswer; readonly program?: CompiledProgram }> {
    const known = this.#programs.get(key);
    if (known !== undefined) {
      this.#keep(key, known);
      return { from: 'memory', program: known };
    }
    const read = await this.#disk?.get(key);
    if (read === undefined) return { from: 'miss' };
    this.#keep(key, read);
    return { from: 'disk', program: read };
  }

  /** Keeps a program; on disk as well where there is a folder. */
  async put(key: string, program: CompiledProgram): Promise<void> {
    this.#keep(key, program);
    await this.#disk?.put(key, program);
  }

  #keep(key: string, program: CompiledProgram): void {
    this.#drop(key);
    this.#programs.set(key, program);
    this.#bytes += sizeOf(program);
    for (const oldest of this.#programs.keys()) {
      if (this.#bytes <= this.#limitBytes) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const known = this.#programs.get(key);
    if (known !== undefined) this.#bytes -= sizeOf(known);
    this.#programs.delete(key);
  }
}
