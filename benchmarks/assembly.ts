// Assembly of the Darcy matrix on a million triangles: the kernel compiled from the weak form against one written by hand for it.
import { createPattern, darcy, matrixAssembly, problemForms, unitSquare } from 'galerkin/solve';
import { type BenchResult, median, ratioOf } from './result.js';

const n = 708;
const rounds = 25;

interface Arrays {
  readonly points: Float64Array;
  readonly triangles: Int32Array;
  readonly scatter: Int32Array;
  readonly target: Float64Array;
  readonly a: Float64Array;
}

/** What a person would write for this one equation: six products of edge vectors, mirrored. */
function handWritten({ points, triangles, scatter, target, a }: Arrays): void {
  for (let t = 0, s = 0; t < triangles.length; t += 3, s += 9) {
    const i = triangles[t];
    const j = triangles[t + 1];
    const k = triangles[t + 2];
    const xi = points[2 * i];
    const yi = points[2 * i + 1];
    const xj = points[2 * j];
    const yj = points[2 * j + 1];
    const xk = points[2 * k];
    const yk = points[2 * k + 1];
    const bi = yj - yk;
    const bj = yk - yi;
    const bk = yi - yj;
    const ci = xk - xj;
    const cj = xi - xk;
    const ck = xj - xi;
    const scale = (a[i] + a[j] + a[k]) / (6 * (bi * cj - bj * ci));
    const ij = scale * (bi * bj + ci * cj);
    const ik = scale * (bi * bk + ci * ck);
    const jk = scale * (bj * bk + cj * ck);
    target[scatter[s]] -= ij + ik;
    target[scatter[s + 1]] += ij;
    target[scatter[s + 2]] += ik;
    target[scatter[s + 3]] += ij;
    target[scatter[s + 4]] -= ij + jk;
    target[scatter[s + 5]] += jk;
    target[scatter[s + 6]] += ik;
    target[scatter[s + 7]] += jk;
    target[scatter[s + 8]] -= ik + jk;
  }
}

function millisecondsOf(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Triangles per second: first assembly with its pattern, reassembly, and the hand-written kernel in turns with it. */
export async function run(): Promise<BenchResult[]> {
  const mesh = unitSquare(n);
  const { bilinear } = problemForms(darcy);
  const a = Float64Array.from({ length: n * n }, (_, k) => (Math.sin(0.01 * k) > 0 ? 12 : 3));
  const firstMs: number[] = [];
  for (let k = 0; k < 3; k++) {
    firstMs.push(millisecondsOf(() => matrixAssembly(bilinear, mesh, createPattern(mesh)).assemble({ a })));
  }
  const pattern = createPattern(mesh);
  const assembly = matrixAssembly(bilinear, mesh, pattern);
  const target = new Float64Array(pattern.columns.length);
  const { points, triangles } = mesh;
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = -5; round < rounds; round++) {
    const one = millisecondsOf(() => assembly.assemble({ a }));
    const other = millisecondsOf(() => {
      target.fill(0);
      handWritten({ points, triangles, scatter: pattern.scatter, target, a });
    });
    if (round < 0) continue;
    ours.push(one);
    theirs.push(other);
  }
  const speed = (ms: number): number => mesh.triangleCount / ms / 1000;
  const difference = target.reduce((most, value, k) => Math.max(most, Math.abs(value - assembly.matrix.values[k])), 0);
  return [
    { name: 'first assembly, pattern and compilation included', value: speed(median(firstMs)), unit: 'M triangles/s' },
    {
      name: 'reassembly, compiled from the weak form',
      value: speed(median(ours)),
      unit: 'M triangles/s',
      ratio: ratioOf('the speed of the hand-written kernel', theirs, ours),
      note: `${mesh.triangleCount} triangles, largest difference ${difference.toExponential(1)}`,
    },
    { name: 'reassembly, hand-written for this equation', value: speed(median(theirs)), unit: 'M triangles/s' },
  ];
}
