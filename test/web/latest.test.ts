import { describe, expect, test } from 'vitest';
import { latestOnly } from '../../web/src/api/latest.js';

/** Work that finishes when the test says so. */
function manualWork() {
  const started: number[] = [];
  const open = new Map<number, Handle>();
  const work = (input: number) => {
    started.push(input);
    return new Promise<string>((resolve, reject) => open.set(input, { resolve, reject }));
  };
  return {
    started,
    work,
    finish: (input: number) => open.get(input)?.resolve(`${input}!`),
    fail: (input: number) => open.get(input)?.reject(new Error('no')),
  };
}

interface Handle {
  readonly resolve: (value: string) => void;
  readonly reject: (reason: Error) => void;
}

const settled = () => new Promise(resolve => setImmediate(resolve));

describe('latestOnly', () => {
  test('while one runs, only the newest waits; those between are never started', async () => {
    const { started, work, finish } = manualWork();
    const results: string[] = [];
    let idle = 0;
    const submit = latestOnly(work, {
      onResult: (_, out) => results.push(out),
      onFailure: () => {},
      onIdle: () => idle++,
    });
    for (const input of [1, 2, 3, 4]) submit(input);
    expect(started).toEqual([1]);
    finish(1);
    await settled();
    expect(started).toEqual([1, 4]);
    expect(idle).toBe(0);
    finish(4);
    await settled();
    expect(results).toEqual(['1!', '4!']);
    expect(idle).toBe(1);
  });

  test('a failure is told and does not stop what waits', async () => {
    const { started, work, fail } = manualWork();
    const failures: number[] = [];
    const submit = latestOnly(work, { onResult: () => {}, onFailure: input => failures.push(input) });
    submit(1);
    submit(2);
    fail(1);
    await settled();
    expect({ failures, started }).toEqual({ failures: [1], started: [1, 2] });
  });
});
