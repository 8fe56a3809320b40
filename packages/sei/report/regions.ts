/** @file Names inside the regions of a map: each where its region has room for it, none over another. */
import { fontSize, textWidth } from "./chart.ts";

/** A rectangle of pixels. */
export interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface RegionLabel<T> {
  key: T;
  /** Centre, pixels. */
  x: number;
  y: number;
  text: string;
}

/** Pixels of a line of text; a name may have several. */
const lineHeight = 1.2 * fontSize;
/** Pixels between the points at which regions are looked at. */
const step = 4;

/**
 * Puts names into the connected parts of regions.
 * @param at the region at a pixel
 * @param names the ways to write a region's name, lines and all, the one liked best first; where none has room, the part
 *   has no name
 * @param taken what no name may cover
 */
export function labelRegions<T>(
  area: Area,
  at: (x: number, y: number) => T,
  names: (key: T) => readonly string[],
  taken: readonly Area[] = [],
): RegionLabel<T>[] {
  const columns = Math.floor(area.width / step);
  const rows = Math.floor(area.height / step);
  const x = (column: number): number => area.left + (column + 0.5) * step;
  const y = (row: number): number => area.top + (row + 0.5) * step;
  const keys = Array.from({ length: rows * columns }, (_, i) => at(x(i % columns), y(Math.floor(i / columns))));
  const free = keys.map((_, i) => {
    const [px, py] = [x(i % columns), y(Math.floor(i / columns))];
    return !taken.some(
      ({ left, top, width, height }) => px >= left && px <= left + width && py >= top && py <= top + height,
    );
  });
  const labels: RegionLabel<T>[] = [];
  for (const part of partsOf(keys, columns)) {
    const [first] = part;
    const inside = new Uint8Array(keys.length);
    for (const i of part) inside[i] = free[i] ? 1 : 0;
    const filled = sumsOf(inside, columns);
    for (const text of names(keys[first!]!)) {
      const lines = text.split("\n");
      const wide = Math.max(...lines.map((line) => textWidth(line))) + 8;
      const room = { wide: Math.ceil(wide / step), high: Math.ceil((lines.length * lineHeight + 6) / step) };
      const place = roomiest(part, filled, columns, rows, room);
      if (!place) continue;
      labels.push({ key: keys[first!]!, text, x: x(place.column), y: y(place.row) });
      break;
    }
  }
  return labels;
}

/** The connected parts of equal keys, as indices. */
function partsOf(keys: readonly unknown[], columns: number): number[][] {
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
function sumsOf(cells: Uint8Array, columns: number): Uint32Array {
  const wide = columns + 1;
  const sums = new Uint32Array(wide * (cells.length / columns + 1));
  cells.forEach((cell, i) => {
    const at = (Math.floor(i / columns) + 1) * wide + (i % columns) + 1;
    sums[at] = cell + sums[at - 1]! + sums[at - wide]! - sums[at - wide - 1]!;
  });
  return sums;
}

/** The centre of a box of this size that lies inside and farthest from the part's edge; undefined where none fits. */
function roomiest(
  part: readonly number[],
  filled: Uint32Array,
  columns: number,
  rows: number,
  { wide, high }: { wide: number; high: number },
): { column: number; row: number } | undefined {
  const before = (row: number, column: number): number => filled[row * (columns + 1) + column]!;
  const fits = (column: number, row: number, more: number): boolean => {
    const [left, top] = [column - Math.floor(wide / 2) - more, row - Math.floor(high / 2) - more];
    const [right, bottom] = [left + wide + 2 * more, top + high + 2 * more];
    if (left < 0 || top < 0 || right > columns || bottom > rows) return false;
    const inside = before(bottom, right) - before(top, right) - before(bottom, left) + before(top, left);
    return inside === (right - left) * (bottom - top);
  };
  let best: { column: number; row: number } | undefined;
  let more = 0;
  for (const i of part) {
    const [column, row] = [i % columns, Math.floor(i / columns)];
    while (fits(column, row, more)) {
      best = { column, row };
      more++;
    }
  }
  return best;
}
