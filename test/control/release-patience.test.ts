// Calls to replicas in bounded time.
import { manualClock } from 'galerkin/base';
import { expect, test } from 'vitest';
import { patience } from '../../dist/control/release/patience.js';

test('work that throws at once is told as it is, and leaves no limit behind that fails later', async () => {
  const clock = manualClock();
  const bounded = patience({ timers: clock, limitMs: 100 });
  const broken = bounded('status', 'replica-1', () => {
    throw new TypeError('no such method');
  });
  await expect(broken).rejects.toThrow('no such method');
  clock.advance(10_000);
  // The name is free again.
  await expect(bounded('status', 'replica-1', async () => 'well')).resolves.toBe('well');
});

test('a call that hangs costs its limit once, and is not waited for again', async () => {
  const clock = manualClock();
  const bounded = patience({ timers: clock, limitMs: 100 });
  const hangs = bounded('status', 'replica-1', () => new Promise<never>(() => {}));
  clock.advance(100);
  await expect(hangs).rejects.toMatchObject({ code: 'REPLICA_UNREACHABLE' });
  await expect(bounded('status', 'replica-1', async () => 'well')).rejects.toThrow('still hangs');
  clock.advance(3_000);
  await expect(bounded('status', 'replica-1', async () => 'well')).resolves.toBe('well');
});
