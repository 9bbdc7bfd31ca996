// Assembly: a weak form, a mesh and a pattern become a matrix or a vector whose arrays are filled again at each call.
import { GalerkinError } from '../base/index.js';
import type { CsrMatrix } from './csr.js';
import { type Kernel, matrixKernel, vectorKernel } from './kernel.js';
import type { Mesh } from './mesh.js';
import type { Pattern } from './pattern.js';
import type { WeakForm } from './weak-form.js';

/** Coefficients by name, one value per node of the mesh. */
export type Coefficients = Readonly<Record<string, Float64Array>>;

function inOrder(form: WeakForm, mesh: Mesh, coefficients: Coefficients): Float64Array[] {
  return form.coefficients.map(name => {
    const values = coefficients[name];
    if (values?.length !== mesh.pointCount) {
      const got = values === undefined ? 'none' : `${values.length} values`;
      throw new GalerkinError('COEFFICIENT_INVALID', { name, wanted: `${mesh.pointCount} values`, got });
    }
    return values;
  });
}

export interface MatrixAssembly {
  /** The matrix; its values change at each `assemble`. */
  readonly matrix: CsrMatrix;
  readonly kernel: Kernel;
  /** Fills the matrix. Throws COEFFICIENT_INVALID if a coefficient is missing or has another length than the mesh. */
  assemble(coefficients?: Coefficients): CsrMatrix;
}

/** Compiles a bilinear form for a mesh and a pattern. Reassembly allocates nothing that grows with the mesh. */
export function matrixAssembly(form: WeakForm, mesh: Mesh, pattern: Pattern): MatrixAssembly {
  const kernel = matrixKernel(form);
  const { rowCount, rowStarts, columns, scatter } = pattern;
  const target = new Float64Array(columns.length + 1);
  const matrix: CsrMatrix = Object.freeze({ rowCount, columnCount: rowCount, rowStarts, columns, values: target });
  return {
    matrix,
    kernel,
    assemble(coefficients = {}) {
      const fields = inOrder(form, mesh, coefficients);
      target.fill(0);
      kernel.run({ points: mesh.points, triangles: mesh.triangles, scatter, target, coefficients: fields });
      return matrix;
    },
  };
}

export interface VectorAssembly {
  readonly kernel: Kernel;
  /** Fills and returns one value per node of the mesh; the array is the same at each call. */
  assemble(coefficients?: Coefficients): Float64Array;
}

/** Compiles a linear form for a mesh. */
export function vectorAssembly(form: WeakForm, mesh: Mesh): VectorAssembly {
  const kernel = vectorKernel(form);
  const { points, triangles, pointCount } = mesh;
  const target = new Float64Array(pointCount);
  return {
    kernel,
    assemble(coefficients = {}) {
      const fields = inOrder(form, mesh, coefficients);
      target.fill(0);
      kernel.run({ points, triangles, scatter: triangles, target, coefficients: fields });
      return target;
    },
  };
}
