import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { publishFolder, readBytes, restoreFolders, sha256, writeFileAtomic } from 'galerkin/store';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundled } from './bundled.js';
import { freshPaths } from './folder.js';
import { runKilledAt } from './killed-child.js';

const freshPath = freshPaths();

/** Root may do everything, so as root the work is done as nobody. */
async function withoutPrivileges(work: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe('writeFileAtomic', () => {
  test('writes bytes and text, makes folders, and replaces what was there', async () => {
    const path = join(freshPath(), 'deep', 'file');
    await writeFileAtomic(path, 'one');
    await writeFileAtomic(path, Uint8Array.of(1, 2, 3));
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
    expect(readdirSync(join(path, '..'))).toEqual(['file']);
  });

  test('many writers at once leave one whole file and nothing else', async () => {
    const path = join(freshPath(), 'file');
    const texts = Array.from({ length: 20 }, (_, k) => String(k).repeat(1000));
    await Promise.all(texts.map(text => writeFileAtomic(path, text)));
    expect(texts).toContain(readFileSync(path, 'utf8'));
    expect(readdirSync(join(path, '..'))).toEqual(['file']);
  });

  test('a folder in its place is an error, and no temporary is left', async () => {
    const path = freshPath();
    mkdirSync(join(path, 'taken', 'inside'), { recursive: true });
    await expect(writeFileAtomic(join(path, 'taken'), 'x')).rejects.toMatchObject({ code: 'FILE_WRITE_FAILED' });
    expect(readdirSync(path)).toEqual(['taken']);
  });

  test('a file where its folder should be, and a NUL in its name, are errors', async () => {
    const path = freshPath();
    writeFileSync(path, '');
    await expect(writeFileAtomic(join(path, 'x'), 'x')).rejects.toMatchObject({ code: 'FILE_WRITE_FAILED' });
    await expect(writeFileAtomic(`${path}\0`, 'x')).rejects.toMatchObject({ code: 'FILE_WRITE_FAILED' });
  });

  test('no permission is an error that says so, for writing and for reading', async () => {
    const folder = freshPath();
    const path = join(folder, 'x');
    await writeFileAtomic(path, 'old');
    chmodSync(path, 0);
    chmodSync(folder, 0o500);
    await withoutPrivileges(async () => {
      await expect(writeFileAtomic(join(folder, 'y'), 'x')).rejects.toThrow(/no permission/);
      await expect(publishFolder(join(folder, 'z'), async () => undefined)).rejects.toThrow(/no permission/);
      await expect(readBytes(path)).rejects.toThrow(/no permission/);
    });
    chmodSync(folder, 0o700);
    expect(readdirSync(folder)).toEqual(['x']);
  });
});

describe('readBytes', () => {
  test('a missing file and a folder are told apart', async () => {
    const path = freshPath();
    await expect(readBytes(path)).rejects.toMatchObject({ code: 'FILE_READ_FAILED', exit: 66 });
    await expect(readBytes(path)).rejects.toThrow(/nothing of that name/);
    mkdirSync(path);
    await expect(readBytes(path)).rejects.toThrow(/got a folder/);
  });

  test('a pipe is refused and not waited for, a large file is refused before it is read', async () => {
    const path = freshPath();
    mkdirSync(path);
    spawnSync('mkfifo', [join(path, 'pipe')]);
    await expect(readBytes(join(path, 'pipe'))).rejects.toMatchObject({ code: 'FILE_READ_FAILED' });
    writeFileSync(join(path, 'large'), 'x'.repeat(11));
    await expect(readBytes(join(path, 'large'), { budgetBytes: 10 })).rejects.toThrow(/at most 10 bytes, got 11 bytes/);
    expect(await readBytes(join(path, 'large'), { budgetBytes: 11 })).toHaveLength(11);
  });
});

describe('sha256', () => {
  test('is the digest of FIPS 180-4 for "abc"', () => {
    expect(sha256('abc')).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

const texts = (folder: string): string =>
  `${readFileSync(join(folder, 'a.txt'))}${readFileSync(join(folder, 'b.txt'))}`;
let publish: URL;
beforeAll(async () => {
  publish = await bundled(new URL('./fixtures/publish-folder.mjs', import.meta.url), freshPath());
});

describe('publishFolder', () => {
  test('publishes once; a second time is refused unless told to replace', async () => {
    const target = join(freshPath(), 'folder');
    const write = (text: string) => (folder: string) => writeFile(join(folder, 'a'), text);
    await publishFolder(target, write('one'));
    await expect(publishFolder(target, write('two'))).rejects.toMatchObject({ code: 'FOLDER_EXISTS' });
    expect(await readFile(join(target, 'a'), 'utf8')).toBe('one');
    await publishFolder(target, write('three'), { replace: true });
    expect(await readFile(join(target, 'a'), 'utf8')).toBe('three');
    expect(readdirSync(join(target, '..'))).toEqual(['folder']);
  });

  test('of several publishers at once exactly one wins', async () => {
    const target = join(freshPath(), 'folder');
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, k) => publishFolder(target, folder => writeFile(join(folder, 'a'), `${k}`))),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(readdirSync(join(target, '..'))).toEqual(['folder']);
  });

  test('what the writer throws comes through and nothing is left', async () => {
    const target = join(freshPath(), 'folder');
    const failing = publishFolder(target, () => Promise.reject(new RangeError('mine')));
    await expect(failing).rejects.toThrow(RangeError);
    expect(readdirSync(join(target, '..'))).toEqual([]);
  });

  test('kill -9 at every step leaves nothing or the whole folder, and the next publisher sweeps up', () => {
    let killed = 0;
    for (let k = 1; ; k++) {
      const target = join(freshPath(), 'folder');
      const fate = runKilledAt(k, publish, target, 'new', '');
      const parent = join(target, '..');
      const names = killed === 0 ? [] : readdirSync(parent);
      if (names.includes('folder')) expect(texts(target)).toBe('newnew');
      else runKilledAt(0, publish, target, 'new', '');
      if (fate === 'finished') break;
      killed += 1;
      expect(texts(target)).toBe('newnew');
      if (!names.includes('folder')) expect(readdirSync(parent)).toEqual(['folder']);
    }
    expect(killed).toBeGreaterThan(10);
  });

  test('kill -9 at every step of a replacement leaves the old folder or the new one, whole', async () => {
    let killed = 0;
    for (let k = 1; ; k++) {
      const target = join(freshPath(), 'folder');
      mkdirSync(target, { recursive: true });
      for (const name of ['a.txt', 'b.txt']) writeFileSync(join(target, name), 'old');
      const fate = runKilledAt(k, publish, target, 'new', 'replace');
      await restoreFolders(join(target, '..'));
      expect(['oldold', 'newnew']).toContain(texts(target));
      if (fate === 'finished') break;
      killed += 1;
    }
    expect(killed).toBeGreaterThan(12);
  });

  test('temporaries of living processes and of other machines are left alone', async () => {
    const parent = freshPath();
    const mine = hostname().replaceAll(/[^A-Za-z0-9]/g, '');
    const kept = [`.x.${mine}-${process.ppid}-00000000-1.tmp`, '.x.elsewhere9-1-00000000-1.tmp'];
    const stale = `.x.${mine}-${process.pid}-00000000-1.tmp`;
    for (const name of [...kept, stale]) mkdirSync(join(parent, name), { recursive: true });
    await publishFolder(join(parent, 'folder'), async () => undefined);
    expect(readdirSync(parent).sort()).toEqual([...kept, 'folder'].sort());
  });
});
