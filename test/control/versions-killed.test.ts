import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshPaths } from '../store/folder.js';
import { runKilledAt } from '../store/killed-child.js';
import { publish, registry } from './fixtures/versions.js';

const freshPath = freshPaths();
const fixture = new URL('./fixtures/collect-garbage.mjs', import.meta.url);

/** Kills a collection at its k-th call into the file system; @returns false if it got through before. */
async function survives(k: number): Promise<boolean> {
  const [folder, url] = [freshPath(), `sqlite:${freshPath()}`];
  for (const version of [1, 2]) await publish(folder, version);
  const before = await registry(folder, url);
  await before.versions.sync();
  const { digest } = await before.versions.get('m', 1);
  await before.database.close();
  const end = runKilledAt(k, fixture, folder, url);
  const whole = existsSync(join(folder, 'm', '1', 'model.onnx')) && existsSync(join(folder, 'm', '1', 'manifest.json'));
  // Whole or not there: a folder with a part of it is seen at no moment.
  expect([k, existsSync(join(folder, 'm', '1'))]).toEqual([k, whole]);
  const { versions, repository, database } = await registry(folder, url);
  const { changed, unreadable } = await versions.sync();
  expect([k, changed, unreadable]).toEqual([k, [], []]);
  const { present } = await versions.get('m', 1);
  expect([k, present]).toEqual([k, existsSync(join(folder, 'm', '1'))]);
  if (present) expect((await repository.read('m', 1)).digest).toBe(digest);
  await versions.collectGarbage({ keepLatest: 1, keepDays: 0, isServing: async () => [] });
  expect(readdirSync(join(folder, 'm')).sort()).toEqual(['2', 'config.pbtxt']);
  await database.close();
  return end === 'killed';
}

test('a collection that is killed at one call or another leaves a version whole or not there, and the next one ends it', async () => {
  let kills = 0;
  // Every second call; the file system is called some twenty times.
  while (await survives(2 * kills + 1)) kills += 1;
  expect(kills).toBeGreaterThan(6);
}, 120_000);
