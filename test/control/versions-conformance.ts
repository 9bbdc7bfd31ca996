// What the registry of versions promises, whichever engine holds it. Run on both.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelVersionManager } from 'galerkin/control';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freshPaths } from '../store/folder.js';
import { publish, type Registry, registry, startMs, word } from './fixtures/versions.js';

export function registryConforms(freshUrl: () => string | Promise<string>): void {
  const freshPath = freshPaths();
  let opened: Registry;
  beforeEach(async () => {
    opened = await registry(freshPath(), await freshUrl());
  });
  afterEach(() => opened.database.close());

  test('a version is registered with its lineage, figures, digests, size, and who did it when and why', async () => {
    const { versions, folder, clock } = opened;
    const dataDigest = `sha256:${'a'.repeat(64)}`;
    await publish(folder, 3, { parent: 'm/2', dataDigest });
    const record = await versions.register('m', 3, word);
    expect(record).toMatchObject({ model: 'm', version: 3, stage: 'registered', present: true, title: 'version 3' });
    expect(record).toMatchObject({ registeredBy: 'ada', registeredAtMs: startMs, metrics: { testError: 0.03 } });
    expect(record.lineage).toMatchObject({ parent: 'm/2', dataDigest, seed: 7, gitCommit: 'abc' });
    expect(Object.keys(record.files).sort()).toEqual(['config.pbtxt', 'model.onnx']);
    expect(record.sizeBytes).toBeGreaterThan(500);
    clock.advance(5);
    expect(await versions.register('m', 3, { by: 'bob', why: 'again' })).toEqual(record);
    expect(await versions.history('m')).toEqual([
      {
        ...{ model: 'm', version: 3, sequence: 1, atMs: startMs, by: 'ada', why: 'it is better' },
        ...{ change: 'registered', from: undefined, to: 'registered', release: undefined },
      },
    ]);
  });

  test('the same version with another content is refused, and the record stays', async () => {
    const { versions, folder } = opened;
    await publish(folder, 1);
    const record = await versions.register('m', 1, word);
    await publish(folder, 1, { title: 'another', replace: true });
    await expect(versions.register('m', 1, word)).rejects.toMatchObject({
      code: 'VERSION_CHANGED',
      fields: { model: 'm', version: 1, wanted: record.digest },
    });
    expect(await versions.get('m', 1)).toEqual(record);
    expect(await versions.sync()).toMatchObject({ registered: [], changed: [{ model: 'm', version: 1 }] });
  });

  test('promoting one retires the one before, which is where a rollback goes', async () => {
    const { versions, folder, clock } = opened;
    for (const version of [1, 2, 3]) {
      await publish(folder, version);
      await versions.register('m', version, word);
    }
    const stages = async () => (await versions.list('m')).map(({ version, stage }) => `${version} ${stage}`);
    await versions.promote('m', 1, word);
    expect(await versions.rollbackTarget('m')).toBeUndefined();
    clock.advance(1000);
    await versions.promote('m', 3, { by: 'bob', why: 'faster' });
    expect(await stages()).toEqual(['3 production', '2 registered', '1 retired']);
    expect((await versions.production('m'))?.version).toBe(3);
    expect((await versions.rollbackTarget('m'))?.version).toBe(1);
    await versions.promote('m', 1, { by: 'bob', why: 'back' });
    expect(await stages()).toEqual(['3 retired', '2 registered', '1 production']);
    expect((await versions.rollbackTarget('m'))?.version).toBe(3);
    const last = (await versions.history('m')).slice(-2);
    expect(last).toMatchObject([
      { version: 3, by: 'bob', why: 'version 1 took its place: back', from: 'production', to: 'retired' },
      { version: 1, by: 'bob', why: 'back', from: 'retired', to: 'production', atMs: startMs + 1000 },
    ]);
    expect((await versions.history('m', 2)).map(({ change }) => change)).toEqual(['registered']);
  });

  test('what answers cannot be retired, and what a release refused no word alone promotes', async () => {
    const { versions, folder } = opened;
    await publish(folder, 1);
    await publish(folder, 2);
    await versions.sync();
    await versions.promote('m', 1, word);
    const stage = { code: 'VERSION_STAGE' };
    await expect(versions.retire('m', 1, word)).rejects.toMatchObject(stage);
    await versions.refused('m', 2, word, 'r1');
    await expect(versions.promote('m', 2, word)).rejects.toMatchObject({
      ...stage,
      message: expect.stringContaining('only a release may do that'),
    });
    await versions.promoted('m', 2, word, 'r2');
    expect((await versions.production('m'))?.version).toBe(2);
    await expect(versions.promote('m', 9, word)).rejects.toMatchObject({
      code: 'PACKAGE_VERSION_UNKNOWN',
      fields: { known: [2, 1] },
    });
  });

  test('what a release says twice counts once, and what comes too late is only noted', async () => {
    const { versions, folder } = opened;
    await publish(folder, 1);
    await publish(folder, 2);
    await versions.candidate('m', 2, word, 'r1');
    await versions.promoted('m', 2, word, 'r1');
    const before = await versions.history('m');
    await versions.candidate('m', 2, word, 'r1');
    await versions.promoted('m', 2, word, 'r1');
    expect(await versions.history('m')).toEqual(before);
    expect(before.map(({ to, release }) => [to, release])).toEqual([
      ['registered', 'r1'],
      ['candidate', 'r1'],
      ['production', 'r1'],
    ]);
    await versions.refused('m', 2, { by: '', why: '' }, 'r0');
    await versions.refused('m', 2, { by: '', why: '' }, 'r0');
    expect(await versions.history('m')).toMatchObject([
      ...before,
      { change: 'noted', from: 'production', to: 'refused', by: 'galerkin', release: 'r0' },
    ]);
    expect((await versions.production('m'))?.version).toBe(2);
  });

  test('a release that is told at two doors at once promotes one version', async () => {
    const { versions, folder } = opened;
    for (const version of [1, 2, 3, 4]) await publish(folder, version);
    await versions.sync();
    await Promise.all([1, 2, 3, 4].map(version => versions.promoted('m', version, word, `r${version}`)));
    const stages = (await versions.list('m')).map(({ stage }) => stage);
    expect(stages.filter(stage => stage === 'production')).toHaveLength(1);
    expect(stages.filter(stage => stage === 'retired')).toHaveLength(3);
    expect((await versions.history('m')).map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 11 }, (_, k) => k + 1),
    );
  });

  test('what vanishes is marked and can answer no more, and comes back as it was', async () => {
    const { versions, folder } = opened;
    await publish(folder, 1);
    await publish(folder, 2);
    expect(await versions.sync()).toMatchObject({ registered: [{ version: 2 }, { version: 1 }], vanished: [] });
    expect(await versions.sync()).toEqual({ registered: [], vanished: [], changed: [], unreadable: [] });
    await rm(join(folder, 'm', '1'), { recursive: true });
    expect(await versions.sync()).toMatchObject({ registered: [], vanished: [{ model: 'm', version: 1 }] });
    expect(await versions.get('m', 1)).toMatchObject({ present: false, stage: 'registered' });
    await expect(versions.promote('m', 1, word)).rejects.toMatchObject({ code: 'VERSION_STAGE' });
    await publish(folder, 1);
    expect(await versions.sync()).toMatchObject({ registered: [{ model: 'm', version: 1 }] });
    expect((await versions.history('m', 1)).map(({ change }) => change)).toEqual([
      'registered',
      'vanished',
      'returned',
    ]);
  });

  test('a broken package is named, and the others are registered', async () => {
    const { versions, folder } = opened;
    await publish(folder, 1);
    await publish(folder, 2);
    await rm(join(folder, 'm', '2', 'model.onnx'));
    expect(await versions.sync()).toMatchObject({
      registered: [{ model: 'm', version: 1 }],
      unreadable: [{ model: 'm', version: 2, why: expect.stringContaining('model.onnx') }],
    });
  });

  test('a lineage is followed to its beginning, through other models, and not in circles', async () => {
    const { versions, folder } = opened;
    await publish(folder, 1, { model: 'dense', parent: 'elsewhere/9' });
    await publish(folder, 1, { parent: 'dense/1' });
    await publish(folder, 2, { parent: 'm/1' });
    await publish(folder, 5, { model: 'ring', parent: 'ring/6' });
    await publish(folder, 6, { model: 'ring', parent: 'ring/5' });
    await versions.sync();
    const names = async (model: string, version: number) =>
      (await versions.lineage(model, version)).map(({ name, record }) => `${name}${record === undefined ? '?' : ''}`);
    expect(await names('m', 2)).toEqual(['m/2', 'm/1', 'dense/1', 'elsewhere/9?']);
    expect(await names('ring', 5)).toEqual(['ring/5', 'ring/6']);
  });

  test('what a release says is written down, however it puts it', async () => {
    const { versions, folder } = opened;
    const words = ['{}', '{"by":null,"why":""}', '{"by":"a\\u0000b","why":"c\\u0000"}', '{"by":1,"why":{}}'];
    for (const [k, text] of words.entries()) {
      await publish(folder, k + 1);
      await versions.promoted('m', k + 1, JSON.parse(text), `release-${k}`);
      expect((await versions.production('m'))?.version).toBe(k + 1);
    }
    expect((await versions.history('m', 3)).find(({ to }) => to === 'production')).toMatchObject({ by: 'ab' });
  });

  test('names, words and numbers that are none change nothing', async () => {
    const { versions, folder } = opened;
    await publish(folder, 1);
    const invalid = { code: 'OPTIONS_INVALID' };
    for (const text of ['{}', '{"it":null}', '{"it":{}}'])
      expect(() => new ModelVersionManager(JSON.parse(text).it)).toThrow(/ModelVersionManager/);
    await expect(versions.register('m', 1, { by: ' ', why: '' })).rejects.toMatchObject(invalid);
    await expect(versions.register('m', 1, { by: 'a\0b', why: 'x' })).rejects.toMatchObject(invalid);
    await expect(versions.promote('m', 1, { by: 'ada', why: 'x'.repeat(3000) })).rejects.toMatchObject(invalid);
    for (const model of ['../m', "m'; drop table model_version; --", 'm/1', ''])
      await expect(versions.register(model, 1, word)).rejects.toMatchObject({ code: 'MODEL_NAME_INVALID' });
    for (const version of [0, -1, 1.5, Number.NaN, 2 ** 60])
      await expect(versions.register('m', version, word)).rejects.toMatchObject({ code: expect.any(String) });
    expect(await versions.list()).toEqual([]);
    expect(await versions.list("' or 1=1 --")).toEqual([]);
    for (const text of ['"m\\u0000"', 'null', '{}', '5']) {
      const model = JSON.parse(text);
      expect([await versions.list(model ?? {}), await versions.history(model)]).toEqual([[], []]);
      await expect(versions.get(model, 1)).rejects.toMatchObject({ code: 'PACKAGE_VERSION_UNKNOWN' });
    }
    for (const version of [Number.NaN, 1.5, JSON.parse('null')])
      await expect(versions.get('m', version)).rejects.toMatchObject({ code: 'PACKAGE_VERSION_UNKNOWN' });
    const odd = `'"; drop table model_version; -- \u{1F600}`;
    await versions.register('m', 1, { by: odd, why: odd });
    expect(await versions.history('m')).toMatchObject([{ by: odd, why: odd }]);
  });
}
