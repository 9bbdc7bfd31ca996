// Headers seen before: clients put the same JSON in front of other bytes again and again, so what was read of it is kept.

const maxHeaders = 64;
const maxHeaderBytes = 4096;

/** Values by the text that they were read from; the oldest go first, at most 64 headers of 4 KiB. */
export interface SeenHeaders<Value> {
  /** What was read of this text before; else what `read` makes of it, kept if `isLasting` says so. */
  recall(text: string, read: () => Value): Value;
  /** The value that `remember` was last given, if `bytes` are those that came with it: cheaper than any look-up. */
  latest(bytes: Uint8Array): Value | undefined;
  /** Bytes whose value lasts as a whole. Called when `latest` missed. */
  remember(bytes: Uint8Array, value: Value): void;
}

class Seen<Value> implements SeenHeaders<Value> {
  private readonly byText = new Map<string, Value>();
  private lastBytes: Buffer | undefined;
  private last: Value | undefined;
  constructor(private readonly isLasting: (value: Value) => boolean) {}

  recall(text: string, read: () => Value): Value {
    if (text.length > maxHeaderBytes) return read();
    const known = this.byText.get(text);
    if (known !== undefined) return known;
    const value = read();
    if (!this.isLasting(value)) return value;
    if (this.byText.size >= maxHeaders)
      for (const oldest of this.byText.keys()) {
        this.byText.delete(oldest);
        break;
      }
    this.byText.set(text, value);
    return value;
  }

  latest(bytes: Uint8Array): Value | undefined {
    return this.lastBytes?.length === bytes.length && this.lastBytes.equals(bytes) ? this.last : undefined;
  }

  remember(bytes: Uint8Array, value: Value): void {
    if (bytes.length > maxHeaderBytes || !this.isLasting(value)) return;
    this.lastBytes = Buffer.from(bytes);
    this.last = value;
  }
}

/** @param isLasting false for what will never come again */
export const seenHeaders = <Value>(isLasting: (value: Value) => boolean): SeenHeaders<Value> => new Seen(isLasting);
