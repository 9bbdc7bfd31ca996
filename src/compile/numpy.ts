// The tracer's numpy with one function put right: products of stacks of matrices whose ranks differ.
import { numpy } from '@jax-js/jax';

type Operand = Parameters<typeof numpy.matmul>[0];

/** The operand with axes of size 1 in front, up to `rank` axes. */
function ofRank(x: Operand, rank: number): Operand {
  const shape = numpy.shape(x);
  return numpy.reshape(x, [...new Array<number>(rank - shape.length).fill(1), ...shape]);
}

/**
 * Matrix product over the last two axes, those before them broadcast, as numpy has it.
 * The tracer's own puts the axes that only one operand has in another order: [2, 3] times [4, 3, 5] gives it
 * [2, 4, 5] instead of [4, 2, 5]. With equal ranks, and with vectors, it is right; ranks are made equal here.
 */
export function matmul(x: Operand, y: Operand): ReturnType<typeof numpy.matmul> {
  const [left, right] = [numpy.ndim(x), numpy.ndim(y)];
  if (left < 2 || right < 2 || left === right) return numpy.matmul(x, y);
  const rank = Math.max(left, right);
  return numpy.matmul(ofRank(x, rank), ofRank(y, rank));
}

/** Functions on arrays, by numpy's names. */
export const np: typeof numpy = { ...numpy, matmul, linalg: { ...numpy.linalg, matmul } };
