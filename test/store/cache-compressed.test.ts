import { randomBytes } from 'node:crypto';
import { seededRandom } from 'galerkin/base';
import { type CacheTier, compressedTier } from 'galerkin/store';
import { expect, test } from 'vitest';
import { shuffle, unshuffle } from '../../dist/store/cache/compressed.js';

function mapTier(): CacheTier & { readonly kept: Map<string, Uint8Array> } {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    name: 'map',
    get: async key => kept.get(key),
    set: async (key, bytes) => kept.set(key, bytes) === kept,
    delete: async key => void kept.delete(key),
    invalidate: async () => kept.clear(),
    onInvalidated: () => () => undefined,
    close: async () => undefined,
  };
}
const field = new Uint8Array(Float32Array.from({ length: 16_384 }, (_, k) => Math.sin(k / 300)).buffer);

test('shuffling is undone exactly, at every length', () => {
  for (let length = 0; length < 70; length++) {
    const bytes = randomBytes(length);
    expect(Buffer.compare(unshuffle(shuffle(bytes)), bytes)).toBe(0);
  }
});

test('smooth fields are stored smaller, noise and short values as they are', async () => {
  const tier = mapTier();
  const small = compressedTier(tier, { fromBytes: 1000, maxValueBytes: 2 ** 20 });
  await small.set('smooth', field, { tags: [] });
  await small.set('noise', randomBytes(5000), { tags: [] });
  await small.set('short', field.subarray(0, 900), { tags: [] });
  expect(tier.kept.get('smooth')?.length).toBeLessThan(field.length * 0.9);
  expect([tier.kept.get('noise')?.length, tier.kept.get('short')?.length]).toEqual([5001, 901]);
  expect(await small.get('smooth', [])).toEqual(field);
});

test('damaged values are misses or other bytes, never errors, and never larger than allowed', async () => {
  const tier = mapTier();
  const small = compressedTier(tier, { fromBytes: 1000, maxValueBytes: field.length });
  await small.set('k', field, { tags: [] });
  const good = tier.kept.get('k') ?? new Uint8Array();
  const random = seededRandom(9);
  for (let round = 0; round < 300; round++) {
    const bad = Uint8Array.from(good);
    for (let k = 0; k < 4; k++) bad[random.integer(bad.length)] = random.integer(256);
    tier.kept.set('k', bad.subarray(0, random.integer(bad.length + 1)));
    expect((await small.get('k', []))?.length ?? 0).toBeLessThanOrEqual(good.length + field.length);
  }
  const tight = compressedTier(tier, { fromBytes: 1000, maxValueBytes: 1000 });
  tier.kept.set('k', good);
  expect(await tight.get('k', [])).toBeUndefined();
});
