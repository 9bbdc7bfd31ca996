// `galerkin optimize` as people and machines run it: its line of JSON, its exit codes, its words.
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeModel } from 'galerkin/graph';
import { readPackage } from 'galerkin/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run, start } from '../end-to-end/galerkin.js';
import { mlp } from '../optimize/networks.js';

let cwd = '';
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'galerkin-'));
  await writeFile(join(cwd, 'net.onnx'), writeModel(mlp([64, 96, 64])));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const quick = ['--time-limit', '1s', '--cores', '1'];

describe('galerkin optimize', () => {
  test('meets a target: one line of JSON, a model that `galerkin serve` serves, a page', async () => {
    const args = ['optimize', 'net.onnx', '--target-latency', '10s', '--budget', '0.5%', '--report', 'page.html'];
    const { code, stdout, stderr } = await run([...args, ...quick, '--json'], cwd);
    expect(stderr).toMatch(/warning: .*random/);
    expect(code).toBe(0);
    const { status, published, report } = JSON.parse(stdout);
    expect(status).toBe('met');
    expect(report.targets).toMatchObject([{ name: 'latency', unit: 'ms', wanted: 10_000, isMet: true }]);
    expect(published).toMatchObject({ name: 'net', version: 1 });
    expect((await readPackage(join(cwd, '.galerkin/models'), 'net')).manifest?.runtime).toBeDefined();
    const page = await readFile(join(cwd, 'page.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>/);

    const server = start(['serve', '.galerkin/models', '--port', '0', '--no-grpc', '--no-metrics', '--json'], cwd);
    const { url } = await server.firstJson;
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 64], data: new Array(64).fill(0.5) }];
    const reply = await fetch(`${url}/v2/models/net/infer`, { method: 'POST', body: JSON.stringify({ inputs }) });
    expect((await reply.json()).outputs[0].data).toHaveLength(64);
    server.child.kill('SIGTERM');
    await server.finished;
  });

  test('tells people what it chose beside how it is today, and where it lies', async () => {
    const { code, stdout } = await run(['optimize', 'net.onnx', '--output', 'other', ...quick], cwd);
    expect(code).toBe(0);
    for (const words of [/today +chosen/, /p95/, /why /, /written +.*other.net.1/, /runs best with +level/])
      expect(stdout).toMatch(words);
  });

  test('misses a target: exit 70 with the best figures, JSON for machines all the same, nothing written', async () => {
    const args = ['optimize', 'net.onnx', '--target-latency', '1us', '--output', 'never', ...quick, '--json'];
    const { code, stdout, stderr } = await run(args, cwd);
    expect(code).toBe(70);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'missed', published: null });
    expect(JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error).toMatchObject({
      code: 'TARGET_MISSED',
      message: expect.stringMatching(/latency .* ms \(wanted 0\.00100\)/),
    });
    expect(existsSync(join(cwd, 'never'))).toBe(false);
  });

  test('--help has units and defaults', async () => {
    const { stdout } = await run(['optimize', '--help'], cwd);
    const text = stdout.replace(/\s+/g, ' ');
    for (const words of [/--target-latency <time>/, /default: "0\.5%"/, /default: "60s"/, /throughput/, /--codesign/])
      expect(text).toMatch(words);
  });

  test.each([
    ['a latency without a unit', ['--target-latency', '10'], 2, /--target-latency.*unit/],
    ['a budget without its sign', ['--budget', '0.5'], 2, /--budget.*percentage/],
    ['no time', ['--time-limit', '0s'], 2, /--time-limit/],
    ['two concurrencies', ['--concurrency', '1,2'], 2, /--concurrency/],
    ['a strategy that is none', ['--strategy', 'luck'], 2, /latency/],
    ['negative throughput', ['--target-throughput', '-3'], 2, /--target-throughput/],
    ['samples that are not there', ['--samples', 'none.npz'], 66, /none\.npz/],
  ])('%s is refused before anything is done', async (_what, args, exit, message) => {
    const { code, stderr, stdout } = await run(['optimize', 'net.onnx', ...args], cwd);
    expect(stderr).toMatch(message);
    expect(code).toBe(exit);
    expect(stdout).toBe('');
  });

  test('a model that is not there is missing: 66', async () => {
    expect((await run(['optimize', 'nothing.onnx'], cwd)).code).toBe(66);
    expect((await run(['optimize', '.galerkin/models/nobody'], cwd)).code).toBe(66);
  });
});
