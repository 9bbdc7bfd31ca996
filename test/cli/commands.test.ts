import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeNpz } from 'galerkin/store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../end-to-end/galerkin.js';

let cwd = '';
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'galerkin-'));
  await writeFile(join(cwd, 'text.npz'), 'no archive');
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

describe('galerkin', () => {
  test.each(['start', 'solve', 'learn', 'serve', 'predict', 'models'])('%s --help shows its options', async verb => {
    const { code, stdout } = await run([verb, '--help'], cwd);
    expect(code).toBe(0);
    expect(stdout).toMatch(/--json/);
  });

  test('learn --help shows units, ranges and defaults', async () => {
    const { stdout } = await run(['learn', '--help'], cwd);
    expect(stdout).toMatch(/--preset/);
    expect(stdout.replace(/\s+/g, ' ')).toMatch(/nodes per side/);
    expect(stdout).toMatch(/default/);
  });

  test('solve converges and writes fields that read back', async () => {
    const { code, stdout } = await run(
      ['solve', 'darcy', '--n', '17', '--seed', '4', '--out', 'field.npz', '--json'],
      cwd,
    );
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ status: 'converged', n: 17, unknowns: 225 });
    expect(result.relativeResidual).toBeLessThanOrEqual(1e-10);
    const { u } = decodeNpz(await readFile(join(cwd, 'field.npz')));
    expect(u?.shape).toEqual([17, 17]);
    expect(Math.max(...Array.from(u?.data ?? [], Number))).toBeCloseTo(result.max, 12);
  });

  test('models of an empty folder says how to make one', async () => {
    const { code, stdout } = await run(['models'], cwd);
    expect(code).toBe(0);
    expect(stdout).toMatch(/galerkin learn darcy/);
  });

  test.each([
    ['an unknown command', ['fly'], 2, /unknown command/],
    ['an unknown flag', ['solve', 'darcy', '--colour', 'red'], 2, /unknown option/],
    ['an unknown problem', ['solve', 'maxwell'], 66, /PROBLEM_UNKNOWN.*|darcy/],
    ['a grid too small', ['solve', 'darcy', '--n', '1'], 2, /n/],
    ['a word for a number', ['learn', 'darcy', '--epochs', 'many'], 2, /number/],
    ['an inclusion of three numbers', ['solve', 'darcy', '--inclusion', '0.1,0.2,3'], 2, /x,y,radius,value/],
    ['a negative inclusion', ['solve', 'darcy', '--inclusion', '0.1,0.2,0.1,-3'], 2, /ARGUMENT_INVALID/],
    ['no server', ['predict', 'darcy', '--url', 'http://127.0.0.1:9'], 69, /npm start/],
    ['an address that is none', ['predict', 'darcy', '--url', 'localhost'], 2, /--url/],
    ['a file that is not there', ['predict', 'darcy', '--input', 'nowhere.npz'], 66, /nowhere\.npz/],
    ['a file that is no archive', ['predict', 'darcy', '--input', 'text.npz'], 65, /NPZ_INVALID/],
    [
      'a folder that nobody can make',
      ['learn', 'darcy', '--preset', 'tiny', '--folder', '/proc/no/x'],
      74,
      /FILE_WRITE/,
    ],
    ['a folder that is no package', ['optimize', '.'], 66, /a folder without versions/],
    ['a fraction of a sample', ['predict', 'darcy', '--sample', '1.5', '--url', 'http://127.0.0.1:9'], 2, /--sample/],
  ])('%s ends with its exit code and says what is wanted', async (_what, args, exit, message) => {
    const { code, stderr, stdout } = await run(args, cwd);
    expect(stderr).toMatch(message);
    expect(code).toBe(exit);
    expect(stdout).toBe('');
  });

  test('start says that the port is taken before it trains, not after', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const { code, stderr } = await run(['start', '--preset', 'tiny', '--port', port], cwd);
    other.close();
    expect(code).toBe(69);
    expect(stderr).toMatch(/PORT_UNAVAILABLE/);
    expect(stderr).not.toMatch(/solving|training/);
    expect(existsSync(join(cwd, '.galerkin'))).toBe(false);
  });

  test('another program on the port is not taken for a server of ours', async () => {
    const other = createHttpServer((_, response) => response.end('<html>hello</html>')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { code, stderr } = await run(['predict', 'darcy', '--url', `http://127.0.0.1:${port}`], cwd);
    other.close();
    expect(code).toBe(69);
    expect(stderr).toMatch(/SERVER_UNREACHABLE/);
  });

  test('with --json an error is one line of JSON on stderr', async () => {
    const { stderr } = await run(['solve', 'maxwell', '--json'], cwd);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'PROBLEM_UNKNOWN' } });
  });
});
