import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seenHeaders } from '../../dist/serve/http/seen-headers.js';
import { binaryOutputs, binaryQuestion, bytesOf, errorOf, post } from './fixtures/client.js';
import { type Fixture, serveFixture } from './fixtures/repository.js';

describe('headers seen before', () => {
  const counted = (isLasting: (value: number) => boolean = () => true) => {
    let reads = 0;
    const seen = seenHeaders<number>(isLasting);
    const recall = (text: string): number => seen.recall(text, () => ++reads);
    return { recall, reads: () => reads };
  };

  test('the same bytes are read once, other bytes again', () => {
    const { recall } = counted();
    expect(['a', 'a', 'b', 'a', 'b', 'ä', 'ä'].map(recall)).toEqual([1, 1, 2, 1, 2, 3, 3]);
  });

  test('at most 64 are kept, and none beyond 4 KiB', () => {
    const { recall, reads } = counted();
    for (let k = 0; k < 1000; k++) recall(`header ${k}`);
    for (let k = 936; k < 1000; k++) recall(`header ${k}`);
    expect(reads()).toBe(1000);
    recall('header 935');
    expect(reads()).toBe(1001);
    for (let k = 0; k < 3; k++) recall('x'.repeat(4097));
    expect(reads()).toBe(1004);
  });

  test('what is not lasting is read every time', () => {
    const { recall } = counted(value => value > 2);
    expect(['a', 'a', 'a', 'a'].map(recall)).toEqual([1, 2, 3, 3]);
  });

  test('the latest bytes are known without their text, and only they', () => {
    const seen = seenHeaders<string>(value => value !== 'fleeting');
    const bytes = Buffer.from('abc');
    expect(seen.latest(bytes)).toBeUndefined();
    seen.remember(bytes, 'value');
    bytes[0] = 0x78;
    expect([seen.latest(Buffer.from('abc')), seen.latest(bytes), seen.latest(Buffer.from('ab'))]).toEqual([
      'value',
      undefined,
      undefined,
    ]);
    seen.remember(Buffer.from('xyz'), 'fleeting');
    expect(seen.latest(Buffer.from('xyz'))).toBeUndefined();
  });

  test('what cannot be read is never kept', () => {
    const seen = seenHeaders<string>(() => true);
    const fail = (): string => {
      throw new Error('unreadable');
    };
    for (let k = 0; k < 2; k++) expect(() => seen.recall('a', fail)).toThrow('unreadable');
    expect(seen.recall('a', () => 'now')).toBe('now');
  });
});

describe('over the wire', () => {
  let server: Fixture;
  beforeAll(async () => {
    server = await serveFixture(['double', 'strict', 'double_solver']);
  });
  afterAll(() => server.close());

  const question = (value: number, more: object = { parameters: { binary_data_output: true } }) =>
    binaryQuestion(
      [{ name: 'a', datatype: 'FP32', shape: [1, 4, 4], bytes: bytesOf(new Float32Array(16).fill(value)) }],
      more,
    );
  const ask = (model: string, { body, headers }: ReturnType<typeof question>) =>
    post(`${server.url}/v2/models/${model}/infer`, body, headers);
  const first = (bytes: Buffer | undefined): number | undefined => bytes?.readFloatLE(0);

  test('the same header with other bytes gets another answer', async () => {
    for (const value of [1, 2, 3, 2, 1]) {
      const { outputs } = binaryOutputs(await ask('double', question(value)));
      expect(first(outputs.u)).toBe(2 * value);
    }
  });

  test('the same header to another model is judged by that model', async () => {
    expect((await ask('double', question(11))).status).toBe(200);
    expect((await ask('strict', question(11))).status).toBe(422);
    expect((await ask('double', question(11))).status).toBe(200);
  });

  test('a known header before too few, too many or bad bytes is refused each time', async () => {
    const { body, headers } = question(1);
    await ask('double', { body, headers });
    for (let round = 0; round < 2; round++) {
      const short = await ask('double', { body: body.slice(0, -4), headers });
      expect([short.status, errorOf(short)]).toEqual([400, expect.stringContaining('expecting 4 additional bytes')]);
      const long = await ask('double', { body: new Uint8Array([...body, 0]), headers });
      expect([long.status, errorOf(long)]).toEqual([400, expect.stringContaining('unexpected additional input data')]);
      expect(errorOf(await ask('double', question(Number.NaN)))).toContain('got NaN');
    }
  });

  test('ids come back, each its own', async () => {
    for (const id of ['one', 'two']) {
      const { json } = binaryOutputs(
        await ask('double', question(1, { id, parameters: { binary_data_output: true } })),
      );
      expect(json).toMatchObject({ id });
    }
  });
});
