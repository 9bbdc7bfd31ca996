import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from 'galerkin/base';
import { listModels, openRepository, readPackage } from 'galerkin/model';
import { describe, expect, test } from 'vitest';
import { sourceOf } from '../../dist/model/onnx/byte-source.js';
import { readGraph } from '../../dist/model/onnx/graph.js';
import { fp32, handmade, identity } from './fixtures/models.js';
import { constantNode, onnxModel, weights } from './fixtures/onnx.mjs';

const { write, read } = handmade();

const withWeights = (location: string): Uint8Array =>
  onnxModel({
    inputs: [fp32('x', ['n', 2])],
    outputs: [fp32('y', ['n', 2])],
    initializers: [weights('w', { location })],
  });

describe('weights outside of the file', () => {
  test('lie in files of the version’s folder, and are named', async () => {
    const model = await read({ '1/model.onnx': withWeights('data/w.bin'), '1/data/w.bin': 'wwww' });
    expect(model.externalData).toEqual(['data/w.bin']);
    expect(model.files).toEqual(['data/w.bin', 'model.onnx']);
  });

  test.each([
    '/etc/passwd',
    '../../secret',
    '..',
    'a/../../../secret',
    '..\\secret',
    'C:/x',
    '',
    'none.bin',
    'a\0b',
    './w.bin',
    'w.bin/',
    'x'.repeat(5000),
  ])('are refused at %j', async location => {
    const files = { '1/model.onnx': withWeights(location), '1/w.bin': 'wwww', '../secret': 's' };
    await expect(read(files)).rejects.toThrow(/wanted external data in files of the version's folder/);
  });

  test('are refused through links that leave the version, even inside the repository', async () => {
    const folder = write({
      'm/1/model.onnx': withWeights('w.bin'),
      'other/1/w.bin': 'wwww',
      'm/2/model.onnx': withWeights('sub/w.bin'),
    });
    symlinkSync(join(folder, 'other/1/w.bin'), join(folder, 'm/1/w.bin'));
    symlinkSync(join(folder, 'other/1'), join(folder, 'm/2/sub'));
    for (const version of [1, 2]) {
      await expect(readPackage(folder, 'm', version)).rejects.toThrow(/wanted external data/);
    }
    const outside = write({ 'w.bin': 'wwww' });
    symlinkSync(join(outside, 'w.bin'), join(write({ 'm/1/model.onnx': withWeights('w.bin') }, folder), 'm/1/v.bin'));
    await expect(readPackage(folder, 'm', 1)).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
  });

  test('are found in attributes of nodes, too', async () => {
    const ports = { inputs: [fp32('x', ['n', 2])], outputs: [fp32('y', ['n', 2])] };
    const bytes = onnxModel({ ...ports, nodes: [constantNode('c', weights('', { location: '/etc/shadow' }))] });
    await expect(read({ '1/model.onnx': bytes })).rejects.toThrow(/"\/etc\/shadow"/);
  });
});

describe('bytes that are no ONNX model', () => {
  test.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['a text', new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\n')],
    ['sevens', new Uint8Array(100).fill(7)],
    ['half a model', identity(['n', 2]).subarray(0, 40)],
    ['a length of 2^63', Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)],
    ['a number without an end', new Uint8Array(20).fill(0xff)],
  ])('%s: refused with the reason', async (_, bytes) => {
    await expect(read({ '1/model.onnx': bytes })).rejects.toThrow(/wanted an ONNX model, got other bytes \(/);
  });

  test('graphs inside graphs inside graphs end at a bound', () => {
    let graph: Uint8Array = new Uint8Array();
    const wrap = (number: number, content: Uint8Array): Uint8Array => {
      const size: number[] = [];
      let rest = content.length;
      do {
        size.push((rest & 127) | (rest > 127 ? 128 : 0));
        rest >>= 7;
      } while (rest > 0);
      return Buffer.concat([Uint8Array.of(number * 8 + 2, ...size), content]);
    };
    for (let k = 0; k < 500; k++) graph = wrap(1, wrap(5, wrap(6, graph)));
    expect(readGraph(sourceOf(wrap(7, graph)))).toMatch(/more than 64 deep/);
  });

  test('20 000 damaged models: a graph or a reason, nothing else', () => {
    const random = seededRandom(8);
    const whole = withWeights('w.bin');
    let refused = 0;
    for (let k = 0; k < 20_000; k++) {
      const bytes = Uint8Array.from(
        whole.subarray(0, random.integer(8) === 0 ? random.integer(whole.length) : whole.length),
      );
      for (let edits = 1 + random.integer(4); edits > 0; edits--)
        bytes[random.integer(bytes.length)] = random.integer(256);
      const graph = readGraph(sourceOf(bytes));
      if (typeof graph === 'string') refused += 1;
      else expect(Array.isArray(graph.inputs)).toBe(true);
    }
    expect(refused).toBeGreaterThan(5000);
  });
});

const hostileNames = [
  '..',
  '.',
  '',
  '../m',
  '..%2fm',
  '%2e%2e',
  'm/1',
  'm\\1',
  'm\0',
  '/m',
  '.m',
  '-m',
  'm\n',
  'é',
  'm'.repeat(200),
];

describe('names', () => {
  test.each(hostileNames)('the model %j is refused, in every place', async name => {
    const folder = write({ 'm/1/model.onnx': identity(['n', 2]) });
    const repository = openRepository(folder);
    const refusal = { code: 'MODEL_NAME_INVALID' };
    await expect(repository.read(name)).rejects.toMatchObject(refusal);
    await expect(repository.fingerprint(name)).rejects.toMatchObject(refusal);
    await expect(repository.read(name, 1, { files: new Map() })).rejects.toMatchObject(refusal);
  });

  test.each([0, -1, 1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])(
    'the version %d is not there',
    async version => {
      const folder = write({ 'm/1/model.onnx': identity(['n', 2]) });
      await expect(readPackage(folder, 'm', version)).rejects.toMatchObject({ code: 'PACKAGE_VERSION_UNKNOWN' });
    },
  );

  test.each(['../config.pbtxt', '/etc/passwd', '../../x', 'a/../b', '.', '', 'a\0', '1/../../x', 'x'.repeat(3000)])(
    'the file %j is given by nobody',
    async path => {
      const model = await read({ '1/model.onnx': identity(['n', 2]), 'config.pbtxt': '' });
      await expect(model.file(path)).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
      await expect(model.sharedFile(path)).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
    },
  );

  test('labels may not be links out of the repository', async () => {
    const folder = write({ 'm/1/model.onnx': identity(['n', 2]) });
    symlinkSync('/etc/hostname', join(folder, 'm/labels.txt'));
    const model = await readPackage(folder, 'm');
    await expect(model.sharedFile('labels.txt')).rejects.toThrow(/inside the repository/);
  });

  test.each(['label_filename: "../../x"', 'label_filename: "/etc/passwd"'])(
    '%s in a configuration is refused',
    async text => {
      const reading = read({ '1/model.onnx': identity(['n', 2]), 'config.pbtxt': `output { name: "y" ${text} }` });
      await expect(reading).rejects.toThrow(/label_filename.*wanted a path below/);
    },
  );
});

describe('folders', () => {
  test('a link in a circle, thousands of files, many levels: bounded', async () => {
    const folder = write({ 'm/1/model.onnx': identity(['n', 2]), 'deep/1/model.onnx': identity(['n', 2]) });
    symlinkSync(join(folder, 'm/1'), join(folder, 'm/1/again'));
    await expect(readPackage(folder, 'm')).rejects.toThrow(/at most 10000 files, 8 folders deep/);
    mkdirSync(join(folder, 'deep/1', ...Array.from({ length: 12 }, (_, k) => `${k}`)), { recursive: true });
    await expect(readPackage(folder, 'deep')).rejects.toThrow(/8 folders deep/);
    expect(await openRepository(folder).fingerprint('m')).toMatch(/^sha256:/);
  });

  test('a folder where a file should be, a file where a folder should be', async () => {
    const folder = write({
      'm/1/model.onnx/': '',
      'n/1': 'a file',
      'o/config.pbtxt/': '',
      'o/1/model.onnx': identity(['n', 2]),
    });
    await expect(readPackage(folder, 'm')).rejects.toMatchObject({ code: 'MODEL_CONFIG_INVALID' });
    await expect(readPackage(folder, 'n')).rejects.toMatchObject({ code: 'PACKAGE_UNKNOWN' });
    await expect(readPackage(folder, 'o')).rejects.toMatchObject({ code: 'FILE_READ_FAILED' });
    writeFileSync(join(folder, 'stray'), '');
    expect((await listModels(folder)).map(({ name }) => name)).toEqual(['m', 'o']);
  });
});
