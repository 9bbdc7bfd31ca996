// Files that we write, read by those who own the formats: numpy reads correlations, ONNX's own checker judges models.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeInteropModels } from './interop-models.mjs';
import { pythonWithReaders } from './interop-tools.mjs';
import { root } from './setup.mjs';

/** Correlations of two streams whose numbers float32 and float64 hold exactly, and what numpy must find. */
async function writeCorrelations(folder) {
  const optimize = await import('../dist/optimize/index.js');
  const { compressCorrelations, encodeCompressedCorrelations, encodeCorrelations, encodePermutations } = optimize;
  const matrix = size =>
    Float64Array.from({ length: size * size }, (_, at) => 2 ** -Math.abs((at % size) - Math.floor(at / size)));
  const correlations = [3, 8].map((size, k) => ({
    stream: `Strom ${k}, räumlich`,
    size,
    rows: 10 + k,
    matrix: matrix(size),
    energy: Float64Array.from({ length: size }, (_, at) => at + 0.1),
  }));
  const compressed = correlations.map(({ stream, ...square }) => ({
    stream,
    ...compressCorrelations(square, { ratio: 0.5, tolerance: 0.5 }),
  }));
  const permutation = [2, 0, 1];
  const stream = { name: 'Strom 0, räumlich', size: 3, touches: [], permutation, objective: null };
  const file = {
    format: 'galerkin permutation 1',
    model: `sha256:${'0'.repeat(64)}`,
    objective: 'none',
    streams: [stream],
  };
  writeFileSync(join(folder, 'correlation_matrix.npz'), encodeCorrelations(correlations));
  writeFileSync(join(folder, 'compressed.npz'), encodeCompressedCorrelations(compressed));
  writeFileSync(join(folder, 'permutation.json'), encodePermutations(file));
  const plain = ({ stream, size, rows, matrix, energy }) => ({
    stream,
    size,
    rows,
    matrix: [...matrix],
    energy: [...energy],
  });
  const small = ({ stream, size, rank, factors, codes }) => ({
    stream,
    size,
    rank,
    factors: [...factors],
    codes: [...codes],
  });
  const expected = { correlations: correlations.map(plain), compressed: compressed.map(small), permutation };
  writeFileSync(join(folder, 'expected.json'), JSON.stringify(expected));
}

/** Runs the cases and reports each by `line(kind, words)`. */
export async function fileCases(chosen, line) {
  const { python, missing, version } = pythonWithReaders();
  if (missing !== undefined) {
    line('skipped', `every case of numpy and onnx: ${missing}`);
    return;
  }
  console.log(version);
  const folder = mkdtempSync(join(tmpdir(), 'galerkin-interop-'));
  try {
    await writeCorrelations(folder);
    await writeInteropModels(folder);
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
    const args = ['test/interop/file_cases.py', folder, chosen];
    const { stdout, stderr, status } = spawnSync(python, args, { cwd: root, env, encoding: 'utf8', timeout: 300_000 });
    for (const text of stdout.split('\n')) {
      const [, kind, words] = /^(ok|FAILED)\s+(.*)$/.exec(text) ?? [];
      if (kind !== undefined) line(kind, words);
      else if (text !== '') console.log(text);
    }
    if (status !== 0 && status !== 1) line('FAILED', `the cases of files ended with ${status}: ${stderr.slice(-500)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
