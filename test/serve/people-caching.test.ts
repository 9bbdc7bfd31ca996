import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { matchesTag, strongTag } from '../../dist/serve/http/caching.js';
import { knownCodings, wishOf } from '../../dist/serve/http/compression.js';
import { binaryQuestion, bytesOf } from './fixtures/client.js';
import { type Fixture, serveFixture } from './fixtures/repository.js';

interface Raw {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** fetch unpacks by itself; this does not. */
function raw(url: string, headers: Record<string, string> = {}, body?: Uint8Array | string): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const sent = plainRequest(url, { method: body === undefined ? 'GET' : 'POST', headers }, response => {
      const chunks: Buffer[] = [];
      response.on('data', chunk => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', reject).end(body);
  });
}

let server: Fixture;
let studioFolder: string;
const script = 'export const text = "again and again";\n'.repeat(200);
beforeAll(async () => {
  studioFolder = await mkdtemp(join(tmpdir(), 'galerkin-assets-'));
  await writeFile(join(studioFolder, 'index.html'), '<!doctype html><title>studio</title>');
  await writeFile(join(studioFolder, 'index-Ab12Cd34.js'), script);
  server = await serveFixture(['double'], { studioFolder, compressFromBytes: 256 });
});
afterAll(async () => {
  await server.close();
  await rm(studioFolder, { recursive: true });
});
const at = (path: string): string => `${server.url}${path}`;
const question = JSON.stringify({ model: 'double', inputs: { a: new Array(4).fill(new Array(4).fill([3, 3, 3, 3])) } });
const binary = () => {
  const bytes = bytesOf(new Float32Array(64).fill(3));
  const more = { parameters: { binary_data_output: true } };
  return binaryQuestion([{ name: 'a', datatype: 'FP32', shape: [4, 4, 4], bytes }], more);
};
const infer = '/v2/models/double/infer';

describe('what a client wants its answer coded as', () => {
  test.each<[string | undefined, string | undefined, boolean]>([
    [undefined, undefined, false],
    ['', undefined, false],
    ['identity', undefined, false],
    ['gzip', 'gzip', true],
    ['x-gzip', 'gzip', true],
    ['deflate', 'deflate', true],
    ['gzip, deflate', 'gzip', false],
    ['gzip;q=0.2, deflate;q=0.9', 'deflate', false],
    ['gzip;q=0', undefined, false],
    ['gzip;q=0, *;q=0.1', knownCodings.find(coding => coding !== 'gzip'), false],
    ['*;q=0', undefined, false],
    ['br;q=1.0', 'br', true],
    ['identity;q=1, gzip;q=0.5', undefined, false],
    ['identity;q=0, gzip;q=0.5', 'gzip', false],
    ['gzip;q=banana', undefined, false],
    ['gzip;q=2', undefined, false],
    ['nonsense, , ;;;', undefined, false],
    [`${'gzip, '.repeat(100)}br`, undefined, false],
  ])('%s → %s', (header, coding, only) => {
    expect(wishOf(header)).toEqual(coding === undefined ? undefined : { coding, only });
  });
});

describe('compression', () => {
  test.each([
    ['gzip', gunzipSync],
    ['deflate', inflateSync],
    ['br', brotliDecompressSync],
  ] as const)('%s is given where asked, and holds the same text', async (coding, unpack) => {
    const headers = { 'accept-encoding': coding };
    const plain = await raw(at('/models/double'));
    const packed = await raw(at('/models/double'), headers);
    expect(packed.headers).toMatchObject({ 'content-encoding': coding, vary: 'accept-encoding' });
    expect(Number(packed.headers['content-length'])).toBe(packed.body.length);
    expect(unpack(packed.body).toString()).toBe(plain.body.toString());
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.headers.vary).toBe('accept-encoding');
  });

  test('zstd only where this Node has it', async () => {
    const { headers } = await raw(at('/models/double'), { 'accept-encoding': 'zstd' });
    expect(headers['content-encoding']).toBe(knownCodings.includes('zstd') ? 'zstd' : undefined);
  });

  test('small answers go as they are', async () => {
    const { headers } = await raw(at('/v2/health/live'), { 'accept-encoding': 'gzip' });
    expect(headers['content-encoding']).toBeUndefined();
  });

  test('tensors as text are compressed for whoever accepts it; as bytes only for who names one coding', async () => {
    const both = { 'accept-encoding': 'gzip, deflate, br' };
    expect((await raw(at('/predict'), both, question)).headers['content-encoding']).toBe('br');
    const { body, headers } = binary();
    expect((await raw(at(infer), { ...headers, ...both }, body)).headers['content-encoding']).toBeUndefined();
    const packed = await raw(at(infer), { ...headers, 'accept-encoding': 'gzip' }, body);
    const whole = gunzipSync(packed.body);
    expect(packed.headers['content-encoding']).toBe('gzip');
    const jsonLength = Number(packed.headers['inference-header-content-length']);
    expect(new Float32Array(new Uint8Array(whole.subarray(jsonLength)).buffer)).toEqual(new Float32Array(64).fill(6));
  });
});

describe('tags', () => {
  test('are of the bytes, and strong', () => {
    expect(strongTag('a')).toMatch(/^"[0-9a-f]{32}"$/);
    expect(strongTag('a')).not.toBe(strongTag('b'));
    expect(strongTag(Buffer.from('a'))).toBe(strongTag('a'));
  });

  test.each<[string | undefined, boolean]>([
    [undefined, false],
    ['', false],
    ['"t"', true],
    ['W/"t"', true],
    ['"t-gzip"', true],
    ['"x", "t-br"', true],
    ['*', true],
    ['"tt"', false],
    ['t', false],
    ['"x"', false],
  ])('If-None-Match: %s', (header, matches) => {
    expect(matchesTag(header, '"t"')).toBe(matches);
    expect(matchesTag(header, '"t-gzip"')).toBe(matches);
  });

  test.each([
    '/models',
    '/models/double',
    '/models/double/samples/1',
    '/v2',
    '/v2/models/double',
    '/v2/models/double/config',
    '/openapi.json',
  ])('GET %s: tagged, cacheable, and 304 without a body where the client has it, in any coding', async path => {
    const first = await raw(at(path), { 'accept-encoding': 'gzip' });
    const tag = String(first.headers.etag);
    expect(first.headers['cache-control']).toMatch(/^public, /);
    for (const accept of ['gzip', 'br', 'identity']) {
      const again = await raw(at(path), { 'accept-encoding': accept, 'if-none-match': tag });
      expect([again.status, again.body.length]).toEqual([304, 0]);
      expect(again.headers).toMatchObject({ vary: 'accept-encoding', 'cache-control': first.headers['cache-control'] });
    }
    expect((await raw(at(path), { 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('coded and plain bodies have different tags', async () => {
    const tags = await Promise.all(
      ['gzip', 'br', 'identity'].map(
        async accept => (await raw(at('/openapi.json'), { 'accept-encoding': accept })).headers.etag,
      ),
    );
    expect(new Set(tags).size).toBe(3);
  });

  test.each([
    '/health',
    '/stats',
    '/monitoring/scaling',
    '/v2/health/ready',
    '/v2/models/double/ready',
    '/models/nobody',
  ])('%s is never cached', async path => {
    const { headers } = await raw(at(path));
    expect([headers.etag, headers['cache-control']]).toEqual([undefined, undefined]);
  });
});

describe('files of the studio', () => {
  test('strong tags, 304, and compressed once for all', async () => {
    const url = at('/studio/index-Ab12Cd34.js');
    const packed = await raw(url, { 'accept-encoding': 'br' });
    expect(brotliDecompressSync(packed.body).toString()).toBe(script);
    expect(packed.headers).toMatchObject({
      etag: expect.stringMatching(/^"[0-9a-f]{32}-br"$/),
      vary: 'accept-encoding',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    const again = await raw(url, { 'if-none-match': String(packed.headers.etag) });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    expect((await raw(url)).body.toString()).toBe(script);
  });
});
