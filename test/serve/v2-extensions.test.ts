import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { gunzipSync, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InferCall } from '../../dist/serve/http/v2-call.js';
import { sharedMemory } from '../../dist/serve/protocol/shared-memory.js';
import {
  binaryOutputs,
  binaryQuestion,
  bytesOf,
  errorOf,
  exchange,
  get,
  jsonQuestion,
  post,
} from './fixtures/client.js';
import { constantField, type Fixture, serveFixture } from './fixtures/repository.js';

let server: Fixture;
const at = (path: string): string => `${server.url}${path}`;

beforeAll(async () => {
  server = await serveFixture(['double', 'simple', 'kinds']);
});
afterAll(() => server.close());

const vector = Array.from({ length: 16 }, (_, index) => index);
const pair = (more: object = {}) => ({
  inputs: ['INPUT0', 'INPUT1'].map(name => ({ name, datatype: 'INT32', shape: [1, 16], data: vector })),
  ...more,
});

describe('statistics', () => {
  test('count what was asked and what failed, of one model or of all', async () => {
    await post(at('/v2/models/simple/infer'), pair());
    await post(at('/v2/models/simple/infer'), { inputs: [] });
    const { json } = await get(at('/v2/models/simple/stats'));
    expect(json).toMatchObject({
      model_stats: [{ name: 'simple', version: '1', inference_stats: { success: { count: 1 }, fail: { count: 1 } } }],
    });
    const all = await get(at('/v2/models/stats'));
    expect(all.json).toMatchObject({
      model_stats: expect.arrayContaining([expect.objectContaining({ name: 'kinds' })]),
    });
  });

  test('of a model that is not there are refused in words of their own', async () => {
    const reply = await get(at('/v2/models/nope/stats'));
    expect([reply.status, errorOf(reply)]).toEqual([
      400,
      expect.stringContaining("requested model 'nope' is not available"),
    ]);
  });
});

describe('settings', () => {
  test('of traces belong to a model or to the server, and null gives them back', async () => {
    const path = at('/v2/models/simple/trace/setting');
    expect((await post(path, { trace_level: ['TIMESTAMPS'], trace_rate: '2' })).json).toMatchObject({
      trace_level: ['TIMESTAMPS'],
      trace_rate: '2',
    });
    expect((await get(at('/v2/trace/setting'))).json).toMatchObject({
      trace_level: ['OFF'],
      trace_rate: '1000',
      trace_count: '-1',
    });
    expect((await post(path, { trace_level: null, trace_rate: null })).json).toMatchObject({
      trace_level: ['OFF'],
      trace_rate: '1000',
    });
  });

  test.each([
    [{ trace_level: ['OFF', 'TENSORS'] }, 400, /Expect only one trace level 'OFF'/],
    [{ trace_rate: 'often' }, 400, /trace_rate: value is out of range/],
    [{ trace_count: '-2' }, 400, /trace_count/],
    [{ trace_rate: '99999999999999999999' }, 400, /trace_rate/],
    [{ trace_file: '/tmp/pwned' }, 501, /^trace file location can not be updated through network protocol$/],
    [{ trace_file: null }, 501, /network protocol/],
  ])('trace %j', async (body, status, words) => {
    const reply = await post(at('/v2/trace/setting'), body);
    expect([reply.status, errorOf(reply)]).toEqual([status, expect.stringMatching(words)]);
  });

  test('of the log are shown and changed, but for its file', async () => {
    expect(
      (await post(at('/v2/logging'), { log_verbose_level: 1, log_format: 'ISO8601', log_info: null })).json,
    ).toEqual({
      log_file: '',
      log_info: true,
      log_warning: true,
      log_error: true,
      log_verbose_level: 1,
      log_format: 'ISO8601',
    });
    const refused = await post(at('/v2/logging'), { log_info: false, log_file: '/etc/cron.d/x' });
    expect([refused.status, errorOf(refused)]).toEqual([
      501,
      'log file location can not be updated through network protocol',
    ]);
    expect((await get(at('/v2/logging'))).json).toMatchObject({ log_info: true, log_file: '' });
    expect((await post(at('/v2/logging'), { log_verbose_level: -1 })).status).toBe(400);
    await post(at('/v2/logging'), { log_verbose_level: 0, log_format: 'default' });
  });
});

describe('the repository', () => {
  test('lists its models, with a body or without', async () => {
    for (const body of ['', '{}', '{"ready":true}']) {
      const { json } = await post(at('/v2/repository/index'), body);
      expect(json).toEqual(expect.arrayContaining([{ name: 'simple', version: '1', state: 'READY' }]));
    }
    expect((await post(at('/v2/repository/index'), { ready: 'yes' })).status).toBe(400);
  });

  test('is not changed by clients unless the server was told so', async () => {
    const load = await post(at('/v2/repository/models/simple/load'), '');
    expect([load.status, errorOf(load)]).toEqual([
      503,
      expect.stringContaining('explicit model load / unload is not allowed'),
    ]);
    expect((await post(at('/v2/repository/models/simple/unload'), '')).status).toBe(503);
  });

  test('a name of a repository is not supported', async () => {
    for (const path of ['index', 'models/simple/load', 'models/simple/unload']) {
      const reply = await post(at(`/v2/repository/mine/${path}`), '');
      expect([reply.status, errorOf(reply)]).toEqual([
        501,
        expect.stringContaining("'repository_name' specification is not supported"),
      ]);
    }
  });

  test.each([
    [{ parameters: { 'file:1/model.onnx': 'AAAA' } }, /must also have 'config'/],
    [{ parameters: { config: '{}', 'file:../../etc/x': 'AAAA' } }, /another path/],
    [{ parameters: { config: '{}', 'file:1/../../x': 'AAAA' } }, /another path/],
    [{ parameters: { config: '{}', 'file:/etc/x': 'AAAA' } }, /another path/],
    [{ parameters: { config: '{}', 'file:1/a\u0000b': 'AAAA' } }, /another path/],
    [{ parameters: { config: '{}', 'file:1/m.onnx': '%%%%' } }, /a file in base64, got other text/],
    [{ parameters: { colour: 'red' } }, /'config' or 'file:…'/],
    [{ parameters: { config: 5 } }, /config/],
    [{ parameters: [] }, /parameters/],
  ])('refuses to load %j', async (body, words) => {
    const reply = await post(at('/v2/repository/models/simple/load'), body);
    expect([reply.status, errorOf(reply)]).toEqual([400, expect.stringMatching(words)]);
  });
});

describe('classification', () => {
  test('gives the largest values with their places, as text or as bytes', async () => {
    const outputs = [{ name: 'OUTPUT0', parameters: { classification: 2 } }];
    const { json } = await post(at('/v2/models/simple/infer'), pair({ outputs }));
    expect(json).toMatchObject({
      outputs: [{ name: 'OUTPUT0', datatype: 'BYTES', shape: [1, 2], data: ['30:15', '28:14'] }],
    });
    const binary = binaryOutputs(
      await post(
        at('/v2/models/simple/infer'),
        pair({ outputs: [{ name: 'OUTPUT0', parameters: { classification: 1, binary_data: true } }] }),
      ),
    );
    expect(binary.outputs.OUTPUT0).toEqual(Buffer.from('\u0005\0\0\u000030:15'));
  });

  test('of floats has six decimals, and no more classes than values', async () => {
    const values = constantField(0.5).map((value, k) => value + k);
    const question = jsonQuestion(values, [1, 4, 4], { outputs: [{ name: 'u', parameters: { classification: 99 } }] });
    const { json } = await post(at('/v2/models/double/infer'), question);
    expect(json).toMatchObject({ outputs: [{ shape: [1, 16], data: expect.arrayContaining(['19.000000:9']) }] });
  });
});

describe('raw binary requests', () => {
  test.each([
    [
      'simple',
      "Raw request must only have 1 input (found 1) to be deduced but got 2 inputs in 'simple' model configuration",
    ],
    ['kinds', 'Raw request must only have 1 input (found 1) to be deduced but got 13 inputs in'],
  ])('%s', async (model, words) => {
    const reply = await post(at(`/v2/models/${model}/infer`), new Uint8Array(8), {
      'inference-header-content-length': '0',
    });
    expect([reply.status, errorOf(reply)]).toEqual([400, expect.stringContaining(words)]);
  });
});

describe('errors of one request', () => {
  test('begin with its id, or say that it has none', async () => {
    const url = at('/v2/models/simple/infer');
    expect(errorOf(await post(url, { id: 'q7', inputs: [] }))).toMatch(
      /^\[request id: q7\] expected 2 inputs but got 0 inputs/,
    );
    expect(errorOf(await post(url, { inputs: [] }))).toMatch(/^\[request id: <id_unknown>\] expected 2 inputs/);
    expect(errorOf(await post(url, '{'))).toMatch(/^failed to parse the request JSON/);
  });

  test('ids come back as they were, whatever is in them', async () => {
    for (const id of ['1', 'é"\\\u2028', '__proto__', '{"cut":0}', 'x'.repeat(1024)]) {
      expect((await post(at('/v2/models/simple/infer'), pair({ id }))).json).toMatchObject({ id });
    }
    expect((await post(at('/v2/models/simple/infer'), pair({ id: '' }))).json).not.toHaveProperty('id');
    expect((await post(at('/v2/models/simple/infer'), pair({ id: 'x'.repeat(1025) }))).status).toBe(400);
  });
});

describe('compressed responses', () => {
  test('come where one coding is asked for, and not to those who list all they know', async () => {
    const body = JSON.stringify(jsonQuestion(constantField(2), [1, 4, 4]));
    const ask = async (accept: string) =>
      exchange(
        server.port,
        `POST /v2/models/double/infer HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Encoding: ${accept}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    for (const [accept, coding] of [
      ['gzip', 'gzip'],
      ['deflate', 'deflate'],
      ['gzip;q=0.2, deflate;q=0.9', 'deflate'],
      ['identity;q=1, gzip;q=0.5', ''],
      ['gzip, deflate, br', ''],
    ]) {
      expect([accept, /content-encoding: (\w+)/i.exec(await ask(accept))?.[1] ?? '']).toEqual([accept, coding]);
    }
  });

  test('are what they were before', async () => {
    const { body, headers } = binaryQuestion(
      [{ name: 'a', datatype: 'FP32', shape: [1, 4, 4], bytes: bytesOf(new Float32Array(16).fill(1)) }],
      { parameters: { binary_data_output: true } },
    );
    for (const [coding, unpack] of [
      ['gzip', gunzipSync],
      ['deflate', inflateSync],
    ] as const) {
      const response = await new Promise<{ chunks: Buffer; length: number }>((resolve, reject) => {
        const socket = connect(server.port, '127.0.0.1');
        const chunks: Buffer[] = [];
        socket.on('data', chunk => chunks.push(chunk));
        socket.on('error', reject);
        socket.on('close', () => {
          const all = Buffer.concat(chunks);
          const head = all.subarray(0, all.indexOf('\r\n\r\n')).toString();
          resolve({
            chunks: all.subarray(head.length + 4),
            length: Number(/inference-header-content-length: (\d+)/i.exec(head)?.[1]),
          });
        });
        socket.write(
          `POST /v2/models/double/infer HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Encoding: ${coding}\r\ninference-header-content-length: ${headers['inference-header-content-length']}\r\nContent-Length: ${body.length}\r\n\r\n`,
        );
        socket.write(body);
      });
      const plain = unpack(response.chunks);
      expect(plain.subarray(response.length)).toEqual(Buffer.from(new Float32Array(16).fill(2).buffer));
    }
  });
});

describe('a client that goes away', () => {
  test('is noticed only by those who look, and at once', async () => {
    const calls: InferCall[] = [];
    const memory = sharedMemory({ allowed: false });
    const listening = createServer((_request, response) => calls.push(new InferCall(memory, '', response)));
    await once(listening.listen(0, '127.0.0.1'), 'listening');
    const address = listening.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(listening, 'request');
    const signal = calls[0]?.signal;
    expect([signal?.aborted, calls[0]?.signal === signal]).toEqual([false, true]);
    socket.destroy();
    await expect.poll(() => signal?.aborted).toBe(true);
    expect(new InferCall(memory).signal).toBeUndefined();
    listening.close();
  });
});
