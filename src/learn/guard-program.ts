// The guard of a model: from a question and an answer to how well the answer solves the discrete equation, compiled from the problem's own forms.
import { np, type Program, type Traced, trace } from '../compile/index.js';
import {
  elementMatrix,
  elementVector,
  incidence,
  type Problem,
  problemForms,
  type Three,
  type TriangleGeometry,
  triangleGeometry,
} from '../solve/index.js';
import { solveGridPoisson } from './grid-poisson.js';
import { constantArray, freeingConstants } from './traced-arrays.js';
import { sumAtNodes, type TriangleValue, tracedAlgebra, tracedElement } from './traced-element.js';

/** What the guard says about each answer of a batch. */
export type GuardVerdict<Leaf> = {
  /** Relative residual of the discrete equation, measured as the error it stands for, [batch]. */
  readonly residual: Leaf;
  /** |outflow - source| / |source|, [batch]. */
  readonly flux_imbalance: Leaf;
  /** Where the residual lies, [batch, n, n]; the root of its squares' sum over n - 2 is `residual`. */
  readonly residual_map: Leaf;
};

/** Sum over all but the first axis, [batch]. */
const sumOf = (field: Traced): Traced => field.reshape([field.shape[0], -1]).sum(1);
/** Root of the sum of squares of each item, [batch]. */
const norm = (field: Traced): Traced => np.sqrt(sumOf(np.square(field)));

/** 1 at the chosen nodes and 0 elsewhere, [nodes]. */
function indicator(nodes: number, chosen: Int32Array): Float32Array {
  const values = new Float32Array(nodes);
  for (const node of chosen) values[node] = 1;
  return values;
}

/** Diagonal of the Laplacian's matrix on the mesh: the sum of area · |grad φ|² around each node. */
function laplaceDiagonal({ area, gradients, corners }: TriangleGeometry, nodes: number): Float64Array {
  const diagonal = new Float64Array(nodes);
  gradients.forEach(([x, y], corner) => {
    for (let t = 0; t < area.length; t++) diagonal[corners[corner][t]] += area[t] * (x[t] ** 2 + y[t] ** 2);
  });
  return diagonal;
}

/**
 * The guard as a function of a coefficient field and an answer u, both [batch, n, n], to be traced.
 *
 * Let ů be u with its boundary values set to zero, r = a(ů, φ) - l(φ) for the basis function φ of every node, b = l(φ).
 * - z solves the Poisson problem -Δz = r on the same grid, with z = u·Kᵢᵢ/Lᵢᵢ on the boundary, where K is the matrix of the
 *   problem and L that of the Laplacian; z₀ solves it with load b and zero boundary values. All for P1 elements, exactly.
 * - `residual_map` = z / rms(z₀), `residual` = ‖z‖ / ‖z₀‖. For a constant coefficient that is exactly the relative
 *   L2 error of u, and it is of the same size for others. A bare ‖r‖ would be ruled by noise between grid nodes.
 * - `flux_imbalance` = |outflow - Σb| / |Σb|, where the outflow is minus the sum of r over the boundary nodes: the
 *   reactions, which for the discrete solution balance the source to rounding.
 */
export function guardFunction(problem: Problem, n: number) {
  const forms = problemForms(problem);
  const mesh = problem.mesh(n);
  const geometry = triangleGeometry(mesh);
  const table = incidence(mesh);
  const nodes = mesh.pointCount;
  const name = problem.coefficients[0]?.name ?? '';
  const onBoundary = indicator(nodes, mesh.boundary);
  const laplace = laplaceDiagonal(geometry, nodes);
  const perNode = (values: Float32Array): Traced => constantArray(values, [nodes]);
  return (coefficient: Traced, answer: Traced): GuardVerdict<Traced> => {
    const u = answer.reshape([-1, nodes]);
    const element = tracedElement(geometry, {
      coefficients: { [name]: coefficient.reshape([-1, nodes]) },
      trial: u.mul(perNode(onBoundary.map(value => 1 - value))),
    });
    const atNodes = (values: Three<TriangleValue>): Traced => sumAtNodes(values, mesh.triangleCount, table);
    const load = atNodes(elementVector(forms.linear, tracedAlgebra, element));
    const residual = atNodes(elementVector(forms.bilinear, tracedAlgebra, element)).sub(load);
    const matrix = elementMatrix(forms.bilinear, tracedAlgebra, element);
    const source = load.sum(1);
    const outflow = residual.mul(perNode(onBoundary)).sum(1).neg();
    const diagonal = atNodes([matrix[0], matrix[4], matrix[8]]);
    const atBoundary = u.mul(diagonal).mul(perNode(onBoundary.map((value, node) => value / laplace[node])));
    const scale = norm(solveGridPoisson(load.reshape([-1, n, n])));
    const z = solveGridPoisson(residual.reshape([-1, n, n])).add(atBoundary.reshape([-1, n, n]));
    const relative = z.div(scale.reshape([-1, 1, 1]));
    return {
      residual: norm(relative),
      flux_imbalance: np.abs(outflow.sub(source)).div(np.abs(source)),
      residual_map: relative.mul(n - 2),
    };
  };
}

/** The guard traced with an open batch axis: inputs coefficient and answer, outputs as in `GuardVerdict`. */
export function guardProgram(problem: Problem, n: number): Program {
  const field = { shape: ['batch', n, n], dtype: 'float32' } as const;
  return freeingConstants(() => trace(guardFunction(problem, n), [field, field]));
}
