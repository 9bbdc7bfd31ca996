import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  listModels,
  type ModelPackage,
  modelConfig,
  parseManifest,
  readPackage,
  sampleSet,
  servedVersions,
  toMetadata,
  writePackage,
} from 'galerkin/model';
import { encodeNpz } from 'galerkin/store';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundled } from '../store/bundled.js';
import { freshPaths } from '../store/folder.js';
import { runKilledAt } from '../store/killed-child.js';
import { config, draft, files } from './fixtures/draft.mjs';
import { textOf } from './fixtures/onnx.mjs';

const freshPath = freshPaths();
let fixture: URL;
beforeAll(async () => {
  fixture = await bundled(new URL('./fixtures/publish-package.mjs', import.meta.url), freshPath());
});

async function published(...versions: number[]): Promise<string> {
  const repository = freshPath();
  for (const version of versions) await writePackage(repository, draft({ version, text: `v${version}` }));
  return repository;
}

const text = async (model: ModelPackage, file: string): Promise<string> => textOf(await model.file(file));

describe('the repository', () => {
  test('folders that are no versions and no models are passed over', async () => {
    const repository = await published(2);
    for (const name of ['01', '0', '-1', '1.5', 'x', '1e3', '+4', '.3', '99999999999999999']) {
      mkdirSync(join(repository, 'darcy', name));
    }
    mkdirSync(join(repository, 'empty'));
    mkdirSync(join(repository, '.hidden', '1'), { recursive: true });
    writeFileSync(join(repository, 'file'), '');
    writeFileSync(join(repository, 'darcy', '7'), '');
    expect(await listModels(repository)).toEqual([{ name: 'darcy', versions: [2] }]);
  });

  test('one that does not exist is empty; a file is an error', async () => {
    const path = freshPath();
    expect(await listModels(path)).toEqual([]);
    writeFileSync(path, '');
    await expect(listModels(path)).rejects.toMatchObject({ code: 'FILE_READ_FAILED' });
  });

  test('links inside it are followed, links out of it are refused', async () => {
    const repository = await published(1);
    const outside = await published(1);
    symlinkSync(join(repository, 'darcy'), join(repository, 'alias'));
    symlinkSync(join(outside, 'darcy'), join(repository, 'stranger'));
    symlinkSync(join(outside, 'darcy', '1'), join(repository, 'darcy', '5'));
    symlinkSync(join(repository, 'loop'), join(repository, 'loop'));
    expect((await listModels(repository)).map(({ name }) => name)).toEqual(['alias', 'darcy']);
    await expect(readPackage(repository, 'stranger')).rejects.toThrow(/inside the repository/);
    await expect(readPackage(repository, 'darcy', 5)).rejects.toMatchObject({ code: 'PACKAGE_VERSION_UNKNOWN' });
    const model = join(repository, 'darcy', '1', 'model.onnx');
    renameSync(model, join(outside, 'model.onnx'));
    symlinkSync(join(outside, 'model.onnx'), model);
    await expect(readPackage(repository, 'darcy')).rejects.toThrow(/inside the repository, got a link/);
  });

  test('kill -9 at every third step of a first publication leaves nothing or all of it', async () => {
    const outcomes = new Set<string>();
    for (let k = 1; ; k += 3) {
      const repository = freshPath();
      const fate = runKilledAt(k, fixture, repository, '1', 'new', '', '16');
      const models = await listModels(repository);
      outcomes.add(JSON.stringify(models.map(({ versions }) => versions)));
      if (models.length > 0) expect(await text(await readPackage(repository, 'darcy'), 'model.onnx')).toBe('model new');
      if (fate === 'finished') break;
      if (models.length === 0) await writePackage(repository, draft());
    }
    expect([...outcomes]).toEqual(['[]', '[[1]]']);
  });

  test.each([
    ['a second version', '2', '', '16'],
    ['a replacement', '1', 'replace', '16'],
    ['a replacement with another configuration', '1', 'replace', '8'],
  ])('kill -9 at every third step of %s leaves the old state or the new one', async (_, version, replace, batch) => {
    const outcomes = new Set<string>();
    for (let k = 1; ; k += 3) {
      const repository = await published(1);
      const fate = runKilledAt(k, fixture, repository, version, 'new', replace, batch);
      const model = await readPackage(repository, 'darcy');
      outcomes.add(await text(model, 'model.onnx'));
      expect(model.config.max_batch_size).toBe((await text(model, 'model.onnx')) === 'model new' ? Number(batch) : 16);
      if (fate === 'finished') break;
    }
    expect([...outcomes]).toEqual(['model v1', 'model new']);
  });
});

describe('sampleSet', () => {
  test('gives inputs and true outputs one by one, without the batch axis', async () => {
    const samples = await sampleSet(await readPackage(await published(1), 'darcy'));
    expect(samples).toMatchObject({ count: 3, n: 4 });
    expect(samples?.input(2)).toMatchObject({ dtype: 'FP32', shape: [4, 4] });
    expect([...(samples?.input(1).data ?? [])]).toEqual(Array.from({ length: 16 }, (_, k) => 16 + k));
    expect(samples?.output(1, 'u').data[0]).toBe(32);
    for (const index of [-1, 3, 0.5, Number.NaN]) {
      expect(() => samples?.input(index)).toThrowError(expect.objectContaining({ code: 'SAMPLE_OUT_OF_RANGE' }));
    }
  });

  test.each<[string, Uint8Array, string]>([
    ['no archive', new TextEncoder().encode('x'), 'NPZ_INVALID'],
    ['an archive without the tensors', encodeNpz({}), 'PACKAGE_INVALID'],
  ])('samples that are %s are refused when they are read, not before', async (_, bytes, code) => {
    const repository = freshPath();
    await writePackage(repository, { ...draft(), files: { ...files(), 'samples.npz': bytes } });
    await expect(sampleSet(await readPackage(repository, 'darcy'))).rejects.toMatchObject({ code });
  });
});

describe('metadata', () => {
  test('is KServe’s: the batch axis first, data types without prefix, versions as text', async () => {
    const model = await readPackage(await published(1), 'darcy');
    expect(toMetadata(model, [2, 1])).toEqual({
      name: 'darcy',
      versions: ['2', '1'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'a', datatype: 'FP32', shape: [-1, 4, 4] }],
      outputs: [{ name: 'u', datatype: 'FP32', shape: [-1, 4, 4] }],
    });
    const unbatched = modelConfig({
      ...config(),
      max_batch_size: 0,
      input: [{ name: 's', data_type: 'TYPE_STRING', dims: [-1] }],
    });
    expect(toMetadata({ ...model, config: unbatched }).inputs).toEqual([{ name: 's', datatype: 'BYTES', shape: [-1] }]);
  });

  test('the version policy chooses what is served', () => {
    const served = (version_policy: Parameters<typeof modelConfig>[0]['version_policy']) =>
      servedVersions(modelConfig({ version_policy }), [1, 3, 2]);
    expect(served(undefined)).toEqual([3]);
    expect(served({ latest: { num_versions: 2 } })).toEqual([3, 2]);
    expect(served({ all: {} })).toEqual([3, 2, 1]);
    expect(served({ specific: { versions: [1, 9] } })).toEqual([1]);
  });

  test('a manifest made by hand is checked with all its faults at once', () => {
    expect(() => parseManifest({ format: 1, name: '', version: 0 })).toThrow(
      /name[\s\S]*version[\s\S]*title[\s\S]*inputs[\s\S]*lineage/,
    );
  });
});
