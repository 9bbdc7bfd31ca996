// An arena: memory taken in slabs, handed out in aligned pieces and joined again, so that steady work asks the system for nothing.

/** Pieces begin at multiples of this: a cache line, and more than any vector instruction wants. */
const alignment = 64;
/** Slabs are no smaller than this; a larger piece gets a slab of its own size. */
const slabBytes = 4 * 2 ** 20;

interface Span {
  start: number;
  end: number;
}

interface Slab {
  readonly buffer: ArrayBuffer;
  /** Free spans in order of their places; neighbours never touch. */
  readonly free: Span[];
}

/** A piece of memory that the arena handed out. */
export interface Piece {
  readonly buffer: ArrayBuffer;
  readonly byteOffset: number;
  readonly byteLength: number;
}

export interface ArenaFigures {
  /** Bytes of all slabs. */
  readonly heldBytes: number;
  readonly usedBytes: number;
  /** Part of the free memory that lies apart from the largest free span of its slab: 0 in one piece, near 1 in crumbs. */
  readonly fragmentation: number;
  readonly slabs: number;
}

export class Arena {
  #heldBytes = 0;
  #usedBytes = 0;
  readonly #slabs: Slab[] = [];
  /** Size of each piece that is out, by its slab and place. */
  readonly #out = new Map<ArrayBuffer, Map<number, number>>();

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** The tightest free span that fits, without asking the system for more; undefined if none does. */
  take(byteLength: number): Piece | undefined {
    const size = Math.max(alignment, Math.ceil(byteLength / alignment) * alignment);
    let best: { slab: Slab; at: number; rest: number } | undefined;
    for (const slab of this.#slabs) {
      for (let at = 0; at < slab.free.length; at++) {
        const span = slab.free[at];
        const rest = span === undefined ? -1 : span.end - span.start - size;
        if (rest >= 0 && (best === undefined || rest < best.rest)) best = { slab, at, rest };
      }
    }
    const span = best?.slab.free[best.at];
    if (best === undefined || span === undefined) return undefined;
    const byteOffset = span.start;
    span.start += size;
    if (best.rest === 0) best.slab.free.splice(best.at, 1);
    const { buffer } = best.slab;
    this.#out.get(buffer)?.set(byteOffset, size);
    this.#usedBytes += size;
    return { buffer, byteOffset, byteLength };
  }

  /** Bytes that a new slab for such a piece would take. */
  slabFor(byteLength: number): number {
    return Math.max(slabBytes, Math.ceil(byteLength / alignment) * alignment);
  }

  /** Takes a new slab from the system. */
  grow(byteLength: number): void {
    const { buffer } = Buffer.allocUnsafeSlow(this.slabFor(byteLength));
    if (!(buffer instanceof ArrayBuffer)) return;
    this.#slabs.push({ buffer, free: [{ start: 0, end: buffer.byteLength }] });
    this.#out.set(buffer, new Map());
    this.#heldBytes += buffer.byteLength;
  }

  /** Takes a piece back. False for memory that is not out: never handed out, or given back before. */
  give(buffer: ArrayBufferLike, byteOffset: number): boolean {
    const slab = this.#slabs.find(one => one.buffer === buffer);
    const out = slab && this.#out.get(slab.buffer);
    const size = out?.get(byteOffset);
    if (slab === undefined || out === undefined || size === undefined) return false;
    out.delete(byteOffset);
    this.#usedBytes -= size;
    const at = slab.free.findIndex(span => span.start > byteOffset);
    const place = at < 0 ? slab.free.length : at;
    const [before, after] = [slab.free[place - 1], slab.free[place]];
    const end = byteOffset + size;
    const joinsBefore = before?.end === byteOffset;
    const joinsAfter = after?.start === end;
    if (before !== undefined && joinsBefore) {
      before.end = joinsAfter && after !== undefined ? after.end : end;
      if (joinsAfter) slab.free.splice(place, 1);
    } else if (after !== undefined && joinsAfter) after.start = byteOffset;
    else slab.free.splice(place, 0, { start: byteOffset, end });
    return true;
  }

  /**
   * Gives slabs of which nothing is out back to the system, the largest first; returns their bytes. What `keepBytes` need stays, unless
   * it is one slab of more than twice that: a new one of the right size is then made when it is wanted.
   */
  collect(keepBytes: number): number {
    let freed = 0;
    const bySize = [...this.#slabs].sort((a, b) => b.buffer.byteLength - a.buffer.byteLength);
    for (const slab of bySize) {
      const { byteLength } = slab.buffer;
      const isNeeded = this.#heldBytes - byteLength < keepBytes && byteLength <= 2 * this.slabFor(keepBytes);
      if (this.#out.get(slab.buffer)?.size !== 0 || (isNeeded && keepBytes > 0)) continue;
      this.#heldBytes -= slab.buffer.byteLength;
      this.#slabs.splice(this.#slabs.indexOf(slab), 1);
      this.#out.delete(slab.buffer);
      freed += slab.buffer.byteLength;
    }
    return freed;
  }

  figures(): ArenaFigures {
    let [freeBytes, togetherBytes] = [0, 0];
    for (const { free } of this.#slabs) {
      let largest = 0;
      for (const { start, end } of free) {
        freeBytes += end - start;
        largest = Math.max(largest, end - start);
      }
      togetherBytes += largest;
    }
    const fragmentation = freeBytes === 0 ? 0 : 1 - togetherBytes / freeBytes;
    return { heldBytes: this.#heldBytes, usedBytes: this.#usedBytes, fragmentation, slabs: this.#slabs.length };
  }
}
