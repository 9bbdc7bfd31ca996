// The memory manager: one budget for what models reserve and for the tensors of requests, which are used again and again.
import {
  choiceOption,
  type DType,
  dtypeBytes,
  elementCount,
  GalerkinError,
  integerOption,
  numberOption,
  optionSchema,
  resolveOptions,
  type TensorArrays,
} from '../../base/index.js';
import { Arena, type ArenaFigures, type Piece } from './arena.js';

/** Datatypes of fixed size. */
export type NumberType = Exclude<DType, 'BYTES'>;

export const memoryOptions = optionSchema({
  budgetBytes: integerOption({
    doc: 'Memory that reservations and tensors may take together.',
    unit: 'bytes',
    default: 2 ** 30,
    min: 1,
  }),
  fragmentationThreshold: numberOption({
    doc: 'Part of the memory held that recent work may leave unused before empty slabs are given back (strategy adaptive).',
    default: 0.25,
    min: 0,
    max: 1,
  }),
  collection: choiceOption(['adaptive', 'eager', 'manual'], {
    doc: 'When empty slabs go back to the system: once recent work does not need them, at once, or on collect() only.',
    default: 'adaptive',
  }),
});

export interface MemoryManagerOptions {
  /** Memory that reservations and tensors may take together, in bytes. @default 1 GiB */
  readonly budgetBytes?: number;
  /** Part of the memory held that recent work may leave unused, from 0 to 1. @default 0.25 */
  readonly fragmentationThreshold?: number;
  /** When empty slabs go back to the system. @default 'adaptive' */
  readonly collection?: 'adaptive' | 'eager' | 'manual';
}

/** Memory that somebody has a right to. */
export interface Reservation {
  readonly name: string;
  readonly bytes: number;
  /** Gives the right back; twice is fine. */
  release(): void;
}

export interface MemoryReport extends ArenaFigures {
  readonly budgetBytes: number;
  readonly reservedBytes: number;
  readonly reservations: readonly { readonly name: string; readonly bytes: number }[];
  /** Tensors handed out so far, */
  readonly acquired: number;
  /** of which so many needed a new slab from the system. */
  readonly grown: number;
  /** Bytes given back to the system so far. */
  readonly collectedBytes: number;
}

const arrayOver: { readonly [D in NumberType]: (piece: Piece, length: number) => TensorArrays[D] } = {
  BOOL: ({ buffer, byteOffset }, length) => new Uint8Array(buffer, byteOffset, length),
  UINT8: ({ buffer, byteOffset }, length) => new Uint8Array(buffer, byteOffset, length),
  UINT16: ({ buffer, byteOffset }, length) => new Uint16Array(buffer, byteOffset, length),
  UINT32: ({ buffer, byteOffset }, length) => new Uint32Array(buffer, byteOffset, length),
  UINT64: ({ buffer, byteOffset }, length) => new BigUint64Array(buffer, byteOffset, length),
  INT8: ({ buffer, byteOffset }, length) => new Int8Array(buffer, byteOffset, length),
  INT16: ({ buffer, byteOffset }, length) => new Int16Array(buffer, byteOffset, length),
  INT32: ({ buffer, byteOffset }, length) => new Int32Array(buffer, byteOffset, length),
  INT64: ({ buffer, byteOffset }, length) => new BigInt64Array(buffer, byteOffset, length),
  FP16: ({ buffer, byteOffset }, length) => new Uint16Array(buffer, byteOffset, length),
  BF16: ({ buffer, byteOffset }, length) => new Uint16Array(buffer, byteOffset, length),
  FP32: ({ buffer, byteOffset }, length) => new Float32Array(buffer, byteOffset, length),
  FP64: ({ buffer, byteOffset }, length) => new Float64Array(buffer, byteOffset, length),
};

/** A tensor of any fixed-size datatype, as the manager hands it out. */
export interface Lent<D extends NumberType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: TensorArrays[D];
}

/** Acquisitions that count as one epoch of work. */
const epochLength = 256;

export class MemoryManager {
  readonly #config: Required<MemoryManagerOptions>;
  readonly #arena = new Arena();
  readonly #reservations = new Set<Reservation>();
  /** Most bytes in use at once, in this epoch of acquisitions and in the one before. */
  readonly #peaks = { current: 0, before: 0 };
  #acquired = 0;
  #grown = 0;
  #collectedBytes = 0;

  /** @throws OPTIONS_INVALID */
  constructor(options: MemoryManagerOptions = {}) {
    this.#config = resolveOptions('MemoryManager', memoryOptions, options);
  }

  get #reservedBytes(): number {
    let sum = 0;
    for (const { bytes } of this.#reservations) sum += bytes;
    return sum;
  }

  /** @throws MEMORY_BUDGET unless so many bytes more fit. */
  #admit(name: string, bytes: number): void {
    const { budgetBytes } = this.#config;
    const heldBytes = this.#arena.heldBytes + this.#reservedBytes;
    if (heldBytes + bytes <= budgetBytes) return;
    const largest = [...this.#reservations].sort((a, b) => b.bytes - a.bytes).slice(0, 3);
    const holders = largest.map(one => `${one.name}: ${one.bytes}`);
    throw new GalerkinError('MEMORY_BUDGET', { name, bytes, heldBytes, budgetBytes, holders });
  }

  /**
   * Sets bytes aside for something with memory of its own: a session's weights and activations, as planMemory counts them.
   * @throws MEMORY_BUDGET with what holds the budget; nothing is set aside then.
   */
  reserve(name: string, bytes: number): Reservation {
    if (!(Number.isSafeInteger(bytes) && bytes >= 0)) {
      throw new GalerkinError('TENSOR_INVALID', { name, wanted: 'a whole number of bytes', got: `${bytes}` });
    }
    this.#admit(name, bytes);
    const reservation: Reservation = { name, bytes, release: () => void this.#reservations.delete(reservation) };
    this.#reservations.add(reservation);
    return reservation;
  }

  /**
   * A tensor of this shape, with whatever is in it: the caller fills all of it. It aligns to 64 bytes, and lives in memory that others
   * share: it must not be transferred to another thread.
   * @throws MEMORY_BUDGET, TENSOR_INVALID for sizes that are not whole.
   */
  acquire<D extends NumberType>(dtype: D, shape: readonly number[]): Lent<D> {
    const length = elementCount(shape);
    if (!shape.every(size => Number.isSafeInteger(size) && size >= 0) || !Number.isSafeInteger(length * 8)) {
      throw new GalerkinError('TENSOR_INVALID', { name: 'tensor', wanted: 'whole sizes', got: `[${shape}]` });
    }
    const byteLength = length * dtypeBytes[dtype];
    const piece = this.#arena.take(byteLength) ?? this.#newPiece(byteLength);
    this.#note();
    return { dtype, shape, data: arrayOver[dtype](piece, length) };
  }

  /** Remembers how much recent work needs. */
  #note(): void {
    const peaks = this.#peaks;
    if (this.#acquired++ % epochLength === 0) {
      peaks.before = peaks.current;
      peaks.current = 0;
    }
    peaks.current = Math.max(peaks.current, this.#arena.usedBytes);
  }

  #newPiece(byteLength: number): Piece {
    this.#admit('a tensor', this.#arena.slabFor(byteLength));
    this.#arena.grow(byteLength);
    this.#grown++;
    const piece = this.#arena.take(byteLength);
    if (piece === undefined) throw new GalerkinError('BUG', { what: 'a new slab does not hold what it was made for' });
    return piece;
  }

  /**
   * Takes a tensor back; nobody may look at it again.
   * @throws TENSOR_INVALID for one that is not out: of another origin, or given back before.
   */
  release({ data }: { readonly data: TensorArrays[NumberType] }): void {
    if (!this.#arena.give(data.buffer, data.byteOffset)) {
      const wanted = 'a tensor that acquire() gave and that was not released';
      throw new GalerkinError('TENSOR_INVALID', { name: 'tensor', wanted, got: 'another' });
    }
    const { collection, fragmentationThreshold } = this.#config;
    if (collection === 'eager') this.collect();
    if (collection !== 'adaptive') return;
    const neededBytes = Math.max(this.#peaks.current, this.#peaks.before);
    const { heldBytes } = this.#arena;
    if (heldBytes * (1 - fragmentationThreshold) > neededBytes) this.#collect(neededBytes);
  }

  /** Gives slabs of which nothing is out back to the system; returns their bytes. */
  collect(): number {
    return this.#collect(0);
  }

  #collect(keepBytes: number): number {
    const freed = this.#arena.collect(keepBytes);
    this.#collectedBytes += freed;
    return freed;
  }

  report(): MemoryReport {
    return {
      ...this.#arena.figures(),
      budgetBytes: this.#config.budgetBytes,
      reservedBytes: this.#reservedBytes,
      reservations: [...this.#reservations].map(({ name, bytes }) => ({ name, bytes })),
      acquired: this.#acquired,
      grown: this.#grown,
      collectedBytes: this.#collectedBytes,
    };
  }
}
