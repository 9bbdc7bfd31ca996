import { GalerkinError, manualClock, seededRandom } from 'galerkin/base';
import { newStageTimes, plainTerms } from 'galerkin/serve';
import { describe, expect, test } from 'vitest';
import { admission, type Leave } from '../../dist/serve/admission/admission.js';
import { withBreaker } from '../../dist/serve/admission/circuit-breaker.js';
import { fairQueue } from '../../dist/serve/admission/fair-queue.js';
import { fixedLimit, gradientLimit } from '../../dist/serve/admission/gradient-limit.js';

const door = (limit: number, more: { budgetBytes?: number; maxWaiting?: number } = {}) => {
  const clock = manualClock();
  const options = { budgetBytes: 1000, maxWaiting: 4, maxWaitMs: 100, ...more };
  return { clock, door: admission({ limit: fixedLimit(limit), clock, timers: clock, ...options }) };
};
const from = (tenant: string, bytes = 1) => ({ tenant, bytes });
const atOnce = (entered: Leave | Promise<Leave>): Leave => {
  if (entered instanceof Promise) throw new Error('it waits');
  return entered;
};

describe('the door', () => {
  test('lets in up to its limit without a promise, and the next when one has left', async () => {
    const { door: it } = door(2);
    const first = atOnce(it.enter(from('a')));
    atOnce(it.enter(from('a')));
    const third = it.enter(from('a'));
    expect(third).toBeInstanceOf(Promise);
    first(1);
    first(1);
    await third;
    expect(it.report()).toMatchObject({ inFlight: 2, waiting: 0, admitted: 3 });
  });

  test('bounds bytes as well as counts, but never locks out a single large request', async () => {
    const { door: it } = door(10, { budgetBytes: 100 });
    const huge = atOnce(it.enter(from('a', 5000)));
    const small = it.enter(from('a', 1));
    expect(small).toBeInstanceOf(Promise);
    huge();
    await small;
    expect(it.report().bytes).toBe(1);
  });

  test('refuses with the time to come again when as many wait as may', () => {
    const { door: it } = door(1);
    atOnce(it.enter(from('a')));
    for (let k = 0; k < 4; k++) void Promise.resolve(it.enter(from('a'))).catch(() => {});
    expect(() => it.enter(from('a'))).toThrow(expect.objectContaining({ code: 'OVERLOADED', http: 429 }));
  });

  test('a tenant that fills the waiting room gives way to one that has less', async () => {
    const { door: it } = door(1);
    const busy = atOnce(it.enter(from('greedy')));
    const greedy = Array.from({ length: 4 }, () => Promise.resolve(it.enter(from('greedy'))));
    const modest = Promise.resolve(it.enter(from('modest')));
    await expect(greedy[3]).rejects.toMatchObject({ code: 'OVERLOADED' });
    busy();
    (await greedy[0])?.();
    await modest;
  });

  test('who has waited longest allowed is refused by a timer, not when somebody leaves', async () => {
    const { door: it, clock } = door(1);
    atOnce(it.enter(from('a')));
    const late = Promise.resolve(it.enter(from('a')));
    clock.advance(130);
    await expect(late).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(it.report()).toMatchObject({ waiting: 0, refused: 1 });
  });

  test('who has gone does not get a place', async () => {
    const { door: it } = door(1);
    const busy = atOnce(it.enter(from('a')));
    const gone = new AbortController();
    const cancelled = Promise.resolve(it.enter({ ...from('a'), signal: gone.signal }));
    const patient = it.enter(from('a'));
    gone.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'REQUEST_CANCELLED' });
    busy();
    await patient;
    expect(it.report()).toMatchObject({ inFlight: 1, waiting: 0 });
  });

  test('never lets in more than its limit or its bytes, and loses nobody, whatever happens (10,000 steps)', async () => {
    const random = seededRandom(5);
    const { door: it, clock } = door(5, { budgetBytes: 300, maxWaiting: 20 });
    const inside: { leave: Leave; bytes: number }[] = [];
    let settled = 0;
    let asked = 0;
    for (let step = 0; step < 10_000; step++) {
      if (random.uniform() < 0.5) {
        const bytes = 1 + Math.floor(random.uniform() * 100);
        asked++;
        try {
          void Promise.resolve(it.enter(from(`t${Math.floor(random.uniform() * 4)}`, bytes))).then(
            leave => inside.push({ leave, bytes }),
            () => settled++,
          );
        } catch {
          settled++;
        }
      } else if (random.uniform() < 0.7) {
        const left = inside.shift();
        if (left !== undefined) {
          left.leave(1);
          settled++;
        }
      } else clock.advance(random.uniform() * 40);
      await Promise.resolve();
      await Promise.resolve();
      const { inFlight, waiting, limit, bytes } = it.report();
      expect(inFlight <= 1 || bytes <= 300).toBe(true);
      expect(inFlight).toBeLessThanOrEqual(limit);
      expect(waiting).toBeLessThanOrEqual(20);
      expect(settled + inFlight + waiting).toBe(asked);
    }
  });
});

describe('fair queueing', () => {
  test('gives tenants equal shares of the work whatever they send, in order of arrival within each', () => {
    const queue = fairQueue<string>();
    for (let k = 0; k < 90; k++) queue.push('many', `many ${k}`, 1);
    for (let k = 0; k < 10; k++) queue.push('few', `few ${k}`, 1);
    const served = Array.from({ length: 20 }, () => queue.shift(() => true) ?? '');
    expect(served.filter(item => item.startsWith('few'))).toEqual(Array.from({ length: 10 }, (_, k) => `few ${k}`));
  });

  test('counts the cost: a tenant of large requests gets as much work done, not as many requests', () => {
    const queue = fairQueue<string>();
    for (let k = 0; k < 50; k++) {
      queue.push('large', 'large', 4);
      queue.push('small', 'small', 1);
    }
    const served = Array.from({ length: 50 }, () => queue.shift(() => true));
    const small = served.filter(item => item === 'small').length;
    expect(small).toBeGreaterThanOrEqual(38);
    expect(small).toBeLessThanOrEqual(42);
  });
});

describe('the gradient limit', () => {
  /** A server of `capacity` places of 10 ms each under endless demand: who comes beyond waits, first come, first served. */
  const simulate = (capacity: number, start: number) => {
    const limit = gradientLimit({ initial: start, min: 1, max: 1000 });
    const freeAtMs = new Float64Array(capacity);
    const inFlight: { enteredMs: number; doneMs: number }[] = [];
    let nowMs = 0;
    let next = 0;
    let halfMs = 0;
    const enter = (): void => {
      while (inFlight.length < limit.limit) {
        const place = next++ % capacity;
        const doneMs = Math.max(nowMs, freeAtMs[place] ?? 0) + 10;
        freeAtMs[place] = doneMs;
        inFlight.push({ enteredMs: nowMs, doneMs });
      }
    };
    const limits: number[] = [];
    const answered = 40_000;
    for (let k = 0; k < answered; k++) {
      enter();
      const first = inFlight.shift();
      if (first === undefined) throw new Error('nobody is in');
      nowMs = first.doneMs;
      limit.observe(first.doneMs - first.enteredMs, inFlight.length + 1);
      if (k === answered / 2) halfMs = nowMs;
      if (k > answered / 2) limits.push(limit.limit);
    }
    limits.sort((a, b) => a - b);
    return { median: limits[limits.length >> 1] ?? 0, ofPeak: answered / 2 / (((nowMs - halfMs) / 10) * capacity) };
  };

  test.each([4, 32, 128])(
    'finds what a server of %i places can do at once, from below and from above, and keeps it busy',
    capacity => {
      for (const start of [1, 500]) {
        const { median, ofPeak } = simulate(capacity, start);
        expect(median).toBeGreaterThanOrEqual(capacity);
        expect(median).toBeLessThanOrEqual(4 * capacity + 24);
        expect(ofPeak).toBeGreaterThan(0.9);
      }
    },
  );

  test('does not grow while it is not used, and ignores latencies that are none', () => {
    const limit = gradientLimit({ initial: 50, min: 1, max: 1000 });
    for (let k = 0; k < 100; k++) limit.observe(1, 3);
    limit.observe(Number.NaN, 50);
    limit.observe(-1, 50);
    expect(limit.limit).toBe(50);
  });
});

describe('the circuit breaker', () => {
  const breaker = () => {
    const clock = manualClock();
    const answers: (Error | undefined)[] = [];
    const inner = {
      pending: 0,
      isReady: () => true,
      close: async () => {},
      async run() {
        const answer = answers.shift();
        if (answer !== undefined) throw answer;
        return { outputs: {}, inferMs: 1 };
      },
    };
    const it = withBreaker(inner, { model: 'm', version: '1', failures: 3, restMs: 100, clock });
    const facts = { inputs: {}, items: 1, bytes: 0, guard: 'none', terms: plainTerms } as const;
    const run = () => it.run({ ...facts, times: newStageTimes(0) });
    return { clock, answers, it, run };
  };
  const died = new GalerkinError('INSTANCE_DIED', { model: 'm' });

  test('opens after so many deaths in a row, rests, probes once, and closes on an answer', async () => {
    const { clock, answers, it, run } = breaker();
    answers.push(died, died, died);
    for (let k = 0; k < 3; k++) await expect(run()).rejects.toBe(died);
    await expect(run()).rejects.toMatchObject({ code: 'CIRCUIT_OPEN', http: 503 });
    clock.advance(101);
    expect(it.state).toBe('half-open');
    const [probe, other] = [run(), run()];
    await expect(other).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
    await probe;
    expect(it.state).toBe('closed');
  });

  test('rests twice as long when the probe fails', async () => {
    const { clock, answers, it, run } = breaker();
    answers.push(died, died, died, died);
    for (let k = 0; k < 3; k++) await run().catch(() => {});
    clock.advance(101);
    await expect(run()).rejects.toBe(died);
    clock.advance(150);
    expect(it.state).toBe('open');
    clock.advance(51);
    expect(it.state).toBe('half-open');
  });

  test('a request that the model cannot compute is no reason to rest', async () => {
    const { answers, it, run } = breaker();
    for (let k = 0; k < 10; k++) {
      answers.push(new GalerkinError('INFERENCE_FAILED', { model: 'm' }));
      await run().catch(() => {});
    }
    expect(it.state).toBe('closed');
  });
});
