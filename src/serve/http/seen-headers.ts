// Headers seen before: clients put the same JSON in front of other bytes again and again, so what was read of it is kept.

const maxHeaders = 64;
const maxHeaderBytes = 4096;

/** Values by the bytes that they were read from; the oldest go first, at most 64 headers of 4 KiB. */
export interface SeenHeaders<Value> {
  /** What was read of these bytes before; else what `read` makes of them, kept if `isLasting` says so. */
  recall(bytes: Uint8Array, read: () => Value): Value;
}

export function seenHeaders<Value>(isLasting: (value: Value) => boolean): SeenHeaders<Value> {
  const seen = new Map<string, Value>();
  return {
    recall(bytes, read) {
      if (bytes.length > maxHeaderBytes) return read();
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
      const known = seen.get(text);
      if (known !== undefined) return known;
      const value = read();
      if (!isLasting(value)) return value;
      if (seen.size >= maxHeaders)
        for (const oldest of seen.keys()) {
          seen.delete(oldest);
          break;
        }
      seen.set(text, value);
      return value;
    },
  };
}
