// Bytes that are looked at here and there: an array in memory, or a file of which only the parts asked for are read.
import { readSync } from 'node:fs';

export interface ByteSource {
  readonly size: number;
  /** The byte at an offset below `size`. */
  byteAt(offset: number): number;
  /** Bytes from `start` to `end`, which are within the source. Not to be written to or kept. */
  bytes(start: number, end: number): Uint8Array;
}

export const sourceOf = (content: Uint8Array): ByteSource => ({
  size: content.length,
  byteAt: offset => content[offset] ?? 0,
  bytes: (start, end) => content.subarray(start, end),
});

const windowBytes = 2 ** 16;

/** A file that is open for reading, by its descriptor: blocks for each window of 64 KiB that is looked at. */
export function fileSource(descriptor: number, size: number): ByteSource {
  const window = new Uint8Array(windowBytes);
  let [from, until] = [0, 0];
  const load = (buffer: Uint8Array, offset: number): number => {
    let filled = 0;
    for (;;) {
      const read = readSync(descriptor, buffer, filled, buffer.length - filled, offset + filled);
      filled += read;
      if (read === 0 || filled === buffer.length) return filled;
    }
  };
  return {
    size,
    byteAt(offset) {
      if (offset < from || offset >= until) {
        from = offset;
        until = offset + load(window, offset);
      }
      return window[offset - from] ?? 0;
    },
    bytes(start, end) {
      const part = new Uint8Array(end - start);
      load(part, start);
      return part;
    },
  };
}
