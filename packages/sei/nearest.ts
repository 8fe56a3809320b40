/** @file Suggestions for misspelt names. */

/** Edit distance with insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
function distance(a: string, b: string): number {
  const row = (length: number): number[] => Array.from({ length: length + 1 }, (_, i) => i);
  let beforeLast = row(b.length);
  let last = row(b.length);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(last[j]! + 1, current[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, beforeLast[j - 2]! + 1);
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}

/** `; did you mean "rate"?` when a known name is close enough, else nothing. */
export function nearest(word: string, known: readonly string[]): string {
  const [best] = known
    .map((name) => ({ name, far: distance(word.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  return best && best.far <= Math.max(1, Math.floor(best.name.length / 3)) ? `; did you mean "${best.name}"?` : "";
}

/** What a flag may hold, and the nearest name to what it holds. */
export function unknownName(flag: string, known: readonly string[], got: string): string {
  return `${flag}: expected ${known.join(", ")}, got "${got}"${nearest(got, known)}`;
}
