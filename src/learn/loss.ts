// Relative errors of predicted fields: in L2, the figure everyone quotes, and in the gradient.
import { np, type Traced } from '../compile/index.js';

const squares = (field: Traced): Traced => {
  const [batch] = field.shape;
  return field.ref.mul(field).reshape([batch, -1]).sum(1);
};

/** Sum over the grid's edges of the squared differences; h cancels in a ratio. */
function edgeSquares(field: Traced): Traced {
  const n = field.shape[1];
  const alongX = field.ref.slice([], [], [1, n]).sub(field.ref.slice([], [], [0, n - 1]));
  const alongY = field.ref.slice([], [1, n], []).sub(field.slice([], [0, n - 1], []));
  return squares(alongX).add(squares(alongY));
}

/** ‖û - u‖ / ‖u‖ for each field of [batch, n, n]. Consumes both. */
export function relativeError(predicted: Traced, truth: Traced): Traced {
  const difference = predicted.sub(truth.ref);
  return np.sqrt(squares(difference).div(squares(truth)));
}

/**
 * Mean over the batch of (1-w)·‖û-u‖/‖u‖ + w·|û-u|₁/|u|₁, with |·|₁ the seminorm of the first differences.
 * The second part sharpens the answer where the coefficient jumps, and lowers the L2 error too (docs/learn.md).
 * Consumes both fields.
 */
export function trainingLoss(predicted: Traced, truth: Traced, gradientWeight: number): Traced {
  if (gradientWeight === 0) return relativeError(predicted, truth).mean();
  const difference = predicted.sub(truth.ref);
  const slopes = np.sqrt(edgeSquares(difference.ref).div(edgeSquares(truth.ref))).mul(gradientWeight);
  const values = np.sqrt(squares(difference).div(squares(truth))).mul(1 - gradientWeight);
  return values.add(slopes).mean();
}
