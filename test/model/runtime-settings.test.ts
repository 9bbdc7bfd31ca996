import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ManifestDraft, modelConfig, openRepository, readPackage, writePackage } from 'galerkin/model';
import { describe, expect, test } from 'vitest';
import { freshPaths } from '../store/folder.js';
import { config, draft, manifest } from './fixtures/draft.mjs';

const freshPath = freshPaths();
const settings = { threads: 3, instances: 2, graphLevel: 'extended', preferredBatchSizes: [4, 64] } as const;
const tuned = (more: Partial<ManifestDraft> = {}): ManifestDraft => ({
  ...manifest(),
  runtime: { ...settings, preferredBatchSizes: [...settings.preferredBatchSizes] },
  ...more,
});

describe('settings of one version', () => {
  test('take the place of what config.pbtxt says, for that version only', async () => {
    const repository = freshPath();
    await writePackage(repository, draft({ version: 1 }));
    await writePackage(repository, { ...draft({ version: 2 }), manifest: tuned() });
    const [first, second] = [await readPackage(repository, 'darcy', 1), await readPackage(repository, 'darcy', 2)];
    expect(first.config.parameters.intra_op_thread_count).toBeUndefined();
    expect(second.config.parameters.intra_op_thread_count?.string_value).toBe('3');
    expect(second.config.instance_group).toMatchObject([{ count: 2 }]);
    expect(second.config.optimization?.graph?.level).toBe(1);
    expect(second.digest).not.toBe(first.digest);
    // Without dynamic batching in config.pbtxt there is nothing that could prefer a size.
    expect(second.config.dynamic_batching).toBeUndefined();
  });

  test('sizes over the largest batch are not preferred', async () => {
    const repository = freshPath();
    const batching = modelConfig({ ...config(), dynamic_batching: {} });
    await writePackage(repository, { ...draft(), config: batching, manifest: tuned() });
    expect((await readPackage(repository, 'darcy')).config.dynamic_batching?.preferred_batch_size).toEqual([4]);
  });

  test('a configuration that comes with the request is meant as it stands', async () => {
    const repository = freshPath();
    await writePackage(repository, { ...draft(), manifest: tuned() });
    const model = await openRepository(repository).read('darcy', 1, { config: modelConfig(config()) });
    expect(model.config.parameters.intra_op_thread_count).toBeUndefined();
  });

  test.each([
    ['no threads', { threads: 0 }],
    ['a level that config.pbtxt cannot say', { graphLevel: 'disabled' }],
    ['half an instance', { instances: 0.5 }],
  ])('%s are refused', async (_what, wrong) => {
    const repository = freshPath();
    const runtime = { ...settings, preferredBatchSizes: [], ...wrong };
    await expect(
      writePackage(repository, { ...draft(), manifest: JSON.parse(JSON.stringify({ ...manifest(), runtime })) }),
    ).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
  });
});

describe('keepConfig', () => {
  test('adds a version beside a config.pbtxt that says it in other words, and does not touch it', async () => {
    const repository = freshPath();
    await writePackage(repository, draft({ version: 1 }));
    const path = join(repository, 'darcy', 'config.pbtxt');
    const before = readFileSync(path);
    const other = modelConfig({ ...config(), instance_group: [{ count: 7 }] });
    await expect(writePackage(repository, { ...draft({ version: 2 }), config: other })).rejects.toMatchObject({
      code: 'MODEL_CONFIG_CONFLICT',
    });
    await writePackage(repository, { ...draft({ version: 2 }), config: other, keepConfig: true });
    expect(readFileSync(path)).toEqual(before);
    expect((await readPackage(repository, 'darcy')).version).toBe(2);
  });

  test('adds a version to a model that has no config.pbtxt, and writes none', async () => {
    const repository = freshPath();
    mkdirSync(join(repository, 'darcy', '1'), { recursive: true });
    writeFileSync(join(repository, 'darcy', '1', 'model.onnx'), 'whatever');
    await writePackage(repository, { ...draft({ version: 2 }), keepConfig: true });
    expect(existsSync(join(repository, 'darcy', 'config.pbtxt'))).toBe(false);
    expect(
      JSON.parse(readFileSync(join(repository, 'darcy', '2', 'manifest.json'), 'utf8')).digests,
    ).not.toHaveProperty('config.pbtxt');
  });
});

test('a package need not solve a problem of ours', async () => {
  const repository = freshPath();
  const { problem: _, ...rest } = manifest();
  await writePackage(repository, { ...draft(), manifest: rest });
  expect((await readPackage(repository, 'darcy')).manifest?.problem).toBeUndefined();
});
