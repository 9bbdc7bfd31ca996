// Folders are made with those above them, and what cannot be made ends with the system's error.
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolders } from 'galerkin/base';
import { expect, onTestFinished, test } from 'vitest';

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'galerkin-base-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('with those above it, twice, and by several at once', async () => {
  const path = join(await temporary(), 'a', 'b', 'c');
  await Promise.all([makeFolders(path), makeFolders(path), makeFolders(join(path, '..', 'd'))]);
  await makeFolders(path);
  expect((await stat(path)).isDirectory()).toBe(true);
});

test('not where a file is in the way', async () => {
  const file = join(await temporary(), 'file');
  await writeFile(file, '');
  await expect(makeFolders(file)).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolders(join(file, 'a', 'b'))).rejects.toThrow(/EEXIST|ENOTDIR/);
});

test.runIf(process.platform === 'linux')('not below /proc, where Node itself tries forever', async () => {
  await expect(makeFolders('/proc/none/a/b')).rejects.toThrow(/ENOENT|EACCES|EPERM/);
});
