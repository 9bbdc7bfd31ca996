import { open, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { openRepository, readPackage, toMetadata } from 'galerkin/model';
import { describe, expect, test } from 'vitest';
import { fp32, handmade, identity } from './fixtures/models.js';
import { onnxModel, weights } from './fixtures/onnx.mjs';

const { write, read } = handmade();

describe('a package with nothing but model.onnx', () => {
  test('is completed from its graph: backend, tensors, batch axis, batching', async () => {
    const bytes = identity(['batch', 3, 'width']);
    const model = await read({ '1/model.onnx': bytes });
    expect(model).toMatchObject({
      name: 'm',
      version: 1,
      manifest: undefined,
      modelFile: 'model.onnx',
      files: ['model.onnx'],
      externalData: [],
      inputs: [{ name: 'x', dtype: 'FP32', dims: [3, -1], unit: '1', description: '', finite: false }],
      outputs: [{ name: 'y', dtype: 'FP32', dims: [3, -1] }],
    });
    expect(model.config).toMatchObject({
      name: 'm',
      backend: 'onnxruntime',
      platform: 'onnxruntime_onnx',
      max_batch_size: 4,
      version_policy: { latest: { num_versions: 1 } },
      input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [3, -1] }],
      dynamic_batching: { max_queue_delay_microseconds: 0 },
    });
    expect(await model.file('model.onnx')).toEqual(bytes);
    expect(toMetadata(model).inputs).toEqual([{ name: 'x', datatype: 'FP32', shape: [-1, 3, -1] }]);
  });

  test.each<[string, (number | string)[], number, number[]]>([
    ['a symbolic first size is the batch', ['n', 2], 4, [2]],
    ['so is one that nothing is known of', ['', 2], 4, [2]],
    ['a first size that is fixed is no batch', [1, 2], 0, [1, 2]],
    ['a number per item is sent as a vector of one', ['n'], 4, [1]],
    ['so is a scalar', [], 0, [1]],
  ])('%s', async (_, shape, max, dims) => {
    const { config } = await read({ '1/model.onnx': identity(shape) });
    expect(config).toMatchObject({ max_batch_size: max, input: [{ dims }] });
    expect(config.dynamic_batching === undefined).toBe(max === 0);
    if (shape.length <= 1) expect(config.input[0]?.reshape).toEqual({ shape: [] });
  });

  test('one output without the batch axis, and there is none', async () => {
    const { config } = await read({ '1/model.onnx': identity(['n', 2], [5, 2]) });
    expect(config).toMatchObject({ max_batch_size: 0, input: [{ dims: [-1, 2] }], output: [{ dims: [5, 2] }] });
  });

  test('inputs that the graph has values for need not be sent', async () => {
    const inputs = [fp32('x', ['n', 2]), fp32('w', [1])];
    const bytes = onnxModel({ inputs, outputs: [fp32('y', ['n', 2])], initializers: [weights('w')] });
    const { config } = await read({ '1/model.onnx': bytes });
    expect(config.input.map(({ name }) => name)).toEqual(['x']);
    expect(config.max_batch_size).toBe(4);
  });

  test('the largest batch of such graphs is an option; 0 switches it off', async () => {
    const folder = write({ 'm/1/model.onnx': identity(['n', 2]) });
    const repository = openRepository(folder, { defaultMaxBatchSize: 0 });
    expect((await repository.read('m')).config).toMatchObject({ max_batch_size: 0, input: [{ dims: [-1, 2] }] });
    const many = await openRepository(folder, { defaultMaxBatchSize: 64 }).read('m');
    expect(many.config.max_batch_size).toBe(64);
  });

  test('all of KServe’s datatypes are read; others are refused by name', async () => {
    const names = [
      'FP32',
      'UINT8',
      'INT8',
      'UINT16',
      'INT16',
      'INT32',
      'INT64',
      'BYTES',
      'BOOL',
      'FP16',
      'FP64',
      'UINT32',
      'UINT64',
      'BF16',
    ];
    const ports = names.map(dtype => ({ name: `x_${dtype}`, dtype, shape: ['n'] }));
    const outputs = names.map(dtype => ({ name: `y_${dtype}`, dtype, shape: ['n'] }));
    const model = await read({ '1/model.onnx': onnxModel({ inputs: ports, outputs }) });
    expect(model.inputs.map(({ dtype }) => dtype)).toEqual(names);
    const odd = onnxModel({ inputs: [{ name: 'x', dtype: 'COMPLEX64', shape: [2] }], outputs: [fp32('y', [2])] });
    await expect(read({ '1/model.onnx': odd })).rejects.toThrow(
      /input 'x': the graph's is element type 14, which cannot be served/,
    );
  });
});

describe('a configuration beside the graph', () => {
  const graph = identity(['n', 2, 'm']);

  test('what it leaves out is completed, what it says stays', async () => {
    const { config } = await read({
      '1/model.onnx': graph,
      'config.pbtxt': 'max_batch_size: 16 input { name: "x" dims: [ 2, 7 ] } output { name: "y" data_type: TYPE_FP32 }',
    });
    expect(config).toMatchObject({
      max_batch_size: 16,
      input: [{ data_type: 'TYPE_FP32', dims: [2, 7] }],
      output: [{ data_type: 'TYPE_FP32', dims: [2, -1] }],
    });
    expect(config.dynamic_batching).toBeUndefined();
  });

  test('max_batch_size: 0, said, means no batching; so do sizes that count the first axis', async () => {
    const said = await read({ '1/model.onnx': graph, 'config.pbtxt': 'max_batch_size: 0' });
    expect(said.config).toMatchObject({ max_batch_size: 0, input: [{ dims: [-1, 2, -1] }] });
    const whole = await read({ '1/model.onnx': graph, 'config.pbtxt': 'input { name: "x" dims: [ -1, 2, -1 ] }' });
    expect(whole.config.max_batch_size).toBe(0);
    const item = await read({ '1/model.onnx': graph, 'config.pbtxt': 'input { name: "x" dims: [ 2, -1 ] }' });
    expect(item.config).toMatchObject({ max_batch_size: 4, dynamic_batching: {} });
  });

  test('a scheduler that is chosen is kept', async () => {
    const { config } = await read({
      '1/model.onnx': graph,
      'config.pbtxt': 'sequence_batching { oldest { max_candidate_sequences: 4 } }',
    });
    expect(config.max_batch_size).toBe(4);
    expect(config.dynamic_batching).toBeUndefined();
    expect(config.sequence_batching).toMatchObject({ max_sequence_idle_microseconds: 1_000_000 });
  });

  test('reshape stands between what clients send and what the graph takes', async () => {
    const text =
      'max_batch_size: 0 input { name: "x" data_type: TYPE_FP32 dims: [ 4 ] reshape { shape: [ 1, 2, 2 ] } }';
    const { config } = await read({ '1/model.onnx': identity([1, 2, 'm']), 'config.pbtxt': text });
    expect(config.input[0]).toMatchObject({ dims: [4], reshape: { shape: [1, 2, 2] } });
  });

  test.each<[string, RegExp]>([
    ['input { name: "z" }', /line 1:7: input 'z': the graph has no such input; it has 'x'/],
    ['input { name: "z" }', /input: the graph wants 'x' too, got only 'z'/],
    ['input { name: "x" data_type: TYPE_INT32 }', /line 1:7: input 'x': wanted FP32 as in the graph, got TYPE_INT32/],
    [
      'input { name: "x" dims: [ 3, -1 ] }',
      /input 'x': wanted sizes that fit \[-1,2,-1\] of the graph, got \[-1,3,-1\], the first of them the batch/,
    ],
    ['max_batch_size: 2 input { name: "x" dims: [ -1, 2, -1 ] }', /got \[-1,-1,2,-1\]/],
    ['max_batch_size: 2 input { name: "x" dims: [ -1, -1 ] }', /fit \[-1,2,-1\] of the graph, got \[-1,-1,-1\]/],
    ['output { name: "q" dims: 1 }', /output 'q': the graph has no such output; it has 'y'/],
    ['name: "other"', /line 1:7: 'name': wanted 'm' as its folder, got 'other'/],
    [
      'sequence_batching { control_input { name: "START" control { int32_false_true: [ 0, 1 ] } } }',
      /no input 'START'; it has 'x'/,
    ],
    ['default_model_filename: "net.onnx" backend: "onnxruntime"', /wanted a file 'net.onnx', got none/],
    ['platform: "tensorflow_savedmodel"', /'backend': wanted a name, got none \(platform 'tensorflow_savedmodel'\)/],
  ])('%s contradicts the graph: both are named', async (text, message) => {
    await expect(read({ '1/model.onnx': graph, 'config.pbtxt': text })).rejects.toThrow(message);
  });

  test('a batch on a graph that has none is refused', async () => {
    const reading = read({ '1/model.onnx': identity([2]), 'config.pbtxt': 'max_batch_size: 8' });
    await expect(reading).rejects.toThrow(/wanted sizes that fit \[2\] of the graph, got \[-1/);
  });

  test('another file name for the program', async () => {
    const model = await read({ '1/net.onnx': graph, 'config.pbtxt': 'default_model_filename: "net.onnx"' });
    expect(model).toMatchObject({ modelFile: 'net.onnx', config: { backend: 'onnxruntime' } });
  });
});

describe('packages of other kinds', () => {
  const ends = 'input { name: "A" data_type: TYPE_FP32 dims: 2 } output { name: "B" data_type: TYPE_FP32 dims: 2 }';
  const step = 'step { model_name: "x" input_map { key: "x" value: "A" } output_map { key: "y" value: "B" } }';

  test('an ensemble is a configuration and an empty version', async () => {
    const model = await read({
      '1/': '',
      'config.pbtxt': `platform: "ensemble" ${ends} ensemble_scheduling { ${step} }`,
    });
    expect(model).toMatchObject({ modelFile: undefined, files: [], config: { platform: 'ensemble', backend: '' } });
    expect(model.inputs).toMatchObject([{ name: 'A', dtype: 'FP32', dims: [2] }]);
  });

  test('an ensemble has no backend and says all of its tensors', async () => {
    const scheduling = `ensemble_scheduling { ${step} }`;
    const backend = read({ '1/': '', 'config.pbtxt': `backend: "onnxruntime" ${ends} ${scheduling}` });
    await expect(backend).rejects.toThrow(/an ensemble wants 'ensemble' and no backend/);
    const bare = read({ '1/': '', 'config.pbtxt': `input { name: "A" } output { name: "B" } ${scheduling}` });
    await expect(bare).rejects.toThrow(/input 'A': wanted a data type, got none/);
  });

  test('another backend needs no program, but all of its tensors', async () => {
    const model = await read({ '1/': '', 'config.pbtxt': `backend: "mine" ${ends}` });
    expect(model).toMatchObject({ modelFile: undefined, config: { backend: 'mine' } });
    await expect(read({ '1/': '', 'config.pbtxt': '' })).rejects.toThrow(/'backend': wanted a name, got none/);
  });
});

describe('files of a package', () => {
  test('the digest is of configuration and files: another byte anywhere, another digest', async () => {
    const files = { '1/model.onnx': identity(['n', 2]), '1/weights/w.bin': 'abc', 'config.pbtxt': 'max_batch_size: 2' };
    const model = await read(files);
    expect(model.files).toEqual(['model.onnx', 'weights/w.bin']);
    expect((await read(files)).digest).toBe(model.digest);
    expect((await read({ ...files, '1/weights/w.bin': 'abd' })).digest).not.toBe(model.digest);
    expect((await read({ ...files, 'config.pbtxt': 'max_batch_size: 3' })).digest).not.toBe(model.digest);
    expect(new TextDecoder().decode(await model.file('weights/w.bin'))).toBe('abc');
  });

  test('labels and warm-up data lie beside the versions', async () => {
    const model = await read({ '1/model.onnx': identity(['n', 2]), 'labels.txt': 'cat', 'warmup/x': 'data' });
    expect(new TextDecoder().decode(await model.sharedFile('labels.txt'))).toBe('cat');
    expect(new TextDecoder().decode(await model.sharedFile('warmup/x'))).toBe('data');
    await expect(model.sharedFile('none')).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
  });

  test('sums of the checksum agent are compared', async () => {
    const agent = (sum: string) =>
      `model_repository_agents { agents { name: "checksum" parameters { key: "MD5:1/data" value: "${sum}" } } }`;
    const files = { '1/model.onnx': identity(['n', 2]), '1/data': 'abc' };
    const right = '900150983cd24fb0d6963f7d28e17f72'; // MD5 of 'abc', RFC 1321
    expect((await read({ ...files, 'config.pbtxt': agent(right) })).name).toBe('m');
    const wrong = read({ ...files, 'config.pbtxt': agent('0'.repeat(32)) });
    await expect(wrong).rejects.toMatchObject({ code: 'PACKAGE_CORRUPT', fields: { got: `md5:${right}` } });
  });

  test('half a gigabyte of weights is hashed in pieces and never parsed', async () => {
    const folder = write({ 'm/1/': '' });
    const path = join(folder, 'm/1/model.onnx');
    const weightBytes = 500 * 2 ** 20;
    // initializer { raw_data: 500 MiB of zeros }: a hole in the file.
    const tensor = new BinaryWriter().tag(9, WireType.LengthDelimited).uint32(weightBytes).finish();
    const rest = identity(['n', 2]);
    const initializer = new BinaryWriter()
      .tag(5, WireType.LengthDelimited)
      .uint32(tensor.length + weightBytes)
      .finish();
    const graphBytes = initializer.length + tensor.length + weightBytes;
    const graph = new BinaryWriter().tag(7, WireType.LengthDelimited).uint32(graphBytes).finish();
    const file = await open(path, 'w');
    await file.write(rest);
    await file.write(Buffer.concat([graph, initializer, tensor]));
    const { size } = await file.stat();
    await file.close();
    await truncate(path, size + weightBytes);
    const before = process.memoryUsage().rss;
    const model = await readPackage(folder, 'm');
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
    expect(model.config.input).toMatchObject([{ name: 'x', dims: [2] }]);
  });
});
