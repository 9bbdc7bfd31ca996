// Protobuf's wire format, written into one growing buffer that is used again and again.

const startBytes = 1024;
const keptBytes = 256 * 1024;
const low7 = 0x7f;
const two32 = 2 ** 32;
const mask64 = (1n << 64n) - 1n;

/** Bytes that a varint below 2^53 takes. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** Writes the varint of a whole number from 0 to 2^53 - 1. @returns the place after it */
export function putVarint(target: Uint8Array, at: number, value: number): number {
  let rest = value;
  let place = at;
  while (rest >= 128) {
    target[place++] = (rest % 128) | 0x80;
    rest = rest < two32 ? rest >>> 7 : Math.floor(rest / 128);
  }
  target[place++] = rest;
  return place;
}

/** Tags are given as numbers, as `tagOf` makes them. Fields are written whether or not they say the default. */
export class WireWriter {
  private buffer = Buffer.allocUnsafeSlow(startBytes);
  private at = 0;

  /** Forgets all that was written, and gives back the memory of an unusually long message. */
  reset(): this {
    this.at = 0;
    if (this.buffer.length > keptBytes) this.buffer = Buffer.allocUnsafeSlow(startBytes);
    return this;
  }

  get length(): number {
    return this.at;
  }

  /** Copies what was written to `target`. @returns the place after it */
  copyTo(target: Uint8Array, place: number): number {
    this.buffer.copy(target, place, 0, this.at);
    return place + this.at;
  }

  varint(tag: number, value: number): void {
    this.room(20);
    this.at = putVarint(this.buffer, putVarint(this.buffer, this.at, tag), value);
  }

  /** A signed or unsigned 64-bit integer; negative ones take ten bytes, as the format has it. */
  int64(tag: number, value: number | bigint): void {
    if (typeof value === 'number' && value >= 0) this.varint(tag, value);
    else {
      this.room(20);
      this.at = putVarint(this.buffer, this.at, tag);
      this.bareInt64(value);
    }
  }

  /** A 64-bit integer without a tag, as packed lists hold them. */
  bareInt64(value: number | bigint): void {
    this.room(10);
    if (typeof value === 'number' && value >= 0) {
      this.at = putVarint(this.buffer, this.at, value);
      return;
    }
    let rest = BigInt(value) & mask64;
    while (rest > 127n) {
      this.buffer[this.at++] = Number(rest & 127n) | 0x80;
      rest >>= 7n;
    }
    this.buffer[this.at++] = Number(rest);
  }

  bool(tag: number, value: boolean): void {
    this.varint(tag, value ? 1 : 0);
  }

  double(tag: number, value: number): void {
    this.room(20);
    this.at = this.buffer.writeDoubleLE(value, putVarint(this.buffer, this.at, tag));
  }

  float(tag: number, value: number): void {
    this.room(20);
    this.at = this.buffer.writeFloatLE(value, putVarint(this.buffer, this.at, tag));
  }

  string(tag: number, text: string): void {
    this.room(20 + 3 * text.length);
    const start = putVarint(this.buffer, this.at, tag);
    let place = start + 1;
    for (let k = 0; k < text.length; k++) {
      const code = text.charCodeAt(k);
      if (code > low7 || k > 100) {
        const bytes = Buffer.byteLength(text);
        this.at = putVarint(this.buffer, start, bytes);
        this.at += this.buffer.write(text, this.at, 'utf8');
        return;
      }
      this.buffer[place++] = code;
    }
    this.buffer[start] = text.length;
    this.at = place;
  }

  bytes(tag: number, value: Uint8Array): void {
    this.room(20 + value.length);
    this.at = putVarint(this.buffer, putVarint(this.buffer, this.at, tag), value.length);
    this.buffer.set(value, this.at);
    this.at += value.length;
  }

  /** Opens a message or packed list inside. @returns what `close` wants back */
  open(tag: number): number {
    this.room(20);
    this.at = putVarint(this.buffer, this.at, tag);
    return ++this.at;
  }

  /** Ends what `open` began: its length goes before it, and what was written moves if that takes more than one byte. */
  close(start: number): void {
    const length = this.at - start;
    const more = varintBytes(length) - 1;
    if (more > 0) {
      this.room(more);
      this.buffer.copyWithin(start + more, start, this.at);
      this.at += more;
    }
    putVarint(this.buffer, start - 1, length);
  }

  private room(bytes: number): void {
    const wanted = this.at + bytes;
    if (wanted <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, 2 * this.buffer.length));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }
}
