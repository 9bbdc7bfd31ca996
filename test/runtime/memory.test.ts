// The memory manager: a budget that holds, memory that is used again, and pieces that never overlap.
import { seededRandom } from 'galerkin/base';
import { type Lent, MemoryManager } from 'galerkin/runtime';
import { describe, expect, test } from 'vitest';

const mebibyte = 2 ** 20;

describe('tensors', () => {
  test('the same work over and over asks the system for memory once', () => {
    const memory = new MemoryManager();
    for (let round = 0; round < 1000; round++) {
      const tensors = [
        memory.acquire('FP32', [8, 64, 64]),
        memory.acquire('FP64', [33]),
        memory.acquire('INT64', [2, 5]),
      ];
      for (const tensor of tensors) memory.release(tensor);
    }
    const { acquired, grown, usedBytes } = memory.report();
    expect({ acquired, grown, usedBytes }).toEqual({ acquired: 3000, grown: 1, usedBytes: 0 });
  });

  test('pieces in use never overlap, align to 64 bytes, and keep what was written, whatever the order (4,000 random steps)', () => {
    const random = seededRandom(11);
    const memory = new MemoryManager({ budgetBytes: 256 * mebibyte });
    const live: { tensor: Lent<'FP32'>; mark: number }[] = [];
    for (let step = 0; step < 4000; step++) {
      if (live.length > 0 && random.uniform() < 0.48) {
        const [{ tensor, mark } = { tensor: undefined, mark: 0 }] = live.splice(random.integer(live.length), 1);
        if (tensor === undefined) continue;
        expect(tensor.data.every(value => value === mark)).toBe(true);
        memory.release(tensor);
      } else if (live.length < 60) {
        const tensor = memory.acquire('FP32', [1 + random.integer(random.integer(8) === 0 ? 300_000 : 500)]);
        expect(tensor.data.byteOffset % 64).toBe(0);
        live.push({ tensor, mark: step });
        tensor.data.fill(step);
      }
    }
    for (const { tensor } of live) memory.release(tensor);
    expect(memory.report()).toMatchObject({ usedBytes: 0, fragmentation: 0 });
  });

  test('fragmentation is the part of the free memory that lies in crumbs', () => {
    const memory = new MemoryManager({ collection: 'manual' });
    const tensors = Array.from({ length: 1024 }, () => memory.acquire('FP32', [1024]));
    expect(memory.report()).toMatchObject({ slabs: 1, fragmentation: 0, usedBytes: 4 * mebibyte });
    for (const tensor of tensors.filter((_, k) => k % 2 === 0)) memory.release(tensor);
    expect(memory.report().fragmentation).toBeCloseTo(1 - 1 / 512);
  });

  test('memory that recent work does not need goes back to the system; the steady rest stays', () => {
    const memory = new MemoryManager({ fragmentationThreshold: 0.25 });
    const large = memory.acquire('FP32', [16 * mebibyte]);
    memory.release(large);
    expect(memory.report().heldBytes).toBe(64 * mebibyte);
    for (let round = 0; round < 600; round++) memory.release(memory.acquire('FP32', [1000]));
    const { heldBytes, collectedBytes } = memory.report();
    expect({ heldBytes, collectedBytes }).toEqual({ heldBytes: 4 * mebibyte, collectedBytes: 64 * mebibyte });
  });

  test('eager gives empty slabs back at once, manual only when told', () => {
    for (const [collection, heldBytes] of [
      ['eager', 0],
      ['manual', 4 * mebibyte],
    ] as const) {
      const memory = new MemoryManager({ collection });
      memory.release(memory.acquire('UINT8', [10]));
      expect(memory.report().heldBytes).toBe(heldBytes);
      memory.collect();
      expect(memory.report().heldBytes).toBe(0);
    }
  });
});

describe('the budget', () => {
  test('is refused with who holds it, and nothing is taken', () => {
    const memory = new MemoryManager({ budgetBytes: 100 * mebibyte });
    const darcy = memory.reserve('darcy', 60 * mebibyte);
    expect(() => memory.reserve('burgers', 50 * mebibyte)).toThrow(
      expect.objectContaining({ code: 'MEMORY_BUDGET', message: expect.stringContaining('darcy: 62914560') }),
    );
    expect(() => memory.acquire('FP32', [20 * mebibyte])).toThrow(expect.objectContaining({ code: 'MEMORY_BUDGET' }));
    expect(memory.report()).toMatchObject({ reservedBytes: 60 * mebibyte, heldBytes: 0 });
    darcy.release();
    darcy.release();
    expect(memory.reserve('burgers', 100 * mebibyte).bytes).toBe(100 * mebibyte);
  });

  test.each([-1, 0.5, Number.NaN, Infinity])('reserve(%d) is no number of bytes', bytes => {
    expect(() => new MemoryManager().reserve('x', bytes)).toThrow(expect.objectContaining({ code: 'TENSOR_INVALID' }));
  });
});

describe('hostile use', () => {
  test('a tensor released twice, or of another origin, is refused and harms nothing', () => {
    const memory = new MemoryManager();
    const tensor = memory.acquire('FP32', [4]);
    memory.release(tensor);
    expect(() => memory.release(tensor)).toThrow(expect.objectContaining({ code: 'TENSOR_INVALID' }));
    expect(() => memory.release({ data: new Float32Array(4) })).toThrow(
      expect.objectContaining({ code: 'TENSOR_INVALID' }),
    );
  });

  test.each([[[-1]], [[1.5]], [[Number.NaN]], [[2 ** 40, 2 ** 40]]])('the shape %j is refused', shape => {
    expect(() => new MemoryManager().acquire('FP32', shape)).toThrow(
      expect.objectContaining({ code: 'TENSOR_INVALID' }),
    );
  });

  test('options out of range are all named at once', () => {
    expect(() => new MemoryManager({ budgetBytes: 0, fragmentationThreshold: 2 })).toThrow(
      /budgetBytes[\s\S]*fragmentationThreshold/,
    );
  });
});
