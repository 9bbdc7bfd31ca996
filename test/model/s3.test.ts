import { existsSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { dirname } from 'node:path';
import { lintRepository, openRepository } from 'galerkin/model';
import { openS3Blobs } from 'galerkin/store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseListPage } from '../../dist/store/blobs-s3-list.js';
import { handmade, identity } from './fixtures/models.js';
import { onnxModel, textOf } from './fixtures/onnx.mjs';
import { keys, startS3 } from './fixtures/s3.js';

const { freshPath } = handmade();
const port = { name: 'x', dtype: 'FP32', shape: ['n', 2] };
const named = (text: string): Uint8Array => onnxModel({ text, inputs: [port], outputs: [{ ...port, name: 'y' }] });
let s3: Awaited<ReturnType<typeof startS3>>;

beforeAll(async () => {
  s3 = await startS3('models');
  await s3.put('zoo/m/1/model.onnx', named('one'));
  await s3.put('zoo/m/2/model.onnx', named('two'));
  await s3.put('zoo/m/2/weights/w 1+&é.bin', 'www');
  await s3.put('zoo/m/config.pbtxt', 'max_batch_size: 8');
  await s3.put('zoo/m/labels.txt', 'cat');
  await s3.put('zoo/ens/1/.keep', '');
  await s3.put('zoo/ens/config.pbtxt', 'platform: "ensemble"');
  await s3.put('zoo/.hidden/1/model.onnx', 'x');
  await s3.put('zoo/loose.txt', 'x');
  await s3.put('other/n/1/model.onnx', named('n'));
});
afterAll(() => s3.close());

const open = (location = 's3://models/zoo', more = {}) =>
  openRepository(location, { s3: { endpoint: s3.endpoint, ...keys, cacheFolder: freshPath(), ...more } });

describe('a repository in a bucket', () => {
  test('is read as one on disk: models, versions, files beside them', async () => {
    const repository = open();
    expect(await repository.list()).toEqual([
      { name: 'ens', versions: [1] },
      { name: 'm', versions: [2, 1] },
    ]);
    const model = await repository.read('m');
    expect(model).toMatchObject({
      version: 2,
      files: ['model.onnx', 'weights/w 1+&é.bin'],
      config: { max_batch_size: 8 },
    });
    expect(textOf(await model.file('model.onnx'))).toBe('two');
    expect(new TextDecoder().decode(await model.sharedFile('labels.txt'))).toBe('cat');
    const first = await repository.read('m', 1);
    expect(first.files).toEqual(['model.onnx']);
    expect(textOf(await first.file('model.onnx'))).toBe('one');
    await repository.close();
    expect(existsSync(dirname(model.folder ?? ''))).toBe(false);
  });

  test('without a prefix, the bucket is the repository', async () => {
    const repository = open('s3://models');
    expect(await repository.list()).toEqual([]);
    await s3.put('top/1/model.onnx', named('top'));
    expect(await repository.list()).toEqual([{ name: 'top', versions: [1] }]);
    expect((await repository.read('top')).config.max_batch_size).toBe(4);
    await s3.remove('top/1/model.onnx');
    await repository.close();
  });

  test('what is not there is answered as on disk', async () => {
    const repository = open();
    await expect(repository.read('z')).rejects.toThrow(/has: ens, m\./);
    await expect(repository.read('m', 9)).rejects.toThrow(/only: 2, 1\./);
    for (const name of ['../other', 'a/b', '', '..%2f', 'm\0']) {
      await expect(repository.read(name)).rejects.toMatchObject({ code: 'MODEL_NAME_INVALID' });
    }
    expect(await repository.fingerprint('z')).toBe('');
    await repository.close();
  });

  test('a new version, a changed file: the fingerprint says so, and the next reading has it', async () => {
    const repository = open('s3://models/other');
    const [before, old] = [await repository.fingerprint('n'), await repository.read('n')];
    expect(await repository.fingerprint('n')).toBe(before);
    await s3.put('other/n/1/model.onnx', named('changed'));
    expect(await repository.fingerprint('n')).not.toBe(before);
    expect(textOf(await (await repository.read('n')).file('model.onnx'))).toBe('changed');
    // The version that runs keeps its files until another two have come.
    expect(textOf(await old.file('model.onnx'))).toBe('n');
    await s3.put('other/n/2/model.onnx', named('second'));
    expect((await repository.read('n')).version).toBe(2);
    await repository.close();
  });

  test('readings at the same time fetch once', async () => {
    let gets = 0;
    const counting: typeof fetch = (input, init) => {
      gets += input instanceof Request && input.url.includes('model.onnx') ? 1 : 0;
      return fetch(input, init);
    };
    const repository = open(undefined, { fetch: counting });
    const models = await Promise.all([1, 2, 3].map(() => repository.read('m', 1)));
    expect(new Set(models.map(({ folder }) => folder)).size).toBe(1);
    expect(gets).toBe(1);
    await repository.close();
  });

  test('a listing has a bound', async () => {
    for (let k = 0; k < 25; k++) await s3.put(`many/m${k}/1/model.onnx`, named('x'));
    expect(await open('s3://models/many').list()).toHaveLength(25);
    await expect(open('s3://models/many', { maxListed: 10 }).list()).rejects.toThrow(/at most 10 objects, got more/);
  });

  test('the linter reads it too', async () => {
    const options = { s3: { endpoint: s3.endpoint, ...keys, cacheFolder: freshPath() } };
    expect(await lintRepository('s3://models/zoo', options)).toMatchObject([
      { model: 'ens', severity: 'error', what: expect.stringMatching(/wants ensemble_scheduling/) },
    ]);
  });
});

/** A store that answers as told. */
async function withStore<T>(answer: RequestListener, use: (endpoint: string) => Promise<T>): Promise<T> {
  const server = createServer(answer);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  try {
    return await use(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
  } finally {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  }
}

describe('a store that cannot be trusted', () => {
  const list = (endpoint: string, more = {}) => openS3Blobs('models', { endpoint, ...keys, ...more }).list('zoo/');

  test('a redirection is not followed, wherever it leads', async () => {
    let asked = 0;
    await withStore(
      (_, response) => {
        asked += 1;
        response.writeHead(asked === 1 ? 307 : 200, { location: 'http://169.254.169.254/latest/meta-data' }).end();
      },
      async endpoint => {
        await expect(list(endpoint)).rejects.toThrow(/wanted status 200, got a redirection \(307\)/);
        expect(asked).toBe(1);
      },
    );
  });

  test.each<[string, number, string, RegExp]>([
    ['no permission', 403, '', /status 403/],
    ['no bucket', 404, '', /status 404/],
    ['a page of HTML', 200, '<html>', /wanted a listing, got something else/],
    [
      'an object without a size',
      200,
      '<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>',
      /a listing/,
    ],
    [
      'more pages, but no token',
      200,
      '<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>',
      /a listing/,
    ],
    [
      'the same token for ever',
      200,
      '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>',
      /an empty page/,
    ],
    [
      'a listing of 20 MB',
      200,
      `<ListBucketResult>${' '.repeat(20 * 2 ** 20)}</ListBucketResult>`,
      /at most 16777216 bytes/,
    ],
  ])('%s is a failure with its reason', async (_, status, body, message) => {
    const answer: RequestListener = (__, response) => {
      response.writeHead(status).end(body);
    };
    await withStore(answer, async endpoint => {
      await expect(list(endpoint)).rejects.toMatchObject({
        code: 'BLOBS_FAILED',
        message: expect.stringMatching(message),
      });
    });
  });

  test('an object that is larger or smaller than listed is not used', async () => {
    const bytes = identity(['n', 2]);
    for (const stated of [bytes.length - 1, bytes.length + 1]) {
      const entry = `<Contents><Key>zoo/m/1/model.onnx</Key><Size>${stated}</Size></Contents>`;
      const answer: RequestListener = (request, response) => {
        const isList = request.url?.includes('list-type') === true;
        response.writeHead(200).end(isList ? `<ListBucketResult>${entry}</ListBucketResult>` : bytes);
      };
      await withStore(answer, async endpoint => {
        const repository = openRepository('s3://models/zoo', { s3: { endpoint, ...keys, cacheFolder: freshPath() } });
        await expect(repository.read('m')).rejects.toMatchObject({ code: 'BLOBS_FAILED' });
        await repository.close();
      });
    }
  });

  test('keys that would lead elsewhere are passed over', async () => {
    const wild = [
      'zoo/../../m/1/x',
      'zoo//m/1/x',
      'zoo/m/../../../etc/1',
      'zoo/m/1/..',
      'zoo/m/1/a&#0;b',
      'zoo/%2e%2e/1/x',
    ];
    const entries = wild.map(key => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`).join('');
    const answer: RequestListener = (_, response) => {
      response.writeHead(200).end(`<ListBucketResult>${entries}</ListBucketResult>`);
    };
    await withStore(answer, async endpoint => {
      const repository = openRepository('s3://models/zoo', { s3: { endpoint, ...keys } });
      expect(await repository.list()).toEqual([]);
      const read = openS3Blobs('models', { endpoint, ...keys })
        .read('../other/secret', 10)
        [Symbol.asyncIterator]();
      await expect(read.next()).rejects.toThrow(/as segments/);
    });
  });

  test('a store that is not there, one that is silent, a version over the budget', async () => {
    await expect(list('http://127.0.0.1:1')).rejects.toMatchObject({ code: 'BLOBS_FAILED' });
    await withStore(
      () => {},
      async endpoint => {
        await expect(list(endpoint, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'BLOBS_FAILED' });
      },
    );
    const small = open(undefined, { budgetBytes: 10 });
    await expect(small.read('m')).rejects.toThrow(/10000 files and 10 bytes/);
  });

  test.each([
    ['ftp://x', 'models'],
    ['http://user:secret@host', 'models'],
    ['http://host/?q', 'models'],
    ['not a url', 'models'],
    ['http://host', '../x'],
    ['http://host', 'UPPER'],
  ])('the endpoint %s with bucket %s is refused', (endpoint, bucket) => {
    expect(() => openS3Blobs(bucket, { endpoint, ...keys })).toThrowError(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    );
  });

  test.each(['s3://', 's3:///x', 's3://b/../x', 's3://models/a//b'])('the location %s is refused', location => {
    expect(() => openRepository(location, { s3: keys })).toThrowError(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    );
  });

  test('keys come from the environment; without any, that is said', () => {
    expect(() => openS3Blobs('models', { environment: {} })).toThrow(/AWS_ACCESS_KEY_ID[\s\S]*AWS_SECRET_ACCESS_KEY/);
    const environment = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
    expect(openS3Blobs('models', { environment }).place).toBe('s3://models');
  });
});

describe('a page of a listing', () => {
  test('page after page is asked for, each with the token of the one before', async () => {
    const tokens: (string | null)[] = [];
    const answer: RequestListener = (request, response) => {
      const token = new URL(request.url ?? '', 'http://store').searchParams.get('continuation-token');
      tokens.push(token);
      const page = token === null ? 0 : Number(token);
      const more = `<IsTruncated>${page < 3}</IsTruncated><NextContinuationToken>${page + 1}</NextContinuationToken>`;
      const entry = `<Contents><Key>zoo/m/${page + 1}/model.onnx</Key><Size>1</Size></Contents>`;
      response
        .writeHead(200)
        .end(`<ListBucketResult>${page % 2 === 0 ? more + entry : entry + more}</ListBucketResult>`);
    };
    await withStore(answer, async endpoint => {
      const repository = openRepository('s3://models/zoo', { s3: { endpoint, ...keys } });
      expect(await repository.list()).toEqual([{ name: 'm', versions: [4, 3, 2, 1] }]);
    });
    expect(tokens).toEqual([null, '1', '2', '3']);
  });

  test('entities, percent-encoded keys, tokens', () => {
    const xml = `<?xml version="1.0"?><ListBucketResult xmlns="x"><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
      <Contents><Key>a%2Fb+c%26</Key><Size>3</Size><ETag>&quot;e&quot;</ETag><LastModified>t</LastModified></Contents>
      <NextContinuationToken>1&amp;2</NextContinuationToken></ListBucketResult>`;
    expect(parseListPage(xml)).toEqual({ entries: [{ key: 'a/b c&', bytes: 3, stamp: '"e" t' }], next: '1&2' });
  });
});
