/** @file Eigenvectors of a symmetric matrix. */

export interface Eigen {
  /** The largest first. */
  values: Float64Array;
  /** Orthonormal; vector i has its numbers at i n to (i + 1) n - 1. */
  vectors: Float64Array;
}

/**
 * All eigenvalues and eigenvectors: reduction to a tridiagonal matrix by Householder's reflections, then QL with implicit
 * shifts. About 9 n^3 multiplications.
 * Source: H. Bowdler, R. S. Martin, C. Reinsch, J. H. Wilkinson, The QR and QL algorithms for symmetric matrices,
 * Numerische Mathematik 11 (1968), 293-306 (tred2, tql2).
 * @param matrix n x n, of which the lower triangle is read
 */
export function symmetricEigen(matrix: ArrayLike<number>, n: number): Eigen {
  // Row i of V becomes eigenvector i's numbers only at the end: columns are the vectors until then.
  const V = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, j) => matrix[i * n + j]!));
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) V[i]![j] = V[j]![i]!;
  const d = new Float64Array(n);
  const e = new Float64Array(n);
  tridiagonalise(V, d, e, n);
  // Rotations touch two vectors: as rows they lie in a row in memory.
  const rows = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, k) => V[k]![i]!));
  diagonalise(rows, d, e, n);
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => d[b]! - d[a]!);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => vectors.set(rows[from]!, to * n));
  return { values: Float64Array.from(order, (i) => d[i]!), vectors };
}

/** tred2: V becomes the product of the reflections, d the diagonal and e the numbers below it. */
function tridiagonalise(V: Float64Array[], d: Float64Array, e: Float64Array, n: number): void {
  d.set(V[n - 1]!);
  for (let i = n - 1; i > 0; i--) {
    let scale = 0;
    let h = 0;
    for (let k = 0; k < i; k++) scale += Math.abs(d[k]!);
    if (scale === 0) {
      e[i] = d[i - 1]!;
      for (let j = 0; j < i; j++) {
        d[j] = V[i - 1]![j]!;
        V[i]![j] = 0;
        V[j]![i] = 0;
      }
    } else {
      for (let k = 0; k < i; k++) {
        d[k]! /= scale;
        h += d[k]! * d[k]!;
      }
      const f = d[i - 1]!;
      const g = f > 0 ? -Math.sqrt(h) : Math.sqrt(h);
      e[i] = scale * g;
      h -= f * g;
      d[i - 1] = f - g;
      reflect(V, d, e, i, h);
    }
    d[i] = h;
  }
  accumulate(V, d, n);
  e[0] = 0;
}

/** Applies one reflection to the rows and columns that remain. */
function reflect(V: Float64Array[], d: Float64Array, e: Float64Array, i: number, h: number): void {
  e.fill(0, 0, i);
  for (let j = 0; j < i; j++) {
    const f = d[j]!;
    V[j]![i] = f;
    let g = e[j]! + V[j]![j]! * f;
    for (let k = j + 1; k < i; k++) {
      g += V[k]![j]! * d[k]!;
      e[k]! += V[k]![j]! * f;
    }
    e[j] = g;
  }
  let f = 0;
  for (let j = 0; j < i; j++) {
    e[j]! /= h;
    f += e[j]! * d[j]!;
  }
  const half = f / (h + h);
  for (let j = 0; j < i; j++) e[j]! -= half * d[j]!;
  for (let j = 0; j < i; j++) {
    const [fj, gj] = [d[j]!, e[j]!];
    for (let k = j; k < i; k++) V[k]![j]! -= fj * e[k]! + gj * d[k]!;
    d[j] = V[i - 1]![j]!;
    V[i]![j] = 0;
  }
}

/** Multiplies the reflections out. */
function accumulate(V: Float64Array[], d: Float64Array, n: number): void {
  for (let i = 0; i < n - 1; i++) {
    V[n - 1]![i] = V[i]![i]!;
    V[i]![i] = 1;
    const h = d[i + 1]!;
    if (h !== 0) {
      const w = new Float64Array(i + 1);
      for (let k = 0; k <= i; k++) d[k] = V[k]![i + 1]! / h;
      for (let k = 0; k <= i; k++) {
        const [row, own] = [V[k]!, V[k]![i + 1]!];
        for (let j = 0; j <= i; j++) w[j]! += own * row[j]!;
      }
      for (let k = 0; k <= i; k++) {
        const [row, own] = [V[k]!, d[k]!];
        for (let j = 0; j <= i; j++) row[j]! -= own * w[j]!;
      }
    }
    for (let k = 0; k <= i; k++) V[k]![i + 1] = 0;
  }
  for (let j = 0; j < n; j++) {
    d[j] = V[n - 1]![j]!;
    V[n - 1]![j] = 0;
  }
  V[n - 1]![n - 1] = 1;
}

/** tql2: d becomes the eigenvalues, the rows their vectors. */
function diagonalise(rows: Float64Array[], d: Float64Array, e: Float64Array, n: number): void {
  e.copyWithin(0, 1);
  e[n - 1] = 0;
  let shift = 0;
  let size = 0;
  for (let l = 0; l < n; l++) {
    size = Math.max(size, Math.abs(d[l]!) + Math.abs(e[l]!));
    const small = 2 ** -52 * size;
    let m = l;
    while (m < n - 1 && Math.abs(e[m]!) > small) m++;
    if (m > l) for (; Math.abs(e[l]!) > small;) shift += sweep(rows, d, e, l, m, n);
    d[l]! += shift;
    e[l] = 0;
  }
}

/** One implicit QL step on l to m; gives by how much all eigenvalues behind l were shifted. */
function sweep(rows: Float64Array[], d: Float64Array, e: Float64Array, l: number, m: number, n: number): number {
  const g = d[l]!;
  let p = (d[l + 1]! - g) / (2 * e[l]!);
  let r = p < 0 ? -Math.hypot(p, 1) : Math.hypot(p, 1);
  d[l] = e[l]! / (p + r);
  d[l + 1] = e[l]! * (p + r);
  const next = d[l + 1]!;
  const shifted = g - d[l];
  for (let i = l + 2; i < n; i++) d[i]! -= shifted;
  p = d[m]!;
  let [c, c2, c3, s, s2] = [1, 1, 1, 0, 0];
  const below = e[l + 1]!;
  for (let i = m - 1; i >= l; i--) {
    c3 = c2;
    c2 = c;
    s2 = s;
    const h = c * p;
    r = Math.hypot(p, e[i]!);
    const gi = c * e[i]!;
    e[i + 1] = s * r;
    s = e[i]! / r;
    c = p / r;
    p = c * d[i]! - s * gi;
    d[i + 1] = h + s * (c * gi + s * d[i]!);
    const [a, b] = [rows[i]!, rows[i + 1]!];
    for (let k = 0; k < n; k++) {
      const [ak, bk] = [a[k]!, b[k]!];
      b[k] = s * ak + c * bk;
      a[k] = c * ak - s * bk;
    }
  }
  p = (-s * s2 * c3 * below * e[l]!) / next;
  e[l] = s * p;
  d[l] = c * p;
  return shifted;
}
