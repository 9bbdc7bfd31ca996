import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { binaryQuestion, bytesOf } from './fixtures/client.js';
import { expectRefusal, field, limit, openTarget, type Target } from './fixtures/hostile.js';

let target: Target;
beforeAll(async () => {
  target = await openTarget();
});
afterAll(() => target.server.close());

describe('binary bodies', () => {
  const { body, headers } = binaryQuestion([field]);
  const length = Number(headers['inference-header-content-length']);
  const name = 'inference-header-content-length';

  test.each([
    [
      'a header length beyond the body',
      '99999999999',
      /Inference-Header-Content-Length: wanted a whole number from 0 to \d+/,
    ],
    ['a negative one', '-1', /Inference-Header-Content-Length/],
    ['one that is no number', 'ten', /Inference-Header-Content-Length/],
    ['a fraction', '1.5', /Inference-Header-Content-Length/],
    ['in hexadecimal', '0x10', /Inference-Header-Content-Length/],
    ['a number of a hundred digits', '9'.repeat(100), /Inference-Header-Content-Length/],
    ['too short', String(length - 1), /not JSON/],
    ['too long', String(length + 1), /not JSON/],
    ['zero, with JSON in front', '0', /input byte size mismatch for input 'a' for model 'double'. Expected 64/],
  ])('%s', async (_name, value, words) => {
    expectRefusal(await target.infer(body, { [name]: value }), 400, words);
    await target.good();
  });

  test('bytes left over, bytes missing, another size than the shape', async () => {
    const surplus = new Uint8Array(Buffer.concat([body, Buffer.alloc(3)]));
    expectRefusal(
      await target.infer(surplus, headers),
      400,
      /unexpected additional input data for model 'double': wanted no bytes after the last input, got 3/,
    );
    expectRefusal(
      await target.infer(body.slice(0, -1), headers),
      400,
      /unexpected size for input 'a', expecting 1 additional bytes/,
    );
    const wide = binaryQuestion([{ ...field, bytes: new Uint8Array(68) }]);
    expectRefusal(
      await target.infer(wide.body, wide.headers),
      400,
      /input byte size mismatch for input 'a' for model 'double'. Expected 64, got 68/,
    );
    const nan = binaryQuestion([{ ...field, bytes: bytesOf(new Float32Array(16).fill(Number.NaN)) }]);
    expectRefusal(await target.infer(nan.body, nan.headers), 400, /wants finite values, got NaN at index 0/);
    await target.good();
  });

  test('a raw body for a model with several inputs', async () => {
    expectRefusal(
      await target.infer(new Uint8Array(64), { [name]: '0' }, 'simple'),
      400,
      /Raw request must only have 1 input \(found 1\) to be deduced but got 2 inputs in 'simple' model configuration/,
    );
  });
});

describe('size and encoding', () => {
  test('a body over the limit is refused, and the limit is said', async () => {
    expectRefusal(
      await target.infer('x'.repeat(limit + 1)),
      400,
      /request body of 65537 bytes exceeds the maximum allowed value of 65536 bytes. Use --max-body-bytes/,
    );
    await target.good();
  });

  test('a compressed body that inflates over the limit', async () => {
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(50 * 1024 * 1024)));
    expect(bomb.length).toBeLessThan(limit);
    expectRefusal(
      await target.infer(bomb, { 'content-encoding': 'gzip' }),
      400,
      /more after inflation exceeds the maximum allowed value of 65536 bytes/,
    );
    await target.good();
  });

  test('a body that is not compressed as it says, or in another way', async () => {
    expectRefusal(
      await target.infer('not gzip', { 'content-encoding': 'gzip' }),
      400,
      /wanted gzip data, got data that do not inflate/,
    );
    const other = await target.infer('x', { 'content-encoding': 'br' });
    expectRefusal(
      other,
      501,
      /Unsupported compression type: Content-Encoding wanted gzip, deflate or identity, got 'br'/,
    );
    expect(other.headers.get('accept-encoding')).toBe('gzip, deflate');
    await target.good();
  });
});
