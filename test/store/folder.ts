// A fresh folder per test file, removed afterwards.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Makes a function that gives a new path in a folder of this test file's own. */
export function freshPaths(): () => string {
  const root = mkdtempSync(join(tmpdir(), 'galerkin-test-'));
  let count = 0;
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return () => {
    count += 1;
    return join(root, `p${count}`);
  };
}
