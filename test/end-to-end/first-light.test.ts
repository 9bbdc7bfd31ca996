import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Running, run, start } from './galerkin.js';

let cwd = '';
let server: Running;
let url = '';

const predict = async (...args: string[]) => {
  const { code, stdout, stderr } = await run(['predict', 'darcy', '--url', url, '--json', ...args], cwd);
  return { code, answer: stdout === '' ? {} : JSON.parse(stdout), stderr };
};

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'galerkin-'));
  server = start(['start', '--preset', 'tiny', '--port', '0', '--json'], cwd);
  url = String((await server.firstJson).url);
}, 240_000);

afterAll(async () => {
  server.child.kill('SIGKILL');
  await rm(cwd, { recursive: true, force: true });
});

describe('first light: one command takes an equation to a served, guarded model', () => {
  test('the server is ready', async () => {
    expect((await fetch(`${url}/v2/health/ready`)).status).toBe(200);
    expect((await fetch(`${url}/v2/models/darcy/ready`)).status).toBe(200);
    expect((await fetch(`${url}/v2/models/darcy_solver/ready`)).status).toBe(200);
  });

  test('a field of the family is answered by the surrogate, with its residual, error and latency', async () => {
    const { code, answer } = await predict('--sample', '3');
    expect(code).toBe(0);
    expect(answer).toMatchObject({ answeredBy: 'surrogate', verdict: 'accepted' });
    expect(answer.residual).toBeGreaterThan(0);
    expect(answer.residual).toBeLessThan(answer.residualBound);
    expect(answer.relativeL2).toBeGreaterThan(0);
    expect(answer.relativeL2).toBeLessThan(0.3);
    expect(answer.latencyMs).toBeGreaterThan(0);
  });

  test('an inclusion from outside the family falls back on the solver, whose answer is the truth', async () => {
    const { code, answer } = await predict('--inclusion', '0.3,0.6,0.2,100', '--guard', 'fallback');
    expect(code).toBe(0);
    expect(answer).toMatchObject({ answeredBy: 'solver', verdict: 'fallback' });
    expect(answer.refusedResidual).toBeGreaterThan(answer.residualBound);
    expect(answer.residual).toBeLessThan(1e-3);
    expect(answer.relativeL2).toBeLessThan(1e-5);
  });

  test('the same inclusion is flagged under annotate and refused under reject, with the figures', async () => {
    const annotated = await predict('--inclusion', '0.3,0.6,0.2,100', '--guard', 'annotate');
    expect(annotated.answer).toMatchObject({ answeredBy: 'surrogate', verdict: 'flagged' });
    expect(annotated.answer.residual).toBeGreaterThan(annotated.answer.residualBound);
    const rejected = await predict('--inclusion', '0.3,0.6,0.2,100', '--guard', 'reject');
    expect(rejected.code).toBe(65);
    expect(rejected.stderr).toMatch(/SERVER_REFUSED/);
    expect(rejected.stderr).toMatch(/residual/);
  });

  test('models lists both packages with intact digests', async () => {
    const { stdout } = await run(['models', '--json'], cwd);
    expect(JSON.parse(stdout).models).toMatchObject([
      { name: 'darcy', version: '1', status: 'ok' },
      { name: 'darcy_solver', version: '1', status: 'ok' },
    ]);
  });

  test('the studio is there', async () => {
    const page = await fetch(`${url}/studio/`);
    expect(page.status).toBe(200);
    expect(await page.text()).toMatch(/<title>.*Galerkin/);
  });

  test('Ctrl-C stops it cleanly, and the next start serves what is on disk without training', async () => {
    server.child.kill('SIGINT');
    expect((await server.finished).code).toBe(0);
    server = start(['start', '--port', '0', '--json'], cwd);
    url = String((await server.firstJson).url);
    expect((await fetch(`${url}/v2/health/ready`)).status).toBe(200);
    server.child.kill('SIGTERM');
    const { code, stderr } = await server.finished;
    expect(code).toBe(0);
    expect(stderr).toBe('');
  });

  test('a start that asks for another training than the one on disk says that it serves the one on disk', async () => {
    server = start(['start', '--epochs', '3', '--port', '0', '--json'], cwd);
    await server.firstJson;
    server.child.kill('SIGINT');
    const { code, stderr } = await server.finished;
    expect(code).toBe(0);
    expect(stderr).toMatch(/on disk.*\n.*galerkin learn darcy/);
  });
});
