/** @file A linear classifier in closed form: what a linear probe reads in features. */
import { internal } from "../errors/index.ts";

/** Rows of numbers, one after the other. */
export interface Rows {
  data: ArrayLike<number>;
  columns: number;
}

/**
 * The share of rows whose class a ridge regression finds: of the classes as +1 and -1 on standardised features and a constant, W =
 * (X'X + lambda n I)^-1 X'Y, fitted to the first rows and judged on the others.
 * @param fitted how many rows it is fitted to
 */
export function ridgeAccuracy(
  { data, columns: d }: Rows,
  labels: ArrayLike<number>,
  fitted: number,
  lambda = 0.1,
): number {
  const n = labels.length;
  if (data.length !== n * d || fitted >= n)
    throw internal(`${data.length} features of ${n} rows, ${fitted} of them to fit`);
  const classes = 1 + Math.max(...Array.from(labels));
  const { mean, deviation } = moments({ data, columns: d }, fitted);
  const at = (row: number, c: number): number => (data[row * d + c]! - mean[c]!) / deviation[c]!;
  const A = new Float64Array(d * d);
  const B = new Float64Array(d * classes);
  const shares = new Float64Array(classes);
  for (let i = 0; i < fitted; i++) shares[labels[i]!]! += 1 / fitted;
  for (let i = 0; i < fitted; i++) {
    for (let a = 0; a < d; a++) {
      const xa = at(i, a);
      for (let b = 0; b <= a; b++) A[a * d + b]! += xa * at(i, b);
      for (let c = 0; c < classes; c++) B[a * classes + c]! += xa * ((labels[i] === c ? 1 : 0) - shares[c]!);
    }
  }
  for (let a = 0; a < d; a++) A[a * d + a]! += lambda * fitted;
  const W = solve(A, B, d, classes);
  let right = 0;
  for (let i = fitted; i < n; i++) {
    let [best, most] = [0, -Infinity];
    for (let c = 0; c < classes; c++) {
      let score = shares[c]!;
      for (let a = 0; a < d; a++) score += at(i, a) * W[a * classes + c]!;
      if (score > most) [best, most] = [c, score];
    }
    if (best === labels[i]) right++;
  }
  return right / (n - fitted);
}

function moments({ data, columns: d }: Rows, rows: number): { mean: Float64Array; deviation: Float64Array } {
  const mean = new Float64Array(d);
  const deviation = new Float64Array(d);
  for (let i = 0; i < rows; i++) for (let c = 0; c < d; c++) mean[c]! += data[i * d + c]! / rows;
  for (let i = 0; i < rows; i++) for (let c = 0; c < d; c++) deviation[c]! += (data[i * d + c]! - mean[c]!) ** 2 / rows;
  return { mean, deviation: deviation.map((square) => Math.sqrt(square) || 1) };
}

/** A^-1 B by Cholesky's decomposition; A n x n, symmetric and positive definite, of which the lower triangle is read and overwritten. */
export function solve(A: Float64Array, B: Float64Array, n: number, columns: number): Float64Array {
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = A[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= A[i * n + k]! * A[j * n + k]!;
      if (i === j && !(sum > 0)) throw internal("a matrix that is not positive definite");
      A[i * n + j] = i === j ? Math.sqrt(sum) : sum / A[j * n + j]!;
    }
  const X = B.slice();
  for (let c = 0; c < columns; c++) {
    for (let i = 0; i < n; i++) {
      let sum = X[i * columns + c]!;
      for (let k = 0; k < i; k++) sum -= A[i * n + k]! * X[k * columns + c]!;
      X[i * columns + c] = sum / A[i * n + i]!;
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = X[i * columns + c]!;
      for (let k = i + 1; k < n; k++) sum -= A[k * n + i]! * X[k * columns + c]!;
      X[i * columns + c] = sum / A[i * n + i]!;
    }
  }
  return X;
}
