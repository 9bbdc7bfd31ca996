// `galerkin serve DIR`: any repository in one command, and what it prints can be typed.
import { exec } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Running, start } from '../end-to-end/galerkin.js';
import { type PlainRepository, plainRepository, scaleBy, scaleConfig } from '../serve/fixtures/plain-repository.js';

const shell = promisify(exec);
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
let repository: PlainRepository;
let server: Running;
beforeAll(async () => {
  repository = await plainRepository();
  await repository.configure('scale', scaleConfig());
  await repository.add('scale', 1, scaleBy(3));
  server = start(['serve', repository.folder, '--port', '0'], repository.folder);
});
afterAll(async () => {
  server.child.kill('SIGINT');
  await server.finished;
  await repository.dispose();
});

test('says where it is and what it serves, and every line to try works', async () => {
  const screen = await server.said(/Ctrl-C stops it/);
  expect(screen).toMatch(/HTTP {5}http:.*\ngRPC {5}.*\nMetrics {2}http:/);
  expect(screen).toContain('Serving  scale/1');
  const lines =
    screen
      .split('Try it:')[1]
      ?.split('\n')
      .filter(line => line.startsWith('  ')) ?? [];
  expect(lines.length).toBeGreaterThanOrEqual(3);
  for (const line of lines) {
    const { stdout } = await shell(line.replace('npx galerkin', `${process.execPath} ${main}`));
    expect(stdout).toMatch(/^200|"scale"/);
  }
});
