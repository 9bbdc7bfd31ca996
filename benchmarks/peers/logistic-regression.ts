// The plain peer of boosted trees: logistic regression with a little ridge on the same features, missing values told by columns of their own.

export interface Rows {
  readonly columns: number;
  readonly rows: Float32Array;
  readonly labels: Uint8Array;
}

const rounds = 400;
const ridge = 1e-3;
const stepSize = 0.3;
/** Of Nesterov's momentum. */
const kept = 0.9;

/** Each column centred and scaled, 0 where it is missing; then 1 for each column that is missing; then 1. */
function design({ columns, rows }: Rows, centre: Float64Array, scale: Float64Array): Float64Array {
  const count = rows.length / columns;
  const width = 2 * columns + 1;
  const out = new Float64Array(count * width);
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < columns; column++) {
      const value = rows[row * columns + column];
      const missing = Number.isNaN(value);
      out[row * width + column] = missing ? 0 : (value - centre[column]) / scale[column];
      out[row * width + columns + column] = missing ? 1 : 0;
    }
    out[row * width + width - 1] = 1;
  }
  return out;
}

function standard({ columns, rows }: Rows): [Float64Array, Float64Array] {
  const centre = new Float64Array(columns);
  const scale = new Float64Array(columns);
  for (let column = 0; column < columns; column++) {
    const known: number[] = [];
    for (let at = column; at < rows.length; at += columns) if (!Number.isNaN(rows[at])) known.push(rows[at]);
    const mean = known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
    const square = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, known.length);
    [centre[column], scale[column]] = [mean, Math.sqrt(square) || 1];
  }
  return [centre, scale];
}

const predict = (matrix: Float64Array, weights: Float64Array, count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, row) => {
    let sum = 0;
    for (let k = 0; k < weights.length; k++) sum += matrix[row * weights.length + k] * weights[k];
    return 1 / (1 + Math.exp(-sum));
  });

/** Fits by gradient descent with momentum. @returns the probabilities that it gives to other rows */
export function logisticRegression(train: Rows): (rows: Rows) => Float64Array {
  const [centre, scale] = standard(train);
  const matrix = design(train, centre, scale);
  const width = 2 * train.columns + 1;
  const count = train.labels.length;
  const weights = new Float64Array(width);
  const velocity = new Float64Array(width);
  for (let round = 0; round < rounds; round++) {
    const found = predict(matrix, weights, count);
    const gradient = weights.map(weight => ridge * weight);
    for (let row = 0; row < count; row++) {
      const off = (found[row] - train.labels[row]) / count;
      for (let k = 0; k < width; k++) gradient[k] += off * matrix[row * width + k];
    }
    for (let k = 0; k < width; k++) {
      velocity[k] = kept * velocity[k] - stepSize * gradient[k];
      weights[k] += velocity[k];
    }
  }
  return rows => predict(design(rows, centre, scale), weights, rows.labels.length);
}
