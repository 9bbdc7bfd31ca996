// Compiled programs on disk: found by a second process, safe under two at once and a kill, deaf to what is torn or foreign.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, watch, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manualClock } from 'galerkin/base';
import { createAdaptiveOptimizer, type Machine, np, ready, type Traced } from 'galerkin/compile';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CompiledProgram } from '../../dist/compile/tiers/compiled-program.js';
import { DiskShelf, decodeProgram, encodeProgram } from '../../dist/compile/tiers/disk-shelf.js';
import { costs, machine, numbers, steppingClock, vector } from './tiers-parts.js';

beforeAll(ready);

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tiers-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const nativeFirst = { ...costs, firstAnswerFixedMs: 1e6 };
const make = (parts: { machine?: Machine } = {}, options: object = {}) =>
  createAdaptiveOptimizer(
    { threads: 1, trialCalls: 0, cacheFolder: folder, ...options },
    { clock: steppingClock(), machine, costs: nativeFirst, ...parts },
  );

const wave = (x: Traced): Traced => np.sin(x).mul(2);

/** Wraps and calls once in an optimizer of its own; says where the program came from. */
async function callOnce(fn: (x: Traced) => Traced, parts: { machine?: Machine } = {}, key?: string) {
  const optimizer = make(parts);
  const f = optimizer.wrap(fn, { name: 'f', ...(key === undefined ? {} : { key }) });
  const [value] = numbers(await f(vector(0.5, 1)));
  const [version] = optimizer.report()[0]?.versions ?? [];
  await optimizer.close();
  return { value, cache: version?.cache, tier: version?.tier, traceMs: version?.compile?.traceMs };
}

const programs = async (): Promise<string[]> => (await readdir(folder)).filter(name => name.endsWith('.program'));

describe('a second optimizer', () => {
  test('finds on disk what the first compiled, and gives the same values', async () => {
    const first = await callOnce(wave);
    const second = await callOnce((x: Traced) => np.sin(x).mul(2));
    expect(first).toMatchObject({ cache: 'miss', tier: 1 });
    expect(second).toMatchObject({ cache: 'disk', tier: 1, value: first.value });
    expect(second.value).toBeCloseTo(2 * Math.sin(0.5), 5);
    expect(await programs()).toHaveLength(1);
  });

  test.each([
    ['another program', (x: Traced) => np.sin(x).mul(3), machine],
    ['another processor', wave, { ...machine, features: 'other' }],
    ['another runtime', wave, { ...machine, runtime: '2' }],
    ['another lowering', wave, { ...machine, lowering: '2' }],
  ])('finds nothing of %s', async (_, fn, other) => {
    await callOnce(wave);
    expect((await callOnce(fn, { machine: other })).cache).toBe('miss');
    expect(await programs()).toHaveLength(2);
  });

  test('opens the form that the runtime made for this processor, with the same values', async () => {
    const optimizer = make();
    const before = numbers(await optimizer.wrap(wave)(vector(0.5, 1)));
    await optimizer.idle();
    await optimizer.close();
    const [name = ''] = await programs();
    const program = decodeProgram(name.replace('.program', ''), await readFile(join(folder, name)));
    expect(program?.optimized?.length).toBeGreaterThan(50);
    expect(program?.bytes.length).toBeGreaterThan(50);
    expect(await callOnce(wave)).toMatchObject({ cache: 'disk', tier: 1, value: before[0] });
  });

  test('does not trace where the user vouches for the function', async () => {
    let traces = 0;
    const fn = (x: Traced): Traced => {
      traces += 1;
      return wave(x);
    };
    await callOnce(fn, {}, 'v1');
    expect(traces).toBe(1);
    expect(await callOnce(fn, {}, 'v1')).toMatchObject({ cache: 'disk', tier: 1, traceMs: 0 });
    expect(traces).toBe(1);
    expect((await callOnce(fn, {}, 'v2')).cache).toBe('miss');
    expect(traces).toBe(2);
  });
});

describe('what is torn or foreign', () => {
  const damages: readonly [string, (file: Buffer) => Buffer][] = [
    ['cut short', file => file.subarray(0, file.length - 7)],
    ['empty', () => Buffer.alloc(0)],
    ['of another format', () => Buffer.from('a picture of a cat, of more than fifty bytes, as everybody has')],
    [
      'with a flipped bit',
      file => {
        const copy = Buffer.from(file);
        copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 4;
        return copy;
      },
    ],
    [
      'with a length beyond its end',
      file => {
        const copy = Buffer.from(file);
        copy.writeUInt32LE(0xfffffff0, 19);
        return copy;
      },
    ],
    ['of an older format', file => Buffer.from(file.toString('latin1').replace('program 1', 'program 0'), 'latin1')],
  ];

  test.each(damages)('a file %s is compiled again and written anew', async (_, damage) => {
    const { value } = await callOnce(wave);
    const [name = ''] = await programs();
    const whole = await readFile(join(folder, name));
    await writeFile(join(folder, name), damage(whole));
    expect(await callOnce(wave)).toMatchObject({ cache: 'miss', tier: 1, value });
    expect(await callOnce(wave)).toMatchObject({ cache: 'disk', tier: 1, value });
  });

  test('a whole file under the name of another program is not taken', async () => {
    await callOnce(wave);
    const [name = ''] = await programs();
    const file = await readFile(join(folder, name));
    const key = name.replace('.program', '');
    const program = decodeProgram(key, file);
    if (program === undefined) throw new Error('the file is whole');
    expect(decodeProgram(key.replace(/^./, 'x'), file)).toBeUndefined();
    expect(decodeProgram('k', encodeProgram('k', program))?.record).toEqual(program.record);
    const bad: CompiledProgram = { ...program, bytes: Uint8Array.of(1, 2, 3) };
    await writeFile(join(folder, name), encodeProgram(key, bad));
    expect(await callOnce(wave)).toMatchObject({ cache: 'miss', tier: 1 });
  });

  test('a folder that cannot be written costs no call', async () => {
    await writeFile(join(folder, 'file'), '');
    const optimizer = createAdaptiveOptimizer(
      { threads: 1, trialCalls: 0, cacheFolder: join(folder, 'file', 'below') },
      { clock: steppingClock(), machine, costs: nativeFirst },
    );
    expect(numbers(await optimizer.wrap(wave)(vector(0)))).toEqual([0]);
    expect(optimizer.report()[0]?.versions[0]).toMatchObject({ tier: 1, cache: 'miss' });
    await optimizer.close();
  });
});

describe('the shelf', () => {
  const program = (bytes: number): CompiledProgram => ({
    record: { inputs: ['x'], outputs: ['y'], outputForm: 0, equations: 1, nodes: 1, graphLevel: 'all', compileMs: 1 },
    bytes: new Uint8Array(bytes),
  });

  test('keeps to its limit and lets the least recently used go', async () => {
    const clock = manualClock(1_700_000_000_000);
    const shelf = new DiskShelf(folder, 3500, clock);
    const now = Date.now();
    clock.advance(now - clock.now());
    for (const key of ['a', 'b', 'c']) await shelf.put(key, program(900));
    clock.advance(60_000);
    expect(await shelf.get('a')).toBeDefined();
    clock.advance(60_000);
    await shelf.put('d', program(900));
    expect(await shelf.get('a')).toBeDefined();
    const kept = (await programs()).map(name => name[0]);
    expect(kept).toContain('a');
    expect(kept).toContain('d');
    expect(kept).toHaveLength(3);
    let bytes = 0;
    for (const name of await programs()) bytes += (await stat(join(folder, name))).size;
    expect(bytes).toBeLessThanOrEqual(3500);
  });

  test('sweeps what a killed process left, once it is old, and never takes it for a program', async () => {
    const clock = manualClock(Date.now());
    const shelf = new DiskShelf(folder, 1e6, clock);
    await writeFile(join(folder, '.a.123-0badcafe.tmp'), encodeProgram('a', program(10)).subarray(0, 40));
    await shelf.put('b', program(10));
    expect(await readdir(folder)).toHaveLength(2);
    clock.advance(7_200_000);
    await shelf.put('c', program(10));
    expect((await readdir(folder)).sort()).toEqual(['b.program', 'c.program']);
    expect(await shelf.get('a')).toBeUndefined();
  });
});

describe('processes', () => {
  const room = fileURLToPath(new URL('../../dist/compile/index.js', import.meta.url));
  const script = `
    const { np, ready, createAdaptiveOptimizer } = await import(${JSON.stringify(room)});
    await ready();
    const optimizer = createAdaptiveOptimizer(
      { threads: 1, trialCalls: 0, cacheFolder: process.argv[1] },
      { costs: { firstAnswerFixedMs: 1e6 } });
    const layers = 30;
    const f = optimizer.wrap(x => { let y = x; for (let k = 0; k < layers; k++) y = np.sin(y).mul(1 + k / 64).add(np.cos(x)); return y; });
    process.stdout.write('go\\n');
    const { data } = await f({ dtype: 'FP32', shape: [3], data: Float32Array.of(0.1, 0.2, 0.3) });
    const [{ cache, tier }] = optimizer.report()[0].versions;
    process.stdout.write(JSON.stringify({ cache, tier, data: [...data] }) + '\\n');
    await optimizer.close();`;

  function begin() {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const result = once(child, 'close').then(() => JSON.parse(text.split('\n')[1] ?? 'null'));
    return { child, result };
  }

  test('two that compile the same program at once both answer, and leave one whole file', async () => {
    const [one, two] = await Promise.all([begin().result, begin().result]);
    expect(one).toMatchObject({ tier: 1 });
    expect(two).toMatchObject({ tier: 1, data: one.data });
    expect(await readdir(folder)).toHaveLength(1);
    expect(await begin().result).toEqual({ cache: 'disk', tier: 1, data: one.data });
  }, 60_000);

  test('one that is killed at any moment leaves nothing that the next would take', async () => {
    const whole = await begin().result;
    for (const moment of ['as it begins', 'as it writes'] as const) {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder);
      const written = new AbortController();
      const changes = watch(folder, { signal: written.signal })[Symbol.asyncIterator]();
      const { child, result } = begin();
      const dead = result.catch(() => undefined);
      await (moment === 'as it begins' ? once(child.stdout, 'data') : changes.next());
      child.kill('SIGKILL');
      await dead;
      written.abort();
    }
    const after = await begin().result;
    expect(after).toMatchObject({ tier: 1, data: whole.data });
    expect(['miss', 'disk']).toContain(after.cache);
  }, 60_000);
});
