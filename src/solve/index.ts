// The room of equations: meshes, weak forms, assembly, linear solvers, random fields, problems, solving and data sets.
export { type Algebra, type Atoms, evaluateForm, folding, type Known, numbers } from './algebra.js';
export {
  type Coefficients,
  type MatrixAssembly,
  matrixAssembly,
  type VectorAssembly,
  vectorAssembly,
} from './assembly.js';
export { conjugateGradients } from './conjugate-gradients.js';
export { type CsrMatrix, multiply } from './csr.js';
export { darcy } from './darcy.js';
export { eliminateDirichlet } from './dirichlet.js';
export { type Element, elementMatrix, elementResidual, elementVector, type Three } from './element.js';
export {
  coefficient,
  constant,
  divide,
  dot,
  type FieldNode,
  grad,
  minus,
  negate,
  type PositionNode,
  plus,
  type Scalar,
  test,
  times,
  trial,
  type Vector,
  vectorOf,
  x,
  y,
} from './expression.js';
export { type FieldSet, type GenerateHooks, type GenerateOptions, generate } from './generate.js';
export { type Incidence, incidence, type TriangleGeometry, triangleGeometry } from './geometry.js';
export { type Inclusion, paintInclusion } from './inclusion.js';
export type { Kernel, KernelArguments } from './kernel.js';
export type {
  LinearMethod,
  LinearReport,
  LinearSolver,
  LinearSystem,
  Preconditioner,
  PreconditionerState,
  SolveStatus,
  Stop,
} from './linear.js';
export { type Mesh, mesh } from './mesh.js';
export { type Exact, errorNorms, integral } from './norms.js';
export { generateOptions, solverOptions } from './options.js';
export { createPattern, type Pattern } from './pattern.js';
export { checkField, type FieldSpec, type Problem, problemForms } from './problem.js';
export { findProblem, problems } from './problems.js';
export { gaussianRandomField, modeDeviation, type RandomFieldOptions } from './random-field.js';
export { type SmoothedAggregationOptions, smoothedAggregation } from './smoothed-aggregation.js';
export { createSolver, type Solution, type Solver, type SolverOptions } from './solver.js';
export { sparseCholesky } from './sparse-cholesky.js';
export { type CellTriangle, cellTriangles, unitSquare } from './unit-square.js';
export {
  type BilinearForm,
  bilinearForm,
  type LinearForm,
  linearForm,
  type Symbols,
  type Term,
  type Vocabulary,
  type WeakForm,
} from './weak-form.js';
