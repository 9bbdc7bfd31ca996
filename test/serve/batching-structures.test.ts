// The pieces below the batcher, against plain arrays: the heap of deadlines, the list, the ring, blocks of memory, resources.
import { manualClock, seededRandom } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import { BufferShelf } from '../../dist/serve/batching/buffer-shelf.js';
import { Deadlines } from '../../dist/serve/batching/deadlines.js';
import { plainForm } from '../../dist/serve/batching/form.js';
import { LinkedList } from '../../dist/serve/batching/linked-list.js';
import { type ResourceUser, resourceLimiter } from '../../dist/serve/batching/resource-limiter.js';
import { Ring } from '../../dist/serve/batching/ring.js';
import { Waiting } from '../../dist/serve/batching/waiting.js';
import { newStageTimes } from '../../dist/serve/engine/scheduler.js';
import { plainTerms } from '../../dist/serve/engine/terms.js';

const nothing = (): undefined => undefined;
const waiting = (): Waiting =>
  new Waiting({
    work: { inputs: {}, items: 1, bytes: 0, guard: 'none', terms: plainTerms, times: newStageTimes(0) },
    form: plainForm,
    level: 0,
    owner: { cancel: nothing },
    resolve: nothing,
    reject: nothing,
  });

describe('deadlines', () => {
  test('expire in order, each at its moment, whatever was taken out before; 2000 random ones', () => {
    const random = seededRandom(6);
    const clock = manualClock();
    const expired: [number, number][] = [];
    const deadlines = new Deadlines({
      clock,
      timers: clock,
      expire: each => expired.push([each.deadlineMs, clock.monotonic()]),
    });
    const expected: number[] = [];
    for (let k = 0; k < 2000; k++) {
      const each = waiting();
      each.deadlineMs = 1 + random.integer(500);
      deadlines.add(each);
      if (random.uniform() < 0.6) deadlines.remove(each);
      else expected.push(each.deadlineMs);
      if (random.uniform() < 0.1) deadlines.remove(each);
    }
    const before = expected.length;
    clock.advance(600);
    expect(expired.length).toBeGreaterThan(before * 0.8);
    expect(expired.map(([dueMs]) => dueMs)).toEqual(expired.map(([dueMs]) => dueMs).toSorted((a, b) => a - b));
    expect(expired.every(([dueMs, atMs]) => dueMs === atMs)).toBe(true);
  });

  test('that come in order set one timer, not one each', () => {
    const clock = manualClock();
    let timers = 0;
    const counting = {
      after: (delayMs: number, run: () => void) => {
        timers++;
        return clock.after(delayMs, run);
      },
    };
    const deadlines = new Deadlines({ clock, timers: counting, expire: nothing });
    for (let k = 0; k < 1000; k++) {
      const each = waiting();
      each.deadlineMs = 100 + k;
      deadlines.add(each);
    }
    expect(timers).toBe(1);
  });
});

test('a linked list gives up any member and keeps the order of the others', () => {
  const random = seededRandom(8);
  const list = new LinkedList<Waiting>(0);
  let model: Waiting[] = [];
  for (let k = 0; k < 3000; k++) {
    if (random.uniform() < 0.55) {
      const each = waiting();
      list.push(each);
      model.push(each);
    } else if (model.length > 0) {
      const each = model[random.integer(model.length)];
      if (each !== undefined) list.remove(each);
      model = model.filter(other => other !== each);
    }
  }
  const found: Waiting[] = [];
  for (let each = list.first; each !== undefined; each = each.next) found.push(each);
  expect([found.length, list.length]).toEqual([model.length, model.length]);
  expect(found.every((each, k) => each === model[k])).toBe(true);
});

test('a ring is a queue, however it wraps and grows', () => {
  const random = seededRandom(3);
  const ring = new Ring<number>(4);
  const model: number[] = [];
  for (let k = 0; k < 5000; k++) {
    if (random.uniform() < 0.52) {
      ring.push(k);
      model.push(k);
    } else expect(ring.shift()).toBe(model.shift());
    expect([ring.first, ring.length]).toEqual([model[0], model.length]);
  }
});

test('memory on the shelf is given out once, by exact size, and what moved to a thread is not kept', () => {
  const shelf = new BufferShelf();
  const buffer = shelf.take(8192);
  shelf.give(buffer);
  expect([shelf.take(4096) === buffer, shelf.take(8192) === buffer, shelf.take(8192) === buffer]).toEqual([
    false,
    true,
    false,
  ]);
  structuredClone(buffer, { transfer: [buffer] });
  shelf.give(buffer);
  expect(shelf.take(8192).byteLength).toBe(8192);
});

describe('resources', () => {
  const user = (name: string, needs: Record<string, number>, log: string[], priority = 1): ResourceUser => ({
    needs,
    priority,
    granted: () => log.push(name),
  });

  test('are held by no more than there is, whatever comes and goes', () => {
    const random = seededRandom(2);
    const limiter = resourceLimiter(new Map([['R', 5]]));
    const holding = new Set<ResourceUser>();
    const users = Array.from({ length: 6 }, (_, k): ResourceUser => {
      const each: ResourceUser = {
        needs: { R: 1 + (k % 3) },
        priority: 1 + (k % 2),
        granted: () => holding.add(each),
      };
      return each;
    });
    const held = (): number => [...holding].reduce((sum, { needs }) => sum + (needs.R ?? 0), 0);
    const turns = new Map(users.map(each => [each, 0]));
    for (let k = 0; k < 3000; k++) {
      const each = users[random.integer(users.length)];
      if (each === undefined) continue;
      if (holding.has(each)) {
        turns.set(each, (turns.get(each) ?? 0) + 1);
        holding.delete(each);
        limiter.release(each);
      } else limiter.request(each);
      expect(held()).toBeLessThanOrEqual(5);
      expect(limiter.free().get('R')).toBe(5 - held());
    }
    expect(Math.min(...turns.values())).toBeGreaterThan(50);
  });

  test('are taken all at once or not at all, and a small need does not overtake a large one for ever', () => {
    const log: string[] = [];
    const limiter = resourceLimiter(new Map([['R', 2]]));
    const [small, other, large] = [
      user('small', { R: 1 }, log),
      user('other', { R: 1 }, log),
      user('large', { R: 2 }, log),
    ];
    limiter.request(small);
    limiter.request(large);
    limiter.request(other);
    expect([log, limiter.waiting]).toEqual([['small'], 2]);
    limiter.release(small);
    limiter.request(small);
    expect(log).toEqual(['small', 'large']);
    limiter.release(large);
    expect(log).toEqual(['small', 'large', 'other', 'small']);
  });

  test('go to instances of priority 1 twice as often as to one of priority 2', () => {
    const log: string[] = [];
    const limiter = resourceLimiter(new Map([['R', 1]]));
    const users = new Map(
      [1, 1, 2].map((priority, k): [string, ResourceUser] => [String(k), user(String(k), { R: 1 }, log, priority)]),
    );
    for (const each of users.values()) limiter.request(each);
    for (let k = 0; k < 500; k++) {
      const holder = users.get(log.at(-1) ?? '');
      if (holder === undefined) throw new Error('nobody holds the resource');
      limiter.release(holder);
      limiter.request(holder);
    }
    const turns = ['0', '1', '2'].map(name => log.filter(each => each === name).length);
    expect(turns.map(count => Math.round(count / 100))).toEqual([2, 2, 1]);
  });

  test('are as many as the most demanding instance needs, unless stated; what could never run is refused', () => {
    const limiter = resourceLimiter(new Map([['R', 4]]));
    limiter.expect({ R: 2, S: 1 });
    limiter.expect({ S: 3 });
    expect([...limiter.free()]).toEqual([
      ['R', 4],
      ['S', 3],
    ]);
    expect(() => limiter.expect({ R: 5 })).toThrow("'R': an instance needs 5");
  });
});
