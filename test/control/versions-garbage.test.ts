import { existsSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freshPaths } from '../store/folder.js';
import { dayMs, publish, type Registry, registry, word } from './fixtures/versions.js';

const freshPath = freshPaths();
let opened: Registry;
beforeEach(async () => {
  opened = await registry(freshPath());
});
afterEach(() => opened.database.close());

const nothingServes = async () => [];
const usual = { keepLatest: 1, keepDays: 1, isServing: nothingServes };

/** Versions 1 … count of a model, registered, older than all periods. */
async function old(count: number, model = 'm'): Promise<void> {
  for (let version = 1; version <= count; version++) await publish(opened.folder, version, { model });
  await opened.versions.sync();
  opened.clock.advance(10 * dayMs);
}
const lying = (model = 'm'): number[] =>
  readdirSync(join(opened.folder, model))
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
const reasons = (report: { kept: readonly { model: string; version: number; why: string }[] }) =>
  Object.fromEntries(report.kept.map(({ model, version, why }) => [`${model}/${version}`, why]));

describe('collecting garbage', () => {
  test('deletes what nobody needs, and says of each other version why it stays', async () => {
    const { versions } = opened;
    await old(8);
    await versions.promote('m', 1, word);
    await versions.promote('m', 2, word);
    await versions.promote('m', 3, word);
    await versions.candidate('m', 4, word, 'r1');
    opened.clock.advance(10 * dayMs);
    const dry = await versions.collectGarbage({ ...usual, isServing: async () => [5], dryRun: true });
    expect(lying()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const report = await versions.collectGarbage({ ...usual, isServing: async () => [5] });
    expect(report).toEqual({ ...dry, dryRun: false });
    expect(report.deleted.map(({ version }) => version)).toEqual([1, 6, 7]);
    expect(lying()).toEqual([2, 3, 4, 5, 8]);
    expect(reasons(report)).toEqual({
      'm/2': 'the last in production: a rollback goes there',
      'm/3': 'in production',
      'm/4': 'a candidate',
      'm/5': 'it serves',
      'm/8': 'one of the latest 1',
    });
    expect(await versions.get('m', 6)).toMatchObject({ present: false, stage: 'registered' });
    expect((await versions.history('m', 6)).at(-1)).toMatchObject({ change: 'removed', by: 'galerkin' });
    expect((await versions.sync()).vanished).toEqual([]);
  });

  test('keeps what changed lately, parents of what is in use, and what kept versions answer with', async () => {
    const { versions, folder, clock } = opened;
    await publish(folder, 1, { model: 'dense' });
    await publish(folder, 2, { model: 'dense' });
    await publish(folder, 3, { model: 'dense' });
    await publish(folder, 1, { parent: 'dense/1' });
    await publish(folder, 2);
    await versions.sync();
    await versions.promote('m', 1, word);
    clock.advance(10 * dayMs);
    await publish(folder, 4, { model: 'dense' });
    await versions.sync();
    const report = await versions.collectGarbage(usual);
    expect(report.deleted).toMatchObject([
      { model: 'dense', version: 2 },
      { model: 'dense', version: 3 },
    ]);
    expect(reasons(report)).toMatchObject({
      'dense/1': 'm/1 was made from it',
      'm/2': 'the newest beside the first that was promoted',
    });
  });

  test.each([
    ['it fails', () => Promise.reject(new Error('no server'))],
    ['it answers with nonsense', async () => [Number.NaN]],
    ['it answers with nothing', async () => JSON.parse('null')],
    ['it throws at once', () => JSON.parse('{')],
  ])('deletes nothing while nobody can say what serves: %s', async (_, isServing) => {
    await old(4);
    const report = await opened.versions.collectGarbage({ ...usual, isServing });
    expect(report.deleted).toEqual([]);
    expect(reasons(report)['m/1']).toBe('nobody could say what serves');
    expect(lying()).toEqual([1, 2, 3, 4]);
  });

  test('deletes nothing while nobody answers', async () => {
    await old(3);
    const collecting = opened.versions.collectGarbage({ ...usual, isServing: () => new Promise(() => undefined) });
    let isOver = false;
    void collecting.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      opened.clock.advance(5000);
      await new Promise(resolve => setImmediate(resolve));
    }
    expect((await collecting).deleted).toEqual([]);
    expect(lying()).toEqual([1, 2, 3]);
  });

  test('a version that begins to serve between the questions comes back, also while its folder is aside', async () => {
    await old(3);
    for (const when of [2, 3]) {
      let count = 0;
      const isServing = async () => {
        count += 1;
        return count < when ? [] : [1, 2];
      };
      const report = await opened.versions.collectGarbage({ ...usual, isServing });
      expect(report.deleted).toEqual([]);
      expect(lying()).toEqual([1, 2, 3]);
      await opened.versions.promote('m', when - 1, word);
    }
  });

  test('a release that promotes a version during its deletion is believed, and the version stays', async () => {
    await old(3);
    let count = 0;
    const isServing = async () => {
      count += 1;
      if (count === 3) await opened.versions.promoted('m', 1, word, 'r1');
      return [];
    };
    const report = await opened.versions.collectGarbage({ ...usual, isServing });
    expect(reasons(report)['m/1']).toBe("it is in the stage 'production' now");
    expect(lying()).toContain(1);
    expect(await opened.versions.production('m')).toMatchObject({ version: 1, present: true });
  });

  test('a version that was replaced, before or during its deletion, is left', async () => {
    await old(4);
    await publish(opened.folder, 1, { title: 'another', replace: true });
    let count = 0;
    const isServing = async () => {
      count += 1;
      // The second question about version 2 is asked after its digest was compared.
      if (count === 2) writeFileSync(join(opened.folder, 'm', '2', 'model.onnx'), 'tampered');
      return [];
    };
    const report = await opened.versions.collectGarbage({ ...usual, isServing });
    expect(report.deleted).toMatchObject([{ version: 3 }]);
    expect(reasons(report)).toMatchObject({
      'm/1': 'what lies there has another digest than what was registered',
      'm/2': 'it was changed meanwhile',
    });
    expect(lying()).toEqual([1, 2, 4]);
  });

  test('links are never followed: not a linked version, not a linked model, not what a link leads into', async () => {
    const { folder } = opened;
    const outside = freshPath();
    await old(5);
    await old(3, 'linked');
    renameSync(join(folder, 'm', '1'), join(folder, 'm', 'kept-1'));
    symlinkSync(join(folder, 'm', 'kept-1'), join(folder, 'm', '1'));
    symlinkSync(join(folder, 'm', '2', 'model.onnx'), join(folder, 'm', '5', 'shared.onnx'));
    mkdirSync(outside);
    writeFileSync(join(outside, 'precious'), 'x');
    symlinkSync(outside, join(folder, 'm', '3', 'out'));
    renameSync(join(folder, 'linked'), join(folder, '.linked'));
    symlinkSync(join(folder, '.linked'), join(folder, 'linked'));
    const report = await opened.versions.collectGarbage(usual);
    expect(reasons(report)).toMatchObject({
      'm/1': 'its folder is a symbolic link',
      'm/2': 'symbolic links lead into it, such as m/5/shared.onnx',
      'linked/1': "its model's folder is a symbolic link",
    });
    expect(existsSync(join(folder, 'm', 'kept-1', 'model.onnx'))).toBe(true);
    expect(existsSync(join(outside, 'precious'))).toBe(true);
    expect(readdirSync(join(folder, '.linked')).length).toBeGreaterThan(3);
  });

  test('a collector that was killed leaves a version whole or none, and the next one ends it', async () => {
    const { versions, folder, database } = opened;
    await old(4);
    const model = join(folder, 'm');
    // Killed with the folder aside, before it was written down as gone: it comes back.
    await rename(join(model, '1'), join(model, '.1.removed-0123456789ab'));
    await database.query.updateTable('model_version').set({ removing: 1 }).where('version', '=', 1).execute();
    await expect(versions.promote('m', 1, word)).rejects.toMatchObject({ code: 'VERSION_STAGE' });
    expect(await versions.sync()).toMatchObject({ vanished: [] });
    expect(lying()).toEqual([1, 2, 3, 4]);
    await versions.promote('m', 1, word);
    // Killed after it was written down: what is aside goes.
    await rename(join(model, '2'), join(model, '.2.removed-0123456789ab'));
    await database.query.updateTable('model_version').set({ present: 0 }).where('version', '=', 2).execute();
    await versions.collectGarbage({ ...usual, keepLatest: 9 });
    expect(readdirSync(model).filter(name => name.startsWith('.'))).toEqual([]);
    expect(lying()).toEqual([1, 3, 4]);
  });

  test('two collectors do not work at once', async () => {
    await old(4);
    const office = await opened.database.takeOffice('versions/garbage');
    expect(await opened.versions.collectGarbage(usual)).toMatchObject({ deleted: [] });
    expect(lying()).toEqual([1, 2, 3, 4]);
    await office?.resign();
    expect((await opened.versions.collectGarbage(usual)).deleted).toHaveLength(3);
  });

  test('periods and numbers that make no sense are refused', async () => {
    for (const options of [{ keepLatest: 0 }, { keepDays: -1 }, { keepDays: Number.NaN }, { keepLatest: 1.5 }])
      await expect(opened.versions.collectGarbage({ ...usual, ...options })).rejects.toMatchObject({
        code: 'OPTIONS_INVALID',
      });
  });
});
