import { manualClock } from 'galerkin/base';
import { type CacheTier, guardedTier } from 'galerkin/store';
import { expect, test } from 'vitest';

/** A tier whose answers the test gives by hand. */
function handTier() {
  const asked: { resolve(bytes?: Uint8Array): void; reject(): void }[] = [];
  const told: string[] = [];
  let refuses = false;
  const answered = (): Promise<undefined> => (refuses ? Promise.reject(new Error('down')) : Promise.resolve(undefined));
  const tier: CacheTier = {
    name: 'hand',
    get: () =>
      new Promise((resolve, reject) => {
        asked.push({ resolve, reject: () => reject(new Error('down')) });
      }),
    set: () => answered().then(() => true),
    delete: answered,
    invalidate: tag => (refuses ? answered() : answered().then(() => void told.push(tag))),
    onInvalidated: () => () => undefined,
    close: async () => undefined,
  };
  const refuse = (now: boolean): void => {
    refuses = now;
  };
  return { tier, asked, told, refuse };
}

function setUp() {
  const time = manualClock();
  const hand = handTier();
  return { time, ...hand, guarded: guardedTier(hand.tier, { timeoutMs: 20, clock: time, timers: time }) };
}

/** Lets everything that is due run. */
const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

async function failFiveTimes({ guarded, asked }: ReturnType<typeof setUp>): Promise<void> {
  for (let k = 0; k < 5; k++) {
    const read = guarded.get('k', []);
    asked.at(-1)?.reject();
    expect(await read).toBeUndefined();
  }
}

test('a value that comes in time is a hit; one that comes too late is a miss, when the time is over', async () => {
  const { time, guarded, asked } = setUp();
  const first = guarded.get('k', []);
  asked[0]?.resolve(Uint8Array.of(1));
  expect(await first).toEqual(Uint8Array.of(1));
  const second = guarded.get('k', []);
  time.advance(20);
  expect(await second).toBeUndefined();
  asked[1]?.resolve(Uint8Array.of(2));
  await settled();
  expect(guarded.counters).toMatchObject({ hits: 1, timeouts: 1, errors: 0, misses: 0 });
});

test('after five failures in a row it is left alone, then tried once, with longer and longer pauses', async () => {
  const set = setUp();
  const { time, guarded, asked } = set;
  await failFiveTimes(set);
  expect([guarded.isUp(), guarded.get('k', [])]).toEqual([false, undefined]);
  time.advance(1000);
  const probe = guarded.get('k', []);
  expect([probe !== undefined, guarded.get('k', [])]).toEqual([true, undefined]);
  asked.at(-1)?.reject();
  await probe;
  time.advance(1999);
  expect(guarded.get('k', [])).toBeUndefined();
  time.advance(1);
  const second = guarded.get('k', []);
  asked.at(-1)?.resolve();
  await second;
  expect(guarded.isUp()).toBe(true);
  expect(guarded.get('k', [])).toBeDefined();
  expect(guarded.counters).toMatchObject({ errors: 6, skipped: 3 });
});

test('a hundred that fail together count as one outage: the pause is the first one', async () => {
  const { time, guarded, asked } = setUp();
  const reads = Array.from({ length: 100 }, () => guarded.get('k', []));
  for (const each of asked) each.reject();
  await Promise.all(reads);
  time.advance(1000);
  expect(guarded.get('k', [])).toBeDefined();
});

test('an invalidation that the server did not hear is told again before the tier is used for that tag', async () => {
  const { guarded, asked, told, refuse } = setUp();
  refuse(true);
  await guarded.invalidate('model:a');
  refuse(false);
  expect(guarded.get('k', ['model:a'])).toBeUndefined();
  expect(guarded.get('k', ['model:b'])).toBeDefined();
  await settled();
  expect(told).toEqual(['model:a']);
  const again = guarded.get('k', ['model:a']);
  asked.at(-1)?.resolve(Uint8Array.of(3));
  expect(await again).toEqual(Uint8Array.of(3));
});

test('stores that fail are counted and hurt nobody, and more than 128 at once are left out', async () => {
  const { guarded, refuse } = setUp();
  for (let k = 0; k < 200; k++) guarded.set('k', Uint8Array.of(1), { tags: [] });
  await settled();
  expect(guarded.counters).toMatchObject({ sets: 128, skipped: 72 });
  refuse(true);
  guarded.set('k', Uint8Array.of(1), { tags: [] });
  guarded.delete('k');
  await settled();
  expect(guarded.counters).toMatchObject({ sets: 128, errors: 2 });
});
