import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  listModels,
  type ModelPackage,
  modelConfig,
  parseConfig,
  readPackage,
  sampleSet,
  toMetadata,
  writePackage,
} from 'galerkin/model';
import { sha256 } from 'galerkin/store';
import { describe, expect, test } from 'vitest';
import { freshPaths } from '../store/folder.js';
import { config, draft, files, manifest } from './fixtures/draft.mjs';
import { textOf } from './fixtures/onnx.mjs';

const freshPath = freshPaths();

async function published(...versions: number[]): Promise<string> {
  const repository = freshPath();
  for (const version of versions) await writePackage(repository, draft({ version, text: `v${version}` }));
  return repository;
}

const text = async (model: ModelPackage, file: string): Promise<string> => textOf(await model.file(file));
const manifestPath = (repository: string): string => join(repository, 'darcy', '1', 'manifest.json');

/** Changes the text of a published manifest. */
function editManifest(repository: string, edit: (text: string) => string): void {
  writeFileSync(manifestPath(repository), edit(readFileSync(manifestPath(repository), 'utf8')));
}

describe('writePackage and readPackage', () => {
  test('a package comes back with its files, its configuration and its manifest', async () => {
    const repository = freshPath();
    expect(await writePackage(repository, draft())).toBe(join(repository, 'darcy', '1'));
    expect(readdirSync(join(repository, 'darcy')).sort()).toEqual(['1', 'config.pbtxt']);
    const model = await readPackage(repository, 'darcy');
    expect(model).toMatchObject({ name: 'darcy', version: 1, folder: join(repository, 'darcy', '1') });
    expect(model.config).toMatchObject({ name: 'darcy', backend: 'onnxruntime', max_batch_size: 16 });
    expect(model.manifest).toMatchObject({ format: 1, ...manifest() });
    expect(await text(model, 'model.onnx')).toBe('model one');
    expect(Object.keys(model.manifest?.digests ?? {}).sort()).toEqual([
      'config.pbtxt',
      'guard.onnx',
      'model.onnx',
      'samples.npz',
    ]);
    expect(model.manifest?.digests['model.onnx']).toBe(sha256(files()['model.onnx'] ?? ''));
  });

  test('the newest version is read unless another is asked for; 10 is newer than 9', async () => {
    const repository = await published(9, 10, 2);
    expect((await readPackage(repository, 'darcy')).version).toBe(10);
    expect(await text(await readPackage(repository, 'darcy', 9), 'model.onnx')).toBe('model v9');
    expect(await listModels(repository)).toEqual([{ name: 'darcy', versions: [10, 9, 2] }]);
  });

  test('a model that needs no program is a package too: a solver', async () => {
    const repository = freshPath();
    const { guard: _, onnx: __, normalisation: ___, ...rest } = manifest();
    const solver = modelConfig({ ...config('darcy_solver'), platform: '', backend: 'galerkin_solver' });
    await writePackage(repository, { config: solver, version: 1, files: {}, manifest: rest });
    const model = await readPackage(repository, 'darcy_solver');
    expect(model.config.backend).toBe('galerkin_solver');
    expect(model.manifest?.problem).toEqual({ name: 'darcy', n: 4 });
    expect(await sampleSet(model)).toBeUndefined();
    expect(toMetadata(model).platform).toBe('galerkin_solver');
  });

  test('a version is published once, and replaced only when told so', async () => {
    const repository = await published(1);
    const again = draft({ version: 1, text: 'new' });
    await expect(writePackage(repository, again)).rejects.toMatchObject({ code: 'PACKAGE_VERSION_EXISTS', http: 409 });
    expect(await text(await readPackage(repository, 'darcy'), 'model.onnx')).toBe('model v1');
    await writePackage(repository, { ...again, replace: true });
    expect(await text(await readPackage(repository, 'darcy'), 'model.onnx')).toBe('model new');
  });

  test('all versions share one configuration: another one is refused while a version holds its digest', async () => {
    const repository = await published(1);
    const other = { ...draft({ version: 2 }), config: { ...config(), max_batch_size: 8 } };
    await expect(writePackage(repository, other)).rejects.toMatchObject({
      code: 'MODEL_CONFIG_CONFLICT',
      fields: { versions: [1] },
    });
    await writePackage(repository, { ...other, version: 1, replace: true });
    expect((await readPackage(repository, 'darcy')).config.max_batch_size).toBe(8);
  });

  test('a configuration that only looks different is kept as it is', async () => {
    const repository = await published(1);
    const path = join(repository, 'darcy', 'config.pbtxt');
    const edited = `# edited\n${readFileSync(path, 'utf8')}`;
    writeFileSync(path, edited);
    await writePackage(repository, draft({ version: 2 }));
    expect(readFileSync(path, 'utf8')).toBe(edited);
    expect((await readPackage(repository, 'darcy', 2)).version).toBe(2);
    await expect(readPackage(repository, 'darcy', 1)).rejects.toMatchObject({ code: 'PACKAGE_CORRUPT' });
  });

  test('publishers of a new model at the same time: each version once, all whole', async () => {
    const repository = freshPath();
    const results = await Promise.allSettled([1, 2, 1, 2].map(version => writePackage(repository, draft({ version }))));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    for (const version of [1, 2]) expect((await readPackage(repository, 'darcy', version)).version).toBe(version);
  });

  test('what is published is what Triton reads: config.pbtxt in its text format', async () => {
    const repository = await published(1);
    const path = join(repository, 'darcy', 'config.pbtxt');
    expect(parseConfig(readFileSync(path, 'utf8'))).toEqual(config());
  });
});

describe('a package that is damaged', () => {
  test.each(['model.onnx', 'guard.onnx', 'samples.npz'])(
    '%s changed by one byte: both digests are named',
    async file => {
      const repository = await published(1);
      const path = join(repository, 'darcy', '1', file);
      const wanted = sha256(readFileSync(path));
      writeFileSync(path, readFileSync(path).fill(0, 3, 4));
      const got = sha256(readFileSync(path));
      const error = { code: 'PACKAGE_CORRUPT', fields: { file: join('darcy', '1', file), wanted, got } };
      await expect(readPackage(repository, 'darcy')).rejects.toMatchObject(error);
    },
  );

  test('config.pbtxt changed, a file missing, a folder in its place', async () => {
    const changed = await published(1);
    writeFileSync(join(changed, 'darcy', 'config.pbtxt'), 'name: "darcy"');
    const corrupt = { code: 'PACKAGE_CORRUPT', fields: { file: join('darcy', 'config.pbtxt') } };
    await expect(readPackage(changed, 'darcy')).rejects.toMatchObject(corrupt);
    const missing = await published(1);
    rmSync(join(missing, 'darcy', '1', 'model.onnx'));
    await expect(readPackage(missing, 'darcy')).rejects.toMatchObject({ fields: { got: 'no file' } });
    mkdirSync(join(missing, 'darcy', '1', 'model.onnx'));
    await expect(readPackage(missing, 'darcy')).rejects.toMatchObject({ code: 'FILE_READ_FAILED' });
  });

  test('a file that changes after the package was read is noticed when it is read', async () => {
    const repository = await published(1);
    const model = await readPackage(repository, 'darcy');
    writeFileSync(join(repository, 'darcy', '1', 'model.onnx'), 'other');
    await expect(model.file('model.onnx')).rejects.toMatchObject({ code: 'PACKAGE_CORRUPT' });
  });

  test.each<[string, (text: string) => string, RegExp]>([
    ['is no JSON', () => '{', /wanted JSON/],
    ['is empty', () => '', /wanted JSON/],
    ['is a list', () => '[]', /expected object/],
    ['is nested 100 000 deep', () => `${'['.repeat(1e5)}${']'.repeat(1e5)}`, /expected object/],
    ['has a recipe nested 100 000 deep', all => all.replace('"tiny"', `${'['.repeat(1e5)}${']'.repeat(1e5)}`), /^$/],
    ['is of another format', all => all.replace('"format": 1', '"format": 2'), /format/],
    ['has an unknown member', all => all.replace('"title"', '"extra": 1, "title"'), /extra/],
    [
      'names another model',
      all => all.replace('"name": "darcy",\n  "version"', '"name": "d2",\n  "version"'),
      /name: wanted 'darcy'/,
    ],
    ['names another version', all => all.replace('"version": 1', '"version": 2'), /version: wanted 1, got 2/],
    ['lists a file outside', all => all.replace('"model.onnx": "sha', '"../../x": "sha'), /digests/],
    [
      'lists no model',
      all => all.replace('"model.onnx": "sha', '"other.onnx": "sha'),
      /wanted 'model.onnx' among the digests/,
    ],
    ['has no digest of config.pbtxt', all => all.replace('"config.pbtxt": "sha', '"config.txt": "sha'), /config.pbtxt/],
    ['has a digest of another kind', all => all.replace(/sha256:\w+/, 'md5:00'), /sha256/],
    [
      'disagrees with config.pbtxt on a shape',
      all => all.replace(/4,\s+4/, '4, 5'),
      /input 'a': wanted FP32 \[4,4\].*got FP32 \[4,5\]/,
    ],
    [
      'disagrees on a name',
      all => all.replace('"name": "u"', '"name": "v"'),
      /output 'u': wanted[\s\S]*output 'v': config/,
    ],
    ['has a bound of zero', all => all.replace('"fluxBound": 0.1', '"fluxBound": 0'), /guard.fluxBound/],
    ['falls back to nothing', all => all.replace('"fallback": "darcy_solver",', ''), /guard.fallback/],
    [
      'has a guard but no program for it',
      all => all.replace('"guard": "guard.onnx"', '"guard": "none.onnx"'),
      /'none.onnx' among/,
    ],
    ['has a range upside down', all => all.replace(/3,\s+12/, '12, 3'), /inputs.0.range/],
  ])('a manifest that %s is refused with its faults', async (_, edit, message) => {
    const repository = await published(1);
    editManifest(repository, edit);
    if (message.source === '^$') {
      expect((await readPackage(repository, 'darcy')).version).toBe(1);
      return;
    }
    await expect(readPackage(repository, 'darcy')).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
    await expect(readPackage(repository, 'darcy')).rejects.toThrow(message);
  });

  test('a manifest that is no text, or of many megabytes, is refused; without one the package is a plain one', async () => {
    const repository = await published(1);
    writeFileSync(manifestPath(repository), Uint8Array.of(0x7b, 0xff));
    await expect(readPackage(repository, 'darcy')).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
    writeFileSync(manifestPath(repository), ' '.repeat(5e6));
    await expect(readPackage(repository, 'darcy')).rejects.toMatchObject({ code: 'FILE_READ_FAILED' });
    rmSync(manifestPath(repository));
    // What is left is a package as other tools write them.
    expect((await readPackage(repository, 'darcy')).manifest).toBeUndefined();
  });
});

describe('names', () => {
  const hostile = [
    '',
    '.',
    '..',
    '../darcy',
    'a/b',
    'a\\b',
    '/etc',
    'a\0b',
    '.hidden',
    'x'.repeat(129),
    '-x',
    'é',
    'a\n',
  ];
  test.each(hostile)('the model name %j is refused, for reading and for writing', async name => {
    const repository = await published(1);
    await expect(readPackage(repository, name)).rejects.toMatchObject({ code: 'MODEL_NAME_INVALID' });
    await expect(writePackage(repository, draft({ name: name || ' ' }))).rejects.toMatchObject({
      code: 'MODEL_NAME_INVALID',
    });
  });

  test.each([0, -1, 1.5, Number.NaN, 2 ** 53])('the version %d is refused', async version => {
    const repository = await published(1);
    await expect(writePackage(repository, draft({ version }))).rejects.toMatchObject({ code: 'MODEL_NAME_INVALID' });
    await expect(readPackage(repository, 'darcy', version)).rejects.toMatchObject({ code: 'PACKAGE_VERSION_UNKNOWN' });
  });

  test.each(['../x', 'a/b', '.x', '', 'a\0', 'manifest.json', 'config.pbtxt'])(
    'the file name %j is refused',
    async file => {
      const repository = freshPath();
      const hostileDraft = { ...draft(), files: { ...files(), [file]: new Uint8Array() } };
      await expect(writePackage(repository, hostileDraft)).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
      const model = await readPackage(await published(1), 'darcy');
      if (file !== 'config.pbtxt') await expect(model.file(file)).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
    },
  );

  test('what the files on disk do not bear out is not published', async () => {
    const repository = freshPath();
    const { 'guard.onnx': _, ...rest } = files();
    await expect(writePackage(repository, { ...draft(), files: rest })).rejects.toThrow(/onnx.guard/);
    const other = {
      ...config(),
      output: [{ name: 'u', data_type: 'TYPE_FP64' as const, dims: [4, 4], label_filename: '' }],
    };
    await expect(writePackage(repository, { ...draft(), config: other })).rejects.toThrow(/wanted FP64/);
    await expect(writePackage(repository, { ...draft(), config: { ...config(), platform: '' } })).rejects.toThrow(
      /backend/,
    );
    expect(await listModels(repository)).toEqual([]);
  });

  test('an unknown model or version is answered with those that there are', async () => {
    const repository = await published(1, 3);
    await expect(readPackage(repository, 'darci')).rejects.toThrow(/has: darcy\./);
    await expect(readPackage(repository, 'darcy', 2)).rejects.toThrow(/only: 3, 1\./);
    await expect(readPackage(freshPath(), 'darcy')).rejects.toMatchObject({ code: 'PACKAGE_UNKNOWN', http: 404 });
  });
});
