/**
 * @file Lower envelopes: of all placements, whose cost is linear in some factors, which is cheapest where. A solver that
 * gives the cheapest placement at one point is asked only where the answer is not known yet, and the result is exact.
 */

/** What a solver answers at a point: a placement whose cost is `base + slopes . point` everywhere. */
export interface Linear<T> {
  base: number;
  slopes: readonly number[];
  answer: T;
}

/** A stretch of the axis on which one answer is cheapest. */
export interface Stretch<T> {
  from: number;
  to: number;
  line: Linear<T>;
}

/**
 * The cheapest answers between `from` and `to`, with exact break-even points between them (Eisner and Severance 1976):
 * where two lines that are cheapest at the ends meet, either they are cheapest there too, or a third line shows up.
 * Asks the solver at most twice per stretch.
 */
export function envelope1d<T>(solve: (x: number) => Linear<T>, from: number, to: number): Stretch<T>[] {
  const at = (line: Linear<T>, x: number): number => line.base + line.slopes[0]! * x;
  const lines: { line: Linear<T>; x: number }[] = [];
  const between = (left: Linear<T>, right: Linear<T>, a: number, b: number): void => {
    const tolerance = 1e-10 * Math.max(Math.abs(at(left, a)), Math.abs(at(right, b)));
    // The same line, or one that is as cheap at the other's end.
    const slope = left.slopes[0]! - right.slopes[0]!;
    if (slope * (b - a) <= tolerance) return;
    const x = Math.min(b, Math.max(a, (right.base - left.base) / slope));
    const middle = solve(x);
    if (at(middle, x) >= at(left, x) - tolerance) return;
    between(left, middle, a, x);
    lines.push({ line: middle, x });
    between(middle, right, x, b);
  };
  const first = solve(from);
  const last = to > from ? solve(to) : first;
  lines.push({ line: first, x: from });
  if (to > from) {
    between(first, last, from, to);
    lines.push({ line: last, x: to });
  }
  const stretches: Stretch<T>[] = [];
  for (const { line } of lines) {
    const previous = stretches.at(-1);
    if (!previous) {
      stretches.push({ from, to, line });
      continue;
    }
    const slope = previous.line.slopes[0]! - line.slopes[0]!;
    const scale = Math.max(Math.abs(at(previous.line, to)), Math.abs(at(line, to)));
    if (slope * (to - from) <= 1e-10 * scale) continue;
    const x = Math.min(to, Math.max(previous.from, (line.base - previous.line.base) / slope));
    if (x >= to) continue;
    previous.to = x;
    stretches.push({ from: x, to, line });
  }
  return stretches;
}

export type Point = readonly [number, number];

/** A convex part of the plane in which one answer is cheapest. */
export interface Cell<T> {
  polygon: Point[];
  line: Linear<T>;
}

/**
 * The cheapest answers over a rectangle (or any convex polygon). The answers found so far divide it into convex cells;
 * the solver is asked at their corners until it agrees everywhere: the cost is concave, so that agreement at a cell's
 * corners is agreement all over the cell.
 *
 * @returns the cells, and whether they are proved (`most` calls did not end it first)
 */
export function envelope2d<T>(
  solve: (x: number, y: number) => Linear<T>,
  domain: readonly Point[],
  most = 1000,
): { cells: Cell<T>[]; exact: boolean } {
  const at = (line: Linear<T>, [x, y]: Point): number => line.base + line.slopes[0]! * x + line.slopes[1]! * y;
  const lines: Linear<T>[] = [];
  const asked = new Set<string>();
  const size = Math.max(...domain.flat().map(Math.abs), 1e-300);
  const keyOf = ([x, y]: Point): string => `${Math.round((x / size) * 1e9)},${Math.round((y / size) * 1e9)}`;
  const cellsOf = (): Cell<T>[] =>
    lines
      .map((line) => {
        let polygon: Point[] = [...domain];
        for (const other of lines) {
          if (other === line || polygon.length === 0) continue;
          polygon = clip(polygon, (point) => at(other, point) - at(line, point));
        }
        return { polygon, line };
      })
      .filter((cell) => cell.polygon.length >= 3);
  let calls = 0;
  let pending: Point[] = [...domain];
  for (;;) {
    let grown = false;
    for (const point of pending) {
      if (asked.has(keyOf(point))) continue;
      if (calls >= most) return { cells: cellsOf(), exact: false };
      asked.add(keyOf(point));
      calls++;
      const found = solve(point[0], point[1]);
      const known = lines.reduce((least, line) => Math.min(least, at(line, point)), Infinity);
      if (at(found, point) < known - 1e-10 * Math.abs(known) || known === Infinity) {
        lines.push(found);
        grown = true;
      }
    }
    const cells = cellsOf();
    pending = cells.flatMap((cell) => cell.polygon);
    if (!grown && pending.every((point) => asked.has(keyOf(point)))) return { cells, exact: true };
  }
}

/** The part of a convex polygon where `side` is not negative (Sutherland and Hodgman 1974; `side` is linear). */
function clip(polygon: readonly Point[], side: (point: Point) => number): Point[] {
  const values = polygon.map(side);
  const scale = 1e-12 * Math.max(...values.map(Math.abs));
  const kept: Point[] = [];
  polygon.forEach((point, i) => {
    const j = (i + 1) % polygon.length;
    const here = values[i]!;
    const there = values[j]!;
    if (here >= -scale) kept.push(point);
    if ((here > scale && there < -scale) || (here < -scale && there > scale)) {
      const share = here / (here - there);
      const next = polygon[j]!;
      kept.push([point[0] + share * (next[0] - point[0]), point[1] + share * (next[1] - point[1])]);
    }
  });
  // What touches in a point or an edge only has no area.
  return area(kept) > 1e-13 * area(polygon) ? kept : [];
}

function area(polygon: readonly Point[]): number {
  let twice = 0;
  polygon.forEach(([x, y], i) => {
    const [u, v] = polygon[(i + 1) % polygon.length]!;
    twice += x * v - u * y;
  });
  return Math.abs(twice) / 2;
}
