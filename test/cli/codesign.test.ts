// `galerkin codesign compress`: a file of correlations in, fewer bytes out, or a refusal with figures and nothing written.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from 'galerkin/base';
import { decodeCompressedCorrelations, encodeCorrelations } from 'galerkin/optimize';
import { readBytes } from 'galerkin/store';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../dist/cli/main.js';

const size = 24;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'galerkin-codesign-'));
  const random = seededRandom(4);
  const sides = Array.from({ length: size }, () => (random.uniform() < 0.5 ? -1 : 1));
  const matrix = Float64Array.from(
    { length: size * size },
    (_, at) => (sides[Math.floor(at / size)] ?? 1) * (sides[at % size] ?? 1),
  );
  const bytes = encodeCorrelations([{ stream: 'w/1', size, rows: 10, matrix, energy: new Float64Array(size).fill(1) }]);
  await writeFile(join(folder, 'correlation_matrix.npz'), bytes);
});
afterAll(() => rm(folder, { recursive: true }));

async function run(...args: string[]): Promise<{ out: string; error: string; exit: number }> {
  const [out, error]: [string[], string[]] = [[], []];
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation(text => out.push(String(text)) > 0);
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation(text => error.push(String(text)) > 0);
  try {
    process.exitCode = 0;
    await main(['codesign', 'compress', ...args]);
    return { out: out.join(''), error: error.join(''), exit: Number(process.exitCode) };
  } finally {
    process.exitCode = 0;
    stdout.mockRestore();
    stderr.mockRestore();
  }
}

describe('galerkin codesign compress', () => {
  it('writes the matrices in the wanted part of the bytes, and says how far they are off', async () => {
    const file = join(folder, 'correlation_matrix.npz');
    const { out, exit } = await run(file, '--compression-ratio', '0.1', '--json');
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ streams: [{ stream: 'w/1', size, method: 'low rank', rank: 2 }] });
    const [read] = decodeCompressedCorrelations(await readBytes(join(folder, 'correlation_matrix.compressed.npz')));
    expect(read?.relativeError).toBeLessThan(1e-6);
    expect((await run(file)).out).toContain('low rank 2');
  });

  it.each([
    ['a ratio that leaves nothing', ['--compression-ratio', '0.001'], 'OPTIMIZE_INPUT_INVALID'],
    ['a ratio that is no number', ['--compression-ratio', 'small'], 'OPTIONS_INVALID'],
  ])('refuses %s and writes nothing', async (_, flags, code) => {
    const out = join(folder, 'nothing.npz');
    const { error, exit } = await run(join(folder, 'correlation_matrix.npz'), ...flags, '--out', out);
    expect(exit).not.toBe(0);
    expect(error).toContain(code);
    expect(await readdir(folder)).not.toContain('nothing.npz');
  });

  it('refuses a file that is missing or no such file', async () => {
    expect((await run(join(folder, 'none.npz'))).error).toContain('FILE_READ_FAILED');
    await writeFile(join(folder, 'bad.npz'), 'x');
    expect((await run(join(folder, 'bad.npz'))).error).toContain('NPZ_INVALID');
  });
});
