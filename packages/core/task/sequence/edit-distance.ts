/** @file Levenshtein's distance: how many insertions, deletions and substitutions make one list of another. */

/**
 * The distance of two lists; elements are compared with `===`.
 * V. I. Levenshtein, "Binary codes capable of correcting deletions, insertions, and reversals" (1966), by the usual
 * dynamic programme with one row kept.
 */
export function editDistance<T>(a: readonly T[], b: readonly T[]): number {
  let start = 0;
  let [m, n] = [a.length, b.length];
  // What both begin and end with costs nothing.
  while (start < m && start < n && a[start] === b[start]) start++;
  while (m > start && n > start && a[m - 1] === b[n - 1]) {
    m--;
    n--;
  }
  const row = Int32Array.from({ length: n - start + 1 }, (_, j) => j);
  for (let i = start; i < m; i++) {
    let diagonal = row[0]!;
    row[0]!++;
    for (let j = start; j < n; j++) {
      const at = j - start + 1;
      const above = row[at]!;
      const changed = diagonal + (a[i] === b[j] ? 0 : 1);
      row[at] = Math.min(changed, above + 1, row[at - 1]! + 1);
      diagonal = above;
    }
  }
  return row[n - start]!;
}
