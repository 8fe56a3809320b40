/** @file Where the best answer changes along an axis, for costs of any form: steps, and bisection between them. */

/**
 * The best answers from `from` to `to`, each kept as long as it is as good as the best there. Changes are found to about
 * 1e-9 of their place; an answer that is the best only between two neighbouring steps can be missed.
 * @param solve the best answer at a point
 * @param valueOf what an answer costs at a point
 * @param steps points looked at first, at equal ratios
 */
export function walk<T>(
  solve: (x: number) => T,
  valueOf: (answer: T, x: number) => number,
  from: number,
  to: number,
  steps = 60,
): { from: number; to: number; answer: T }[] {
  const isBest = (answer: T, x: number): boolean => valueOf(answer, x) <= valueOf(solve(x), x) * (1 + 1e-9);
  const stretches: { from: number; to: number; answer: T }[] = [];
  let [begin, last, answer] = [from, from, solve(from)];
  for (let step = 1; step <= steps; step++) {
    const x = step === steps ? to : from * (to / from) ** (step / steps);
    while (!isBest(answer, x)) {
      let [low, high] = [last, x];
      while (high / low > 1 + 1e-9) {
        const middle = Math.sqrt(low * high);
        if (isBest(answer, middle)) low = middle;
        else high = middle;
      }
      stretches.push({ from: begin, to: high, answer });
      [begin, last, answer] = [high, high, solve(high)];
    }
    last = x;
  }
  stretches.push({ from: begin, to, answer });
  return stretches;
}
