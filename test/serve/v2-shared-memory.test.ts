import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type SharedMemory, sharedMemory } from '../../dist/serve/protocol/shared-memory.js';
import { bytesOf, errorOf, get, post } from './fixtures/client.js';
import { type Fixture, serveFixture } from './fixtures/repository.js';

describe('regions', () => {
  let folder: string;
  let memory: SharedMemory;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'galerkin-shm-'));
    writeFileSync(
      join(folder, 'tensors'),
      Uint8Array.from({ length: 64 }, (_, index) => index),
    );
    memory = sharedMemory({ allowed: true, folder, maxRegions: 3 });
  });
  afterEach(() => {
    memory.close();
    rmSync(folder, { recursive: true });
  });
  const register = (place: object) => memory.register('r', { key: '/tensors', offset: 0, byteSize: 64, ...place });
  /** Descriptors of this process that lead into the folder. */
  const open = (): number => {
    const all = readdirSync('/proc/self/fd').map(each => {
      try {
        return execFileSync('readlink', [`/proc/${process.pid}/fd/${each}`]).toString();
      } catch {
        return '';
      }
    });
    return all.filter(path => path.includes(folder)).length;
  };

  test('are read and written in their own place', () => {
    register({ offset: 8, byteSize: 16 });
    expect(memory.status()).toEqual([{ name: 'r', key: '/tensors', offset: 8, byte_size: 16 }]);
    const piece = memory.take('r', 4, 4);
    expect([...new Uint8Array(piece.read())]).toEqual([12, 13, 14, 15]);
    piece.write(Uint8Array.of(9, 9));
    piece.release();
    expect([...readFileSync(join(folder, 'tensors')).subarray(10, 16)]).toEqual([10, 11, 9, 9, 14, 15]);
  });

  test.each([
    [{ byteSize: 65 }],
    [{ offset: 1 }],
    [{ offset: 64, byteSize: 1 }],
    [{ offset: 65, byteSize: 0 }],
    [{ offset: -1 }],
    [{ byteSize: -1 }],
    [{ offset: 2 ** 53, byteSize: 1 }],
    [{ offset: Number.MAX_SAFE_INTEGER, byteSize: Number.MAX_SAFE_INTEGER }],
    [{ offset: 0.5 }],
    [{ byteSize: Number.NaN }],
    [{ offset: 2 ** 64 - 32, byteSize: 64 }],
  ])('beyond the memory are refused: %j', place => {
    expect(() => register(place)).toThrow(/failed to register shared memory region 'r': invalid args/);
    expect(memory.status()).toEqual([]);
  });

  test.each([
    '',
    '/',
    '.',
    '..',
    '../tensors',
    'a/b',
    '//tensors',
    '/../etc/passwd',
    'tensors\0',
    'x'.repeat(300),
    '/triton_python_backend_shm_region_1',
  ])('keys that are no plain name are refused: %j', key => {
    expect(() => register({ key })).toThrow(/Invalid shared memory key/);
  });

  test('nothing but a plain file is opened: no link, folder or pipe, and nobody waits for one', () => {
    symlinkSync('/etc/passwd', join(folder, 'link'));
    mkdirSync(join(folder, 'sub'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    for (const key of ['link', 'sub', 'pipe', 'absent']) {
      expect(() => register({ key, byteSize: 0 })).toThrow(`Unable to open shared memory region: '${key}'`);
    }
    expect(open()).toBe(0);
  });

  test('pieces outside their region are refused', () => {
    register({ byteSize: 32 });
    for (const [offset, size, words] of [
      [32, 0, 'Invalid offset for'],
      [2 ** 64 - 32, 4, 'Invalid offset for'],
      [-1, 4, 'Invalid offset for'],
      [1.5, 4, 'Invalid offset for'],
      [0, 33, 'Invalid offset + byte size'],
      [31, 2, 'Invalid offset + byte size'],
      [1, Number.MAX_SAFE_INTEGER, 'Invalid offset + byte size'],
      [0, -1, 'Invalid offset + byte size'],
    ] as const) {
      expect(() => memory.take('r', offset, size)).toThrow(words);
    }
    expect(() => memory.take('s', 0, 1)).toThrow("Unable to find shared memory region: 's'");
  });

  test('memory that shrank is an error, and never grows again by our writing', () => {
    register({});
    const piece = memory.take('r', 32, 32);
    truncateSync(join(folder, 'tensors'), 40);
    expect(() => piece.read()).toThrow(/Invalid offset \+ byte size/);
    expect(() => piece.write(new Uint8Array(32))).toThrow(/Invalid offset \+ byte size/);
    expect(readFileSync(join(folder, 'tensors')).length).toBe(40);
    piece.release();
  });

  test('unregistered while in use, they stay until they are let go, once', () => {
    register({});
    const [first, second] = [memory.take('r', 0, 4), memory.take('r', 4, 4)];
    memory.unregister('r');
    expect(memory.status()).toEqual([]);
    expect(() => memory.take('r', 0, 4)).toThrow('Unable to find');
    register({ offset: 4, byteSize: 4 });
    first.release();
    first.release();
    expect([...new Uint8Array(second.read())]).toEqual([4, 5, 6, 7]);
    second.release();
    memory.unregister();
    expect(open()).toBe(0);
  });

  test('have names of their own, and are not without number', () => {
    register({});
    expect(() => register({})).toThrow("shared memory region 'r' already in manager");
    for (const name of ['__proto__', 'constructor']) memory.register(name, { key: 'tensors', offset: 0, byteSize: 1 });
    expect(() => memory.register('fourth', { key: 'tensors', offset: 0, byteSize: 1 })).toThrow(
      /3 regions are registered/,
    );
    memory.unregister('nobody');
    expect(memory.status('__proto__')).toHaveLength(1);
  });
});

describe.skipIf(!existsSync('/dev/shm'))('over HTTP', () => {
  let server: Fixture;
  const key = (name: string): string => `galerkin-test-${process.pid}-${name}`;
  const values = Int32Array.from({ length: 16 }, (_, index) => index);
  const at = (path: string): string => `${server.url}/v2/systemsharedmemory${path}`;
  beforeAll(async () => {
    server = await serveFixture(['simple'], { allowClientShm: true });
    for (const name of ['a', 'b']) writeFileSync(`/dev/shm/${key(name)}`, bytesOf(values));
    writeFileSync(`/dev/shm/${key('out')}`, new Uint8Array(128));
    for (const name of ['a', 'b', 'out']) {
      const reply = await post(at(`/region/${name}/register`), {
        key: `/${key(name)}`,
        byte_size: name === 'out' ? 128 : 64,
      });
      expect([reply.status, reply.text]).toEqual([200, '']);
    }
  });
  afterAll(async () => {
    await server.close();
    for (const name of ['a', 'b', 'out']) rmSync(`/dev/shm/${key(name)}`);
  });

  const place = (region: string, more: object = {}) => ({
    parameters: { shared_memory_region: region, shared_memory_byte_size: 64, ...more },
  });
  const question = (outputs: object) => ({
    inputs: [
      ['INPUT0', 'a'],
      ['INPUT1', 'b'],
    ].map(([name = '', region = '']) => ({ name, datatype: 'INT32', shape: [1, 16], ...place(region) })),
    ...outputs,
  });
  const infer = (body: object) => post(`${server.url}/v2/models/simple/infer`, body);

  test('tensors come out of it and go into it', async () => {
    const outputs = [{ name: 'OUTPUT0', ...place('out', { shared_memory_offset: 64 }) }, { name: 'OUTPUT1' }];
    const { json } = await infer(question({ outputs }));
    expect(json).toMatchObject({
      outputs: [
        { name: 'OUTPUT0', datatype: 'INT32', shape: [1, 16] },
        { name: 'OUTPUT1', data: [...values].map(() => 0) },
      ],
    });
    expect(readFileSync(`/dev/shm/${key('out')}`).subarray(64)).toEqual(
      Buffer.from(values.map(value => 2 * value).buffer),
    );
  });

  test.each([
    [
      { outputs: [{ name: 'OUTPUT0', ...place('out', { shared_memory_offset: 2 ** 64 - 32 }) }] },
      400,
      /Invalid offset for shared memory region: 'out'/,
    ],
    [
      { outputs: [{ name: 'OUTPUT0', ...place('out', { shared_memory_byte_size: 63 }) }] },
      400,
      /\(63 bytes\) should be at least 64 bytes/,
    ],
    [{ outputs: [{ name: 'OUTPUT0', ...place('nobody') }] }, 404, /Unable to find shared memory region: 'nobody'/],
    [
      { outputs: [{ name: 'OUTPUT0', ...place('out', { classification: 1 }) }] },
      400,
      /Output can't set both 'shared_memory_region' and 'classification'/,
    ],
    [
      { outputs: [{ name: 'OUTPUT0', ...place('out', { binary_data: true }) }] },
      400,
      /Output can't set both 'shared_memory_region' and 'binary_data'/,
    ],
  ])('%j', async (outputs, status, words) => {
    const reply = await infer(question(outputs));
    expect([reply.status, errorOf(reply)]).toEqual([status, expect.stringMatching(words)]);
    expect((await infer(question({}))).status).toBe(200);
  });

  test('regions come and go, and CUDA has none', async () => {
    expect((await get(at('/status'))).json).toHaveLength(3);
    expect((await get(at('/region/a/status'))).json).toEqual([
      { name: 'a', key: `/${key('a')}`, offset: 0, byte_size: 64 },
    ]);
    expect(errorOf(await get(at('/region/x/status')))).toContain("Unable to find system shared memory region: 'x'");
    expect(errorOf(await post(at('/register'), { key: 'x', byte_size: 1 }))).toContain("'region name' is necessary");
    expect(errorOf(await post(at('/region/x/register'), { byte_size: 1 }))).toContain("has no 'key' field");
    expect(errorOf(await post(at('/region/x/register'), { key: 'x' }))).toContain("has no 'byte_size' field");
    const cuda = (path: string): string => `${server.url}/v2/cudasharedmemory${path}`;
    expect((await get(cuda('/status'))).json).toEqual([]);
    expect((await post(cuda('/unregister'), '')).status).toBe(200);
    expect(errorOf(await post(cuda('/region/x/register'), {}))).toContain(
      "failed to register CUDA shared memory region: 'x', GPUs not supported",
    );
  });
});

test('clients have none of it unless the server says so', async () => {
  const server = await serveFixture(['simple']);
  for (const path of ['/v2/systemsharedmemory/status', '/v2/cudasharedmemory/status']) {
    const reply = await get(`${server.url}${path}`);
    expect([reply.status, errorOf(reply)]).toEqual([
      403,
      expect.stringContaining(
        "Client shared memory is disabled. Start the server with '--allow-client-shm=true' to enable.",
      ),
    ]);
  }
  expect((await post(`${server.url}/v2/systemsharedmemory/region/x/register`, { key: 'x', byte_size: 1 })).status).toBe(
    403,
  );
  await server.close();
});
