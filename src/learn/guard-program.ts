// The guard of a model: from a question and an answer to how well the answer solves the discrete equation, compiled from the problem's own forms.
import { np, type Program, type Traced, trace } from '../compile/index.js';
import { elementVector, incidence, type Problem, problemForms, triangleGeometry } from '../solve/index.js';
import { solveGridPoisson } from './grid-poisson.js';
import { constantArray } from './traced-arrays.js';
import { sumAtNodes, tracedAlgebra, tracedElement } from './traced-element.js';

/** What the guard says about each answer of a batch. */
export type GuardVerdict<Leaf> = {
  /** Relative residual of the discrete equation, measured as the error it stands for, [batch]. */
  readonly residual: Leaf;
  /** |outflow - source| / |source|, [batch]. */
  readonly flux_imbalance: Leaf;
  /** Where the residual lies, [batch, n, n]; its root mean square over the interior nodes is `residual`. */
  readonly residual_map: Leaf;
};

/** Root mean square over the interior nodes, [batch], of [batch, m, m]. */
function rootMeanSquare(field: Traced): Traced {
  const [, m] = field.shape;
  return np.sqrt(
    field.ref
      .mul(field)
      .reshape([-1, m * m])
      .mean(1),
  );
}

/** Sum of a nodal field [batch, nodes] over the boundary, [batch]. */
function boundarySum(field: Traced, boundary: Int32Array): Traced {
  const nodes = field.shape[1];
  const onBoundary = new Float32Array(nodes);
  for (const node of boundary) onBoundary[node] = 1;
  return field.mul(constantArray(onBoundary, [1, nodes])).sum(1);
}

/**
 * The guard as a function of a coefficient field and an answer, both [batch, n, n].
 *
 * With r = a(u, φ) - l(φ) at every node's basis function φ and b = l(φ):
 * - z solves the Poisson problem -Δz = r on the same grid with z = 0 on the boundary, z₀ the same with load b;
 * - `residual_map` = z / rms(z₀), `residual` = rms(z) / rms(z₀). For a constant coefficient that is exactly the relative
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
  return (coefficient: Traced, answer: Traced): GuardVerdict<Traced> => {
    const element = tracedElement(geometry, {
      coefficients: { [name]: coefficient.reshape([-1, nodes]) },
      trial: answer.reshape([-1, nodes]),
    });
    const assembled = (form: typeof forms.linear): Traced =>
      sumAtNodes(elementVector(form, tracedAlgebra, element), mesh.triangleCount, table);
    const load = assembled(forms.linear);
    const residual = assembled(forms.bilinear).sub(load.ref);
    const source = load.ref.sum(1);
    const outflow = boundarySum(residual.ref, mesh.boundary).neg();
    const scale = rootMeanSquare(solveGridPoisson(load.reshape([-1, n, n])));
    const map = solveGridPoisson(residual.reshape([-1, n, n])).div(scale.reshape([-1, 1, 1]));
    return {
      residual: rootMeanSquare(map.ref),
      flux_imbalance: np.abs(outflow.sub(source.ref)).div(np.abs(source)),
      residual_map: np.pad(map, [
        [0, 0],
        [1, 1],
        [1, 1],
      ]),
    };
  };
}

/** The guard traced with an open batch axis: inputs coefficient and answer, outputs as in `GuardVerdict`. */
export function guardProgram(problem: Problem, n: number): Program {
  const field = { shape: ['batch', n, n], dtype: 'float32' } as const;
  return trace(guardFunction(problem, n), [field, field]);
}
