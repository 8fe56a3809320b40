/** @file An area as a grid of points: its parts, and where a box has room in one. */

/** The points of a part of the area. */
export interface Grid {
  part: readonly number[];
  /** How many of its free points lie before a row and a column. */
  filled: Uint32Array;
  columns: number;
  rows: number;
}

/** The connected parts of equal keys, as indices. */
export function partsOf(keys: readonly unknown[], columns: number): number[][] {
  const seen = new Uint8Array(keys.length);
  const parts: number[][] = [];
  keys.forEach((key, start) => {
    if (seen[start]) return;
    seen[start] = 1;
    const part = [start];
    for (const i of part) {
      const column = i % columns;
      const next = [i - columns, i + columns, ...(column > 0 ? [i - 1] : []), ...(column < columns - 1 ? [i + 1] : [])];
      for (const j of next) {
        if (j < 0 || j >= keys.length || seen[j] || keys[j] !== key) continue;
        seen[j] = 1;
        part.push(j);
      }
    }
    parts.push(part);
  });
  return parts;
}

/** How many of the cells before a row and a column are set, for every row and column: a summed-area table. */
export function sumsOf(cells: Uint8Array, columns: number): Uint32Array {
  const wide = columns + 1;
  const sums = new Uint32Array(wide * (cells.length / columns + 1));
  cells.forEach((cell, i) => {
    const at = (Math.floor(i / columns) + 1) * wide + (i % columns) + 1;
    sums[at] = cell + sums[at - 1]! + sums[at - wide]! - sums[at - wide - 1]!;
  });
  return sums;
}

export interface Spot {
  column: number;
  row: number;
}

/** Whether a box of this size around a point, `more` larger on every side, lies inside. */
function fits(
  grid: Grid,
  { column, row }: Spot,
  { wide, high }: { wide: number; high: number },
  more: number,
): boolean {
  const { filled, columns, rows } = grid;
  const before = (r: number, c: number): number => filled[r * (columns + 1) + c]!;
  const [left, top] = [column - Math.floor(wide / 2) - more, row - Math.floor(high / 2) - more];
  const [right, bottom] = [left + wide + 2 * more, top + high + 2 * more];
  if (left < 0 || top < 0 || right > columns || bottom > rows) return false;
  const inside = before(bottom, right) - before(top, right) - before(bottom, left) + before(top, left);
  return inside === (right - left) * (bottom - top);
}

const spotsOf = ({ part, columns }: Grid): Spot[] =>
  part.map((i) => ({ column: i % columns, row: Math.floor(i / columns) }));

/** Where a box of this size lies inside. */
export function fitting(grid: Grid, room: { wide: number; high: number }): Spot[] {
  return spotsOf(grid).filter((spot) => fits(grid, spot, room, 0));
}

/** Where a box of this size lies inside and farthest from the part's edge; undefined where none fits. */
export function roomiest(grid: Grid, room: { wide: number; high: number }): Spot | undefined {
  let best: Spot | undefined;
  let more = 0;
  for (const spot of spotsOf(grid)) {
    while (fits(grid, spot, room, more)) {
      best = spot;
      more++;
    }
  }
  return best;
}
