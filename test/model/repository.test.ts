import { renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelConfig, openRepository } from 'galerkin/model';
import { describe, expect, test } from 'vitest';
import { handmade, identity } from './fixtures/models.js';
import { textOf } from './fixtures/onnx.mjs';

const { write, freshPath } = handmade();
const graph = identity(['n', 2]);
const filesOf = (files: Readonly<Record<string, Uint8Array | string>>) =>
  new Map(
    Object.entries(files).map(([path, content]): [string, Uint8Array] => [
      path,
      typeof content === 'string' ? new TextEncoder().encode(content) : content,
    ]),
  );

describe('openRepository on a folder', () => {
  test('lists, reads the newest version or another, and refuses what is not there', async () => {
    const repository = openRepository(
      write({ 'm/1/model.onnx': graph, 'm/12/model.onnx': graph, 'a/3/model.onnx': graph }),
    );
    expect(await repository.list()).toEqual([
      { name: 'a', versions: [3] },
      { name: 'm', versions: [12, 1] },
    ]);
    expect((await repository.read('m')).version).toBe(12);
    expect((await repository.read('m', 1)).version).toBe(1);
    await expect(repository.read('z')).rejects.toThrow(/has: a, m\./);
    await expect(repository.read('m', 2)).rejects.toThrow(/only: 12, 1\./);
    await repository.close();
  });

  test('a folder that is not there holds nothing', async () => {
    const repository = openRepository(freshPath());
    expect(await repository.list()).toEqual([]);
    expect(await repository.fingerprint('m')).toBe('');
  });

  test('the fingerprint changes with every change, and with nothing else', async () => {
    const folder = write({
      'm/1/model.onnx': graph,
      'm/config.pbtxt': '',
      'm/labels.txt': 'a',
      'z/1/model.onnx': graph,
    });
    const repository = openRepository(folder);
    const seen = new Set([await repository.fingerprint('m')]);
    const changes = [
      () => writeFileSync(join(folder, 'm/config.pbtxt'), 'max_batch_size: 2'),
      () => writeFileSync(join(folder, 'm/labels.txt'), 'b'),
      () => utimesSync(join(folder, 'm/labels.txt'), 1, 1),
      () => write({ 'm/2/model.onnx': graph }, folder),
      () => write({ 'm/3/': '' }, folder),
      () => renameSync(join(folder, 'm/2'), join(folder, 'm/4')),
      () => rmSync(join(folder, 'm/4'), { recursive: true }),
    ];
    for (const change of changes) {
      change();
      const now = await repository.fingerprint('m');
      expect(seen.has(now)).toBe(false);
      seen.add(now);
      expect(await repository.fingerprint('m')).toBe(now);
    }
    const before = await repository.fingerprint('m');
    writeFileSync(join(folder, 'z/1/model.onnx'), 'other');
    writeFileSync(join(folder, 'm/.hidden'), 'a temporary file');
    expect(await repository.fingerprint('m')).toBe(before);
  });
});

describe('a load request that brings its own', () => {
  const folder = write({ 'm/1/model.onnx': graph, 'm/config.pbtxt': 'max_batch_size: 2' });
  const repository = openRepository(folder);

  test('configuration, as JSON or as data: it takes the place of config.pbtxt', async () => {
    const json = await repository.read('m', undefined, {
      config: '{ "max_batch_size": 32, "backend": "onnxruntime" }',
    });
    expect(json.config).toMatchObject({ max_batch_size: 32, input: [{ name: 'x', dims: [2] }] });
    const typed = await repository.read('m', 1, { config: modelConfig({ max_batch_size: 16 }) });
    expect(typed.config.max_batch_size).toBe(16);
    const none = await repository.read('m', 1, { config: '{ "maxBatchSize": 0 }' });
    expect(none.config.max_batch_size).toBe(0);
    expect(new Set([json, typed, none].map(({ digest }) => digest)).size).toBe(3);
    expect((await repository.read('m')).config.max_batch_size).toBe(2);
  });

  test('files: the model is made of them alone, in memory', async () => {
    const files = filesOf({ '7/model.onnx': identity(['n', 5]), '7/extra/w.bin': 'w', 'labels.txt': 'cat' });
    const model = await repository.read('m', undefined, { config: '{ "maxBatchSize": 3 }', files });
    expect(model).toMatchObject({ version: 7, folder: undefined, files: ['extra/w.bin', 'model.onnx'] });
    expect(model.config).toMatchObject({ max_batch_size: 3, input: [{ dims: [5] }] });
    expect(textOf(await model.file('model.onnx'))).toBe('model');
    expect(new TextDecoder().decode(await model.sharedFile('labels.txt'))).toBe('cat');
    await expect(repository.read('m', 1, { files })).rejects.toMatchObject({ code: 'PACKAGE_VERSION_UNKNOWN' });
    const unknown = await repository.read('new_one', undefined, { files });
    expect(unknown.name).toBe('new_one');
  });

  test.each(['../../x', '/etc/x', '1/../../x', '', '.', '1/', '1//x', '1\\x', '1/a\0', '.hidden', '1/.hidden', 'C:x'])(
    'the path %j is refused',
    async path => {
      const files = filesOf({ '1/model.onnx': graph, [path]: 'x' });
      await expect(repository.read('m', undefined, { files })).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
    },
  );

  test('too many files, no version, a graph that contradicts: refused', async () => {
    const many = filesOf(Object.fromEntries(Array.from({ length: 1001 }, (_, k) => [`1/${k}`, ''])));
    await expect(repository.read('m', undefined, { files: many })).rejects.toThrow(/at most 1000 files/);
    const loose = filesOf({ 'model.onnx': graph });
    await expect(repository.read('m', undefined, { files: loose })).rejects.toMatchObject({ code: 'PACKAGE_UNKNOWN' });
    const files = filesOf({ '1/model.onnx': graph });
    const wrong = repository.read('m', undefined, { files, config: '{ "input": [{ "name": "q" }] }' });
    await expect(wrong).rejects.toThrow(/input 'q': the graph has no such input/);
    await expect(repository.read('m', 1, { config: '{' })).rejects.toMatchObject({ code: 'MODEL_CONFIG_INVALID' });
  });
});
