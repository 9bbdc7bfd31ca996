// Protobuf's wire format walked field by field without decoding: what is not looked at is stepped over unread.
import type { ByteSource } from './byte-source.js';

/** The bytes are no protobuf message of the kind that was expected. */
export class WireFault extends Error {}

export interface WireField {
  readonly number: number;
  /** The value of a varint; 0 for the other kinds. Exact up to 2^53. */
  readonly value: number;
  /** Where the bytes of a length-delimited field are; empty for the other kinds. */
  readonly start: number;
  readonly end: number;
  readonly isBytes: boolean;
}

const fixedBytes: readonly (number | undefined)[] = [undefined, 8, undefined, undefined, undefined, 4];

/** Walks over messages of a source. */
export class Wire {
  readonly #source: ByteSource;
  #at = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  get size(): number {
    return this.#source.size;
  }

  bytes({ start, end }: { readonly start: number; readonly end: number }): Uint8Array {
    return this.#source.bytes(start, end);
  }

  /** Calls `visit` for each field of the message that lies from `start` to `end`. */
  fields(start: number, end: number, visit: (field: WireField) => void): void {
    for (let at = start; at < end; ) {
      this.#at = at;
      const tag = this.#varint(end);
      const number = Math.floor(tag / 8);
      if (number === 0 || tag >= 2 ** 32) throw new WireFault('a field without a number');
      const wireType = tag % 8;
      const isBytes = wireType === 2;
      const value = isBytes || wireType === 0 ? this.#varint(end) : 0;
      const from = this.#at;
      const length = isBytes ? value : wireType === 0 ? 0 : fixedBytes[wireType];
      if (length === undefined) throw new WireFault(`a field of the unknown kind ${wireType}`);
      at = from + length;
      if (at > end) throw new WireFault('a field that is longer than its message');
      visit({ number, value: isBytes ? 0 : value, start: from, end: isBytes ? at : from, isBytes });
    }
  }

  #varint(end: number): number {
    let value = 0;
    let factor = 1;
    for (let count = 0; count < 10; count++) {
      if (this.#at >= end) throw new WireFault('an end in the middle of a number');
      const byte = this.#source.byteAt(this.#at++);
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
    throw new WireFault('a number of more than ten bytes');
  }
}
