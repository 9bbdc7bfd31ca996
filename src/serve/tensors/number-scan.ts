// Numbers read from the bytes of a JSON list straight into a typed array, bit for bit as JSON.parse and a copy would give them.
import { type NumberKernel, numberKernel } from './number-kernel.js';
import { outAt, textAt, textBytes } from './number-program.js';

const [openList, closeList, comma] = [0x5b, 0x5d, 0x2c];

/** White space of JSON. */
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** A number as JSON has it, or one of the tokens that Python writes for floats that are not finite. */
const numberForm = /^-?(?:(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|NaN|Infinity)$/;

/** A list on its way through the kernel's memory, a window at a time. */
class Scan {
  /** How many numbers have been read; `target` holds those that it has room for. */
  count = 0;
  private readonly kernel: NumberKernel = numberKernel();
  private readonly text: Uint8Array;
  private readonly out: Float64Array;
  private outEnd = outAt;
  /** The window: bytes [from, to) of the list. */
  private from = 0;
  private to = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly target: Float32Array | Float64Array,
  ) {
    this.text = new Uint8Array(this.kernel.memory, textAt, textBytes + 8);
    this.out = new Float64Array(this.kernel.memory, outAt, textBytes / 2 + 8);
  }

  /** Moves what has been read to where it belongs. */
  flush(): void {
    const read = (this.outEnd - outAt) / 8;
    const room = Math.max(0, Math.min(read, this.target.length - this.count));
    if (room > 0) this.target.set(this.out.subarray(0, room), this.count);
    this.count += read;
    this.outEnd = outAt;
  }

  private moveTo(at: number): void {
    this.flush();
    this.from = at;
    this.to = Math.min(this.bytes.length, at + textBytes);
    this.text.set(this.bytes.subarray(at, this.to));
    this.text.fill(0, this.to - at, this.to - at + 8);
  }

  /** Reads the numbers from `at` on; gives the place after the last one, or -2 - the place of another value after a comma, or -1 if there is none. */
  numbers(at: number): number {
    if (at >= this.to) this.moveTo(at);
    const end = this.kernel.run(textAt + at - this.from, this.outEnd, this.target instanceof Float32Array);
    this.outEnd = this.kernel.outEnd();
    if (end >= 0) return end - textAt + this.from;
    const start = -1 - end - textAt + this.from;
    // The window may have cut the number: it is read again from the beginning of the next one.
    if (start > this.from && this.to < this.bytes.length) {
      this.moveTo(start);
      return this.numbers(start);
    }
    const byte = this.bytes[start] ?? 0;
    return byte === openList || isSpace(byte) ? -2 - start : this.oneNumber(start);
  }

  /** The slow way, for numbers that take more care, or are none: gives the place after it, or -1. */
  private oneNumber(start: number): number {
    const { bytes } = this;
    let end = start;
    for (
      let byte = bytes[end];
      byte !== undefined && byte !== comma && byte !== closeList && !isSpace(byte);
      byte = bytes[end]
    )
      end++;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
    if (!numberForm.test(text)) return -1;
    this.flush();
    if (this.count < this.target.length) this.target[this.count] = Number(text);
    this.count++;
    return end;
  }
}

/**
 * Reads a flat or nested list of numbers, which takes up all of `bytes`, into `target`; values beyond its length are only counted.
 * Takes the numbers of JSON, and NaN, Infinity and -Infinity as Python writes them. About 15 ns a number.
 * @returns how many numbers there are, or -1 if `bytes` hold anything else: a slower reader may then say what is wrong
 */
export function scanNumbers(bytes: Uint8Array, target: Float32Array | Float64Array): number {
  const scan = new Scan(bytes, target);
  let depth = 0;
  let at = 0;
  for (;;) {
    while (isSpace(bytes[at] ?? 0)) at++;
    if (bytes[at] === openList) {
      depth++;
      at++;
      while (isSpace(bytes[at] ?? 0)) at++;
      if (bytes[at] !== closeList) continue;
    } else {
      if (depth === 0) return -1;
      const end = scan.numbers(at);
      if (end === -1) return -1;
      if (end < -1) {
        at = -2 - end;
        continue;
      }
      at = end;
    }
    let next = bytes[at++] ?? 0;
    for (; next === closeList || isSpace(next); next = bytes[at++] ?? 0) {
      if (next === closeList && --depth === 0) {
        scan.flush();
        return endsAt(bytes, at) ? scan.count : -1;
      }
    }
    if (next !== comma) return -1;
  }
}

/** True if only white space follows. */
function endsAt(bytes: Uint8Array, at: number): boolean {
  let end = at;
  while (isSpace(bytes[end] ?? 0)) end++;
  return end >= bytes.length;
}
