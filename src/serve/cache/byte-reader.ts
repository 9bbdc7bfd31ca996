// Reads what a ByteWriter wrote, and gives up on anything else: it never reads beyond the end.

/** Thrown by a reader; the answer's decoder turns it into a miss. */
export class Unreadable extends Error {}

export function byteReader(source: Uint8Array) {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  let at = 0;
  const take = (count: number): number => {
    const from = at;
    if (count > bytes.length - from) throw new Unreadable('it ends too early');
    at += count;
    return from;
  };
  const length = (): number => bytes.readUInt32LE(take(4));
  return {
    u8: (): number => bytes.readUInt8(take(1)),
    u32: length,
    f64: (): number => bytes.readDoubleLE(take(8)),
    text(): string {
      const count = length();
      const from = take(count);
      return bytes.toString('utf8', from, from + count);
    },
    /** Not copied. */
    bytes(): Uint8Array {
      const count = length();
      const from = take(count);
      return bytes.subarray(from, from + count);
    },
    /** @throws Unreadable unless all was read. */
    finish(): void {
      if (at !== bytes.length) throw new Unreadable('it goes on after its end');
    },
  };
}

export type ByteReader = ReturnType<typeof byteReader>;
