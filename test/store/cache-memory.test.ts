import { manualClock, seededRandom } from 'galerkin/base';
import { memoryTier } from 'galerkin/store';
import { describe, expect, test } from 'vitest';
import { entryBytes } from '../../dist/store/cache/memory.js';

const clock = manualClock();
const noTags = { tags: [] };

describe('the memory tier', () => {
  test('never holds more than its budget, and counts exactly what it holds, whatever is done to it', () => {
    const random = seededRandom(11);
    const budgetBytes = 100_000;
    const tier = memoryTier({ budgetBytes, maxEntryBytes: 20_000, clock });
    let mostBytes = 0;
    let faults = 0;
    const last = new Map<string, Uint8Array>();
    for (let step = 0; step < 20_000; step++) {
      const key = `k${Math.floor(random.uniform() * 300)}`;
      const action = random.uniform();
      if (action < 0.7) {
        const bytes = new Uint8Array(Math.floor(random.uniform() ** 4 * 25_000));
        if (tier.set(key, bytes, { tags: [`t${step % 7}`] }) !== bytes.length <= 20_000) faults += 1;
        last.set(key, bytes);
      } else if (action < 0.8) tier.delete(key);
      else if (action < 0.81) tier.invalidate(`t${step % 7}`);
      else if (![undefined, last.get(key)].includes(tier.get(key))) faults += 1;
      mostBytes = Math.max(mostBytes, tier.size.bytes);
    }
    expect(mostBytes).toBeLessThanOrEqual(budgetBytes);
    expect(mostBytes).toBeGreaterThan(budgetBytes / 2);
    expect(faults).toBe(0);
    let held = 0;
    for (const [key, bytes] of last) if (tier.get(key) === bytes) held += entryBytes(key, bytes);
    expect(tier.size.bytes).toBe(held);
    expect(tier.size.evictions).toBeGreaterThan(100);
  });

  test('drops the least recently used first', () => {
    const tier = memoryTier({ budgetBytes: 3 * entryBytes('a', new Uint8Array(1000)), maxEntryBytes: 2000, clock });
    for (const key of ['a', 'b', 'c']) tier.set(key, new Uint8Array(1000), noTags);
    tier.get('a');
    tier.set('d', new Uint8Array(1000), noTags);
    expect(['a', 'b', 'c', 'd'].map(key => tier.get(key) !== undefined)).toEqual([true, false, true, true]);
  });

  test('a tag drops its entries and no others, also after keys changed their tags', () => {
    const tier = memoryTier({ budgetBytes: 2 ** 20, clock });
    tier.set('a', new Uint8Array(1), { tags: ['x', 'y'] });
    tier.set('b', new Uint8Array(1), { tags: ['y'] });
    tier.set('c', new Uint8Array(1), { tags: ['x'] });
    tier.set('c', new Uint8Array(1), { tags: ['z'] });
    expect([tier.invalidate('x'), tier.invalidate('x'), tier.invalidate('unheard of')]).toEqual([1, 0, 0]);
    expect(['a', 'b', 'c'].map(key => tier.get(key) !== undefined)).toEqual([false, true, true]);
    expect(tier.invalidate('y')).toBe(1);
    tier.clear();
    expect(tier.size).toMatchObject({ entries: 0, bytes: 0 });
  });

  test('an entry ends with its time to live', () => {
    const hand = manualClock();
    const tier = memoryTier({ budgetBytes: 2 ** 20, ttlMs: 1000, clock: hand });
    tier.set('a', new Uint8Array(1), noTags);
    tier.set('b', new Uint8Array(1), { tags: [], ttlMs: 5000 });
    hand.advance(999);
    expect(tier.get('a')).toBeDefined();
    hand.advance(2);
    expect([tier.get('a'), tier.get('b')?.length]).toEqual([undefined, 1]);
    hand.advance(4000);
    expect(tier.get('b')).toBeUndefined();
  });

  test('a value counts with the whole buffer that it lies in', () => {
    const tier = memoryTier({ budgetBytes: 2 ** 20, maxEntryBytes: 1000, clock });
    expect(tier.set('a', new Uint8Array(new ArrayBuffer(5000), 0, 10), noTags)).toBe(false);
    expect(tier.size.entries).toBe(0);
  });

  test('without a budget it keeps nothing', () => {
    const tier = memoryTier({ budgetBytes: 0, clock });
    expect(tier.set('a', new Uint8Array(0), noTags)).toBe(false);
    expect(tier.get('a')).toBeUndefined();
  });
});
