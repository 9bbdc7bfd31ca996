// Writes numbers, texts and bytes one after another into a buffer that grows.

export function byteWriter() {
  let out = Buffer.allocUnsafe(512);
  let at = 0;
  const need = (bytes: number): void => {
    if (at + bytes <= out.length) return;
    const larger = Buffer.allocUnsafe(Math.max(at + bytes, out.length * 2));
    out.copy(larger, 0, 0, at);
    out = larger;
  };
  return {
    u8(value: number): void {
      need(1);
      at = out.writeUInt8(value, at);
    },
    u32(value: number): void {
      need(4);
      at = out.writeUInt32LE(value, at);
    },
    f64(value: number): void {
      need(8);
      at = out.writeDoubleLE(value, at);
    },
    /** UTF-8 after its length. */
    text(value: string): void {
      const bytes = Buffer.byteLength(value);
      need(4 + bytes);
      at = out.writeUInt32LE(bytes, at);
      at += out.write(value, at, bytes, 'utf8');
    },
    /** Bytes after their length. */
    bytes(value: Uint8Array): void {
      need(4 + value.length);
      at = out.writeUInt32LE(value.length, at);
      out.set(value, at);
      at += value.length;
    },
    /** What was written, copied into a buffer of its own size. */
    finish(): Uint8Array {
      const own = new Uint8Array(at);
      own.set(out.subarray(0, at));
      return own;
    },
  };
}

export type ByteWriter = ReturnType<typeof byteWriter>;
