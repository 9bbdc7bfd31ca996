// Regions of shared memory that clients on the same machine have registered: tensors are read from them and written to them in place of a body.
import { GalerkinError } from '../../base/index.js';
import { openShmFile, type ShmFile } from './shm-file.js';

/** As the protocol lists it. */
export interface RegionStatus {
  readonly name: string;
  readonly key: string;
  readonly offset: number;
  readonly byte_size: number;
}

export interface RegionPlace {
  readonly key: string;
  readonly offset: number;
  readonly byteSize: number;
}

/** A piece of a region that a request holds on to: unregistering waits until it is let go. */
export interface RegionPiece {
  readonly byteSize: number;
  /** A copy of its bytes, in a buffer of their own. @throws SHARED_MEMORY_RANGE if the memory has shrunk */
  read(): ArrayBuffer;
  /** Puts bytes at its beginning; the caller has checked that they fit. @throws SHARED_MEMORY_RANGE if the memory has shrunk */
  write(bytes: Uint8Array): void;
  /** Must be called once, whatever became of the request. */
  release(): void;
}

export interface SharedMemory {
  /** @throws SHARED_MEMORY_DISABLED, SHARED_MEMORY_EXISTS, SHARED_MEMORY_REFUSED */
  register(name: string, place: RegionPlace): void;
  /** The region of that name, or all. @throws SHARED_MEMORY_DISABLED, SHARED_MEMORY_UNKNOWN */
  status(name?: string): readonly RegionStatus[];
  /** Takes the region of that name away, or all; a name that nobody has is no error. @throws SHARED_MEMORY_DISABLED */
  unregister(name?: string): void;
  /** @throws SHARED_MEMORY_DISABLED, SHARED_MEMORY_UNKNOWN, SHARED_MEMORY_RANGE */
  take(name: string, offset: number, byteSize: number): RegionPiece;
  close(): void;
}

export interface SharedMemoryOptions {
  /** Off unless the server is told otherwise: whoever may register reads and writes this machine's shared memory. */
  readonly allowed: boolean;
  /** Where the system keeps shared memory; only Linux has it as files. */
  readonly folder?: string;
  /** Regions registered at once. */
  readonly maxRegions?: number;
}

interface Region extends RegionPlace {
  readonly name: string;
  readonly file: ShmFile;
  holders: number;
  isLeaving: boolean;
}

const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const maxNameLength = 255;

class Regions implements SharedMemory {
  private readonly regions = new Map<string, Region>();
  constructor(private readonly options: Required<SharedMemoryOptions>) {}

  register(name: string, place: RegionPlace): void {
    this.checkAllowed();
    if (this.regions.has(name)) throw new GalerkinError('SHARED_MEMORY_EXISTS', { name: name.slice(0, 80) });
    const refused = (why: string) => new GalerkinError('SHARED_MEMORY_REFUSED', { name: name.slice(0, 80), why });
    if (name.length > maxNameLength) throw refused(`wanted a name of at most ${maxNameLength} characters`);
    if (this.regions.size >= this.options.maxRegions)
      throw refused(`${this.options.maxRegions} regions are registered, and no more are taken`);
    const file = openShmFile(this.options.folder, name.slice(0, 80), place.key);
    const { offset, byteSize } = place;
    const size = file.size();
    if (!isSize(offset) || !isSize(byteSize) || offset + byteSize > size) {
      file.close();
      throw refused(`invalid args: offset ${offset} and byte_size ${byteSize} reach beyond the memory's end`);
    }
    this.regions.set(name, { name, ...place, file, holders: 0, isLeaving: false });
  }

  status(name?: string): readonly RegionStatus[] {
    this.checkAllowed();
    const listed = name === undefined ? [...this.regions.values()] : [this.find(name, 'system')];
    return listed.map(({ name: each, key, offset, byteSize }) => ({ name: each, key, offset, byte_size: byteSize }));
  }

  unregister(name?: string): void {
    this.checkAllowed();
    for (const region of name === undefined ? [...this.regions.values()] : [this.regions.get(name)]) {
      if (region !== undefined) this.leave(region);
    }
  }

  take(name: string, offset: number, byteSize: number): RegionPiece {
    this.checkAllowed();
    const region = this.find(name);
    const range = (what: 'offset' | 'offset + byte size', got: number) =>
      new GalerkinError('SHARED_MEMORY_RANGE', {
        name: name.slice(0, 80),
        what,
        got: String(got),
        bytes: region.byteSize,
      });
    if (!isSize(offset) || offset >= region.byteSize) throw range('offset', offset);
    if (!isSize(byteSize) || offset + byteSize > region.byteSize) throw range('offset + byte size', offset + byteSize);
    region.holders++;
    const at = region.offset + offset;
    let isHeld = true;
    return {
      byteSize,
      read: () => {
        const buffer = new ArrayBuffer(byteSize);
        if (!region.file.read(new Uint8Array(buffer), at)) throw range('offset + byte size', offset + byteSize);
        return buffer;
      },
      write: bytes => {
        // A write beyond the end would make the client's memory grow.
        const fits = bytes.length <= byteSize && at + bytes.length <= region.file.size();
        if (!fits || !region.file.write(bytes, at)) throw range('offset + byte size', offset + bytes.length);
      },
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        region.holders--;
        if (region.isLeaving && region.holders === 0) region.file.close();
      },
    };
  }

  close(): void {
    for (const region of [...this.regions.values()]) this.leave(region);
  }

  private leave(region: Region): void {
    this.regions.delete(region.name);
    region.isLeaving = true;
    if (region.holders === 0) region.file.close();
  }

  private find(name: string, kind?: 'system'): Region {
    const region = this.regions.get(name);
    if (region !== undefined) return region;
    throw new GalerkinError('SHARED_MEMORY_UNKNOWN', {
      name: name.slice(0, 80),
      ...(kind === undefined ? {} : { kind }),
    });
  }

  private checkAllowed(): void {
    if (!this.options.allowed) throw new GalerkinError('SHARED_MEMORY_DISABLED', {});
  }
}

/** The regions of one server, shared by its protocols. Reading and writing is one copy within memory, done at once. */
export function sharedMemory({ allowed, folder = '/dev/shm', maxRegions = 1024 }: SharedMemoryOptions): SharedMemory {
  return new Regions({ allowed, folder, maxRegions });
}
