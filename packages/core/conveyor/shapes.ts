/**
 * @file The parts as signed distances: negative inside, in units of the part's radius.
 * Only + - * / and square roots are used, which IEEE 754 rounds alike everywhere, so that every machine draws the
 * same bits; hence directions come as unit vectors and no angle is ever taken.
 */

/** Signed distance from (x, y) to a part's outline; near the outline it is a true distance, further off a bound. */
export type Shape = (x: number, y: number) => number;

/** A unit vector. */
export interface Direction {
  x: number;
  y: number;
}

const { abs, max, min, sqrt, floor } = Math;

/** cos and sin of pi / n, written out because `Math.cos` may differ in its last bit between engines. */
const halfSteps: Record<number, Direction> = {
  7: { x: 0.9009688679024191, y: 0.4338837391175581 },
  8: { x: 0.9238795325112867, y: 0.3826834323650898 },
  9: { x: 0.9396926207859084, y: 0.3420201433256687 },
  10: { x: 0.9510565162951535, y: 0.3090169943749474 },
};

/** The numbers of teeth or balls that `around` knows. */
export const counts: readonly number[] = Object.keys(halfSteps).map(Number);

/** `n` unit vectors at equal angles, the first along x. */
function around(n: number): Direction[] {
  const half = halfSteps[n]!;
  const step = { x: half.x * half.x - half.y * half.y, y: 2 * half.x * half.y };
  const directions: Direction[] = [{ x: 1, y: 0 }];
  for (let i = 1; i < n; i++) {
    const { x, y } = directions[i - 1]!;
    directions.push({ x: x * step.x - y * step.y, y: x * step.y + y * step.x });
  }
  return directions;
}

const norm = (x: number, y: number): number => sqrt(x * x + y * y);

function segmentDistance(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax;
  const dy = by - ay;
  const t = max(0, min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)));
  return norm(x - ax - t * dx, y - ay - t * dy);
}

/** A flat ring. `hole` is the inner radius. */
export function washer(hole: number): Shape {
  return (x, y) => {
    const r = norm(x, y);
    return max(r - 1, hole - r);
  };
}

/** Two rings with balls between them. */
export function bearing(balls: number): Shape {
  const directions = around(balls);
  return (x, y) => {
    const r = norm(x, y);
    let d = min(abs(r - 0.9) - 0.1, abs(r - 0.42) - 0.1);
    if (r > 0.4 && r < 0.95) {
      for (const at of directions) d = min(d, norm(x - 0.66 * at.x, y - 0.66 * at.y) - 0.15);
    }
    return d;
  };
}

/** A crack from the hole to the rim along `at`, with a kink in the middle; `width` in part radii. */
export interface Crack {
  at: Direction;
  width: number;
  kink: number;
}

/** A hexagonal nut; its corners touch the unit circle. */
export function nut(hole: number, crack?: Crack): Shape {
  const apothem = 0.8660254037844386;
  const corner = 0.06;
  return (x, y) => {
    const ax = abs(x);
    const ay = abs(y);
    // Rounded hexagon: distance to the edges of a smaller one, its corners cut by a circle.
    const flat = max(ay, apothem * ax + 0.5 * ay) - apothem;
    const r = norm(x, y);
    const body = max(max(flat, r - 1 + corner), hole - r);
    if (!crack) return body;
    const { at, width, kink } = crack;
    const middle = 0.5 * (hole + 1);
    const mx = middle * at.x - kink * at.y;
    const my = middle * at.y + kink * at.x;
    const line = min(
      segmentDistance(x, y, 0.7 * hole * at.x, 0.7 * hole * at.y, mx, my),
      segmentDistance(x, y, mx, my, 1.1 * at.x, 1.1 * at.y),
    );
    return max(body, 0.5 * width - line);
  };
}

/** A spur gear. The first `lost` teeth are broken off but for `stub` of their height. */
export function gear(teeth: number, hole: number, lost: number, stub: number): Shape {
  const directions = around(teeth);
  const root = 0.74;
  // Half the width of a tooth at the root and at the tip, for teeth and gaps of equal width.
  const wide = (root * 0.56 * Math.PI) / teeth;
  const narrow = 0.62 * wide;
  return (x, y) => {
    const r = norm(x, y);
    const body = max(r - root, hole - r);
    if (r < root - 0.2) return body;
    let best = 0;
    let along = -2;
    for (let i = 0; i < teeth; i++) {
      const at = directions[i]!;
      const dot = at.x * x + at.y * y;
      if (dot > along) {
        along = dot;
        best = i;
      }
    }
    const at = directions[best]!;
    const across = abs(at.x * y - at.y * x);
    const tip = best < lost ? root + stub * (1 - root) : 1;
    const side = across - wide + ((along - root) / (1 - root)) * (wide - narrow);
    return min(body, max(max(along - tip, side), root - 0.1 - along));
  };
}

/** What a screw looks like from the side; it lies along x, the head at -1, the point at +1. */
export interface ScrewForm {
  /** Half the width of the head and of the shaft. */
  head: number;
  shaft: number;
  /** Countersunk (a cone) or a pan head (a block). */
  countersunk: boolean;
  /** Threads along the shaft. */
  threads: number;
  /** How far the point is off the axis (0: straight). */
  bend: number;
}

export function screw(form: ScrewForm): Shape {
  const { head, shaft, countersunk, threads, bend } = form;
  const neck = -0.7;
  return (x, y0) => {
    // The bend is a parabola from the neck on, undone here.
    const t = max(0, (x - neck) / (1 - neck));
    const y = abs(y0 - bend * t * t);
    const width = countersunk ? head + ((x + 1) / (neck + 1)) * (shaft - head) : head;
    const headDistance = max(max(y - width, -1 - x), x - neck);
    const phase = (x - neck + 0.25 * (y0 - bend * t * t)) * threads;
    // Triangular threads, in the tip's cone too, a little aslant as a helix is.
    const ripple = abs(phase - floor(phase) - 0.5) * 0.9 * shaft;
    // The point takes the last fifth.
    const taper = x > 0.62 ? shaft * (1 - (x - 0.62) / 0.38) : shaft;
    const shaftDistance = max(max(y - taper - ripple + 0.3 * shaft, neck - 0.1 - x), x - 1);
    return min(headDistance, shaftDistance);
  };
}
