// Protobuf's wire format, read by hand from bytes in memory: nothing is copied, and every length is held against the end.
import { isUtf8 } from 'node:buffer';
import { malformed } from './malformed.js';

const message = 'protobuf message';
const cut = () => malformed(message, 'a whole message', 'one that is cut');

/** Groups inside groups that are skipped before the message is refused. */
const maxGroupDepth = 64;
const two32 = 2 ** 32;

/** Tag of a field: its number and its wire type (0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes). */
export const tagOf = (field: number, wireType: 0 | 1 | 2 | 5): number => ((field << 3) | wireType) >>> 0;

/**
 * Reads fields one after another. A message inside is read between `enter` and `leave`, with the same reader.
 * Every method throws REQUEST_MALFORMED when the bytes end too early or are not of the format.
 */
export class WireReader {
  /** The varint read last, as two unsigned halves. */
  private lo = 0;
  private hi = 0;

  constructor(
    private readonly bytes: Buffer,
    private at = 0,
    private end = bytes.length,
  ) {}

  get isDone(): boolean {
    return this.at >= this.end;
  }

  /** The next field's tag; 0 at the end of the message. */
  tag(): number {
    if (this.at >= this.end) return 0;
    this.varint();
    if (this.hi !== 0 || this.lo < 8) throw malformed(message, 'a field number from 1', 'another');
    return this.lo;
  }

  /** Goes into the message whose length comes next. @returns what `leave` wants back */
  enter(): number {
    const outer = this.end;
    const length = this.length();
    this.end = this.at + length;
    return outer;
  }

  leave(outer: number): void {
    this.at = this.end;
    this.end = outer;
  }

  bool(): boolean {
    this.varint();
    return this.lo !== 0 || this.hi !== 0;
  }

  int32(): number {
    this.varint();
    return this.lo | 0;
  }

  uint32(): number {
    this.varint();
    return this.lo;
  }

  /** A number where it is exact, else a bigint. */
  int64(): number | bigint {
    this.varint();
    const value = (this.hi | 0) * two32 + this.lo;
    return Number.isSafeInteger(value) ? value : (BigInt(this.hi | 0) << 32n) | BigInt(this.lo);
  }

  /** A number where it is exact, else a bigint. */
  uint64(): number | bigint {
    this.varint();
    const value = this.hi * two32 + this.lo;
    return Number.isSafeInteger(value) ? value : (BigInt(this.hi) << 32n) | BigInt(this.lo);
  }

  /** The nearest number; exact up to 2^53. */
  int64Near(): number {
    this.varint();
    return (this.hi | 0) * two32 + this.lo;
  }

  double(): number {
    return this.bytes.readDoubleLE(this.step(8));
  }

  float(): number {
    return this.bytes.readFloatLE(this.step(4));
  }

  /** A view of the bytes of a length-delimited field. */
  view(): Buffer {
    const start = this.step(this.length());
    return this.bytes.subarray(start, this.at);
  }

  string(): string {
    const start = this.step(this.length());
    if (start === this.at) return '';
    const text = this.bytes.toString('utf8', start, this.at);
    if (text.includes('\ufffd') && !isUtf8(this.bytes.subarray(start, this.at))) {
      throw malformed(message, 'strings in UTF-8', 'other bytes');
    }
    return text;
  }

  /** Passes over a field that nobody reads. */
  skip(tag: number): void {
    let depth = 0;
    let current = tag;
    for (;;) {
      const wireType = current & 7;
      if (wireType === 3 && ++depth > maxGroupDepth) throw malformed(message, 'shallow groups', 'deep ones');
      if (wireType === 4 && --depth < 0) throw malformed(message, 'groups that begin', 'the end of one that did not');
      this.skipValue(wireType);
      if (depth === 0) return;
      current = this.tag();
      if (current === 0) throw cut();
    }
  }

  private skipValue(wireType: number): void {
    if (wireType === 0) this.varint();
    else if (wireType === 1) this.step(8);
    else if (wireType === 2) this.step(this.length());
    else if (wireType === 5) this.step(4);
    else if (wireType > 5) throw malformed(message, 'wire types from 0 to 5', String(wireType));
  }

  /** Moves on by `count` bytes. @returns where they start */
  private step(count: number): number {
    const start = this.at;
    if (count > this.end - start) throw cut();
    this.at = start + count;
    return start;
  }

  private length(): number {
    this.varint();
    if (this.hi !== 0 || this.lo > this.end - this.at) throw cut();
    return this.lo;
  }

  private varint(): void {
    const { bytes, end } = this;
    let { at } = this;
    if (at >= end) throw cut();
    let byte = bytes[at++];
    let lo = byte & 0x7f;
    let hi = 0;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      if (shift > 63) throw malformed(message, 'varints of at most 10 bytes', 'a longer one');
      if (at >= end) throw cut();
      byte = bytes[at++];
      const bits = byte & 0x7f;
      if (shift < 28) lo |= bits << shift;
      else if (shift > 28) hi |= bits << (shift - 32);
      else {
        lo |= bits << 28;
        hi = bits >>> 4;
      }
    }
    this.at = at;
    this.lo = lo >>> 0;
    this.hi = hi >>> 0;
  }
}
