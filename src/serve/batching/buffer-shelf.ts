// Memory for joined batches that is used again: batches of a busy model are mostly of one size.

const largestTotalBytes = 64 * 2 ** 20;
/** Below this, new memory costs less than looking for old. */
const smallestBytes = 4096;
const mostPerSize = 4;

export class BufferShelf {
  private readonly bySize = new Map<number, ArrayBuffer[]>();
  private bytes = 0;

  /** Memory of exactly that size, with whatever is in it: the caller fills all of it. */
  take(byteLength: number): ArrayBuffer {
    const kept = this.bySize.get(byteLength)?.pop();
    if (kept === undefined) return newMemory(byteLength);
    this.bytes -= byteLength;
    return kept;
  }

  /** Gives memory back; the caller must not look at it again. A buffer that moved to another thread is passed over. */
  give(buffer: ArrayBuffer): void {
    const { byteLength } = buffer;
    if (byteLength < smallestBytes || byteLength > largestTotalBytes) return;
    if (this.bytes + byteLength > largestTotalBytes) this.clear();
    let kept = this.bySize.get(byteLength);
    if (kept === undefined) {
      kept = [];
      this.bySize.set(byteLength, kept);
    }
    if (kept.length >= mostPerSize) return;
    kept.push(buffer);
    this.bytes += byteLength;
  }

  clear(): void {
    this.bySize.clear();
    this.bytes = 0;
  }
}

/** Node's slow buffers have memory of their own that nobody zeroes. */
function newMemory(byteLength: number): ArrayBuffer {
  if (byteLength < smallestBytes) return new ArrayBuffer(byteLength);
  const { buffer } = Buffer.allocUnsafeSlow(byteLength);
  return buffer instanceof ArrayBuffer ? buffer : new ArrayBuffer(byteLength);
}
