// Relative errors of predicted fields: in L2, the figure everyone quotes, and in the gradient.
import { np, type Traced } from '../compile/index.js';

/** Sum of the squares of each field, [batch]. */
const squares = (field: Traced): Traced => np.square(field).reshape([field.shape[0], -1]).sum(1);

/** Sum over the grid's edges of the squared differences; h cancels in a ratio. */
function edgeSquares(field: Traced): Traced {
  const n = field.shape[1];
  const alongX = field.slice([], [], [1, n]).sub(field.slice([], [], [0, n - 1]));
  const alongY = field.slice([], [1, n], []).sub(field.slice([], [0, n - 1], []));
  return squares(alongX).add(squares(alongY));
}

/** ‖û - u‖ / ‖u‖ for each field of [batch, n, n]. */
export function relativeError(predicted: Traced, truth: Traced): Traced {
  return np.sqrt(squares(predicted.sub(truth)).div(squares(truth)));
}

/**
 * Mean over the batch of (1-w)·‖û-u‖/‖u‖ + w·|û-u|₁/|u|₁, with |·|₁ the seminorm of the first differences.
 * The second part sharpens the answer where the coefficient jumps, and lowers the L2 error too (docs/learn.md).
 */
export function trainingLoss(predicted: Traced, truth: Traced, gradientWeight: number): Traced {
  if (gradientWeight === 0) return relativeError(predicted, truth).mean();
  const slopeError = np.sqrt(edgeSquares(predicted.sub(truth)).div(edgeSquares(truth)));
  return relativeError(predicted, truth)
    .mul(1 - gradientWeight)
    .add(slopeError.mul(gradientWeight))
    .mean();
}
