import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
let cwd = '';
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'galerkin-'));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

test('the TypeScript example of the README runs as it stands, at the smallest size', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  await mkdir(join(cwd, 'node_modules'));
  await symlink(root, join(cwd, 'node_modules/galerkin'));
  await writeFile(join(cwd, 'example.mjs'), example.replace("'quick'", "'tiny'").replace('8000', '0'));
  const child = spawn(process.execPath, ['example.mjs'], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.startsWith('http')) break;
  }
  const ready = await fetch(`${lines.at(-1)}/v2/models/darcy/ready`);
  child.kill('SIGKILL');
  expect(lines[0]).toMatch(/^finished 0\.\d+$/);
  expect(ready.status).toBe(200);
});
