// gRPC's length-prefixed messages, cut out of a stream of chunks: bounded, and never more memory than the bytes that came justify.
import { GalerkinError } from '../../base/index.js';
import { malformed } from './malformed.js';
import { prefixBytes } from './table-encode.js';

/** Messages up to this size get their buffer at once; longer ones get it as their bytes come. */
const trustedBytes = 128 * 1024;
const growth = 4;
/** Messages end at a multiple of this: so does the last raw tensor, which then needs no copy to be aligned. */
const alignment = 8;

export interface FramedMessage {
  readonly bytes: Buffer;
  readonly isCompressed: boolean;
}

/** What all calls of a server may hold together of messages that are not yet whole. */
export interface ByteBudget {
  heldBytes: number;
  readonly limitBytes: number;
}

export class MessageFramer {
  private readonly prefix = Buffer.allocUnsafe(prefixBytes);
  private prefixLength = 0;
  private target: Buffer | undefined;
  private wanted = 0;
  private received = 0;

  constructor(
    private readonly maxBytes: number,
    private readonly budget: ByteBudget,
  ) {}

  /** True between two messages. */
  get isBetween(): boolean {
    return this.prefixLength === 0;
  }

  /**
   * Takes a chunk and gives the messages that it completes to `deliver`.
   * @throws REQUEST_MALFORMED for a flag that is neither 0 nor 1; REQUEST_TOO_LARGE; OVERLOADED when all calls together hold too much
   */
  push(chunk: Buffer, deliver: (message: FramedMessage) => void): void {
    let at = 0;
    while (at < chunk.length || this.isEmptyMessage()) {
      if (this.prefixLength < prefixBytes) at = this.readPrefix(chunk, at);
      if (this.prefixLength < prefixBytes) return;
      const isWhole = this.target === undefined && chunk.length - at >= this.wanted;
      const message = isWhole ? chunk.subarray(at, at + this.wanted) : this.take(chunk.subarray(at));
      at += isWhole ? this.wanted : this.lastTaken;
      if (message === undefined) continue;
      this.prefixLength = 0;
      deliver({ bytes: message, isCompressed: this.prefix[0] === 1 });
    }
  }

  /** Gives back what it holds. */
  close(): void {
    this.budget.heldBytes -= this.target?.length ?? 0;
    this.target = undefined;
  }

  private lastTaken = 0;

  private isEmptyMessage(): boolean {
    return this.prefixLength === prefixBytes && this.wanted === 0;
  }

  private readPrefix(chunk: Buffer, start: number): number {
    let at = start;
    while (at < chunk.length && this.prefixLength < prefixBytes) this.prefix[this.prefixLength++] = chunk[at++] ?? 0;
    if (this.prefixLength < prefixBytes) return at;
    const flag = this.prefix[0] ?? 0;
    if (flag > 1) throw malformed('gRPC message', 'a compressed-flag of 0 or 1', String(flag));
    this.wanted = this.prefix.readUInt32BE(1);
    this.received = 0;
    if (this.wanted > this.maxBytes) {
      throw new GalerkinError('REQUEST_TOO_LARGE', { limitBytes: this.maxBytes, got: `${this.wanted} bytes` });
    }
    return at;
  }

  /** Takes what the message still wants. @returns the message once it is whole */
  private take(rest: Buffer): Buffer | undefined {
    this.lastTaken = Math.min(rest.length, this.wanted - this.received);
    const target = this.room(this.received + this.lastTaken);
    rest.copy(target, this.received, 0, this.lastTaken);
    this.received += this.lastTaken;
    if (this.received < this.wanted) return undefined;
    this.close();
    return target;
  }

  private room(bytes: number): Buffer {
    const { target, wanted } = this;
    if (target !== undefined && target.length >= bytes) return target;
    const size = Math.min(wanted, Math.max(trustedBytes, growth * bytes));
    const before = target?.length ?? 0;
    const byOthers = this.budget.heldBytes - before;
    // A message alone is always taken, however large: the budget shares memory, it is no bound on messages.
    if (byOthers > 0 && byOthers + size > this.budget.limitBytes) {
      throw new GalerkinError('OVERLOADED', {
        what: 'requests that are still coming in fill the memory meant for them',
        retryAfterMs: 1000,
      });
    }
    const pad = (alignment - (wanted % alignment)) % alignment;
    const larger = Buffer.allocUnsafeSlow(pad + size).subarray(pad);
    target?.copy(larger, 0, 0, this.received);
    this.budget.heldBytes += size - before;
    this.target = larger;
    return larger;
  }
}
