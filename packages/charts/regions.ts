/** @file Names inside the regions of a map: each where its region has room for it, none over another. */
import { fontSize, textWidth } from "./chart.ts";
import { fitting, partsOf, roomiest, sumsOf, type Grid } from "./patchwork.ts";

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
  /** Of a name that stands beside its region: a line from a point in the region to the name. */
  line?: { x1: number; y1: number; x2: number; y2: number };
}

/** Pixels of a line of text; a name may have several. */
const lineHeight = 1.2 * fontSize;
/** Pixels between the points at which regions are looked at. */
const step = 4;

/** Points of a region below which it is not worth a name beside it. */
const leastPart = 10;
/** Pixels from a region to a name beside it at most. */
const farthest = 180;

/**
 * Puts names into the connected parts of regions; a part without room for its name has it in a neighbour, with a line.
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
  const free = new Uint8Array(keys.length).fill(1);
  const occupy = ({ left, top, width, height }: Area): void => {
    free.forEach((_, i) => {
      const [dx, dy] = [x(i % columns) - left, y(Math.floor(i / columns)) - top];
      if (dx >= 0 && dx <= width && dy >= 0 && dy <= height) free[i] = 0;
    });
  };
  for (const each of taken) occupy(each);
  const parts = partsOf(keys, columns);
  const gridOf = (part: readonly number[], all: boolean): Grid => {
    const inside = new Uint8Array(keys.length);
    for (const i of part) inside[i] = all ? 1 : free[i]!;
    return { part, filled: sumsOf(inside, columns), columns, rows };
  };
  const labels: RegionLabel<T>[] = [];
  const unnamed = parts.filter((part) => {
    const key = keys[part[0]!]!;
    const grid = gridOf(part, false);
    for (const text of names(key)) {
      const place = roomiest(grid, roomOf(text));
      if (!place) continue;
      labels.push({ key, text, x: x(place.column), y: y(place.row) });
      occupy(boxOf(labels.at(-1)!));
      return false;
    }
    return part.length >= leastPart;
  });
  for (const part of unnamed) {
    const key = keys[part[0]!]!;
    const point = { wide: 1, high: 1 };
    const inner = roomiest(gridOf(part, false), point) ?? roomiest(gridOf(part, true), point);
    if (!inner) continue;
    const from = { x: x(inner.column), y: y(inner.row) };
    const grids = parts.filter((other) => other !== part).map((other) => gridOf(other, false));
    for (const text of names(key)) {
      const spots = grids.flatMap((grid) => fitting(grid, roomOf(text)));
      const tied = spots.map(({ column, row }) => {
        const label = { key, text, x: x(column), y: y(row) };
        const { left, top, width, height } = boxOf(label);
        const x2 = Math.min(left + width, Math.max(left, from.x));
        const y2 = Math.min(top + height, Math.max(top, from.y));
        return { label, line: { x1: from.x, y1: from.y, x2, y2 }, far: Math.hypot(x2 - from.x, y2 - from.y) };
      });
      const best = tied.reduce((least, one) => (one.far < least.far ? one : least), {
        far: farthest,
      } as (typeof tied)[0]);
      if (!best.label) continue;
      labels.push({ ...best.label, line: best.line });
      occupy(boxOf(best.label));
      break;
    }
  }
  return labels;
}

/** The box of a name, with a little room around it. */
function boxOf({ x, y, text }: { x: number; y: number; text: string }): Area {
  const lines = text.split("\n");
  const width = Math.max(...lines.map((line) => textWidth(line))) + 8;
  const height = lines.length * lineHeight + 6;
  return { left: x - width / 2, top: y - height / 2, width, height };
}

function roomOf(text: string): { wide: number; high: number } {
  const { width, height } = boxOf({ x: 0, y: 0, text });
  return { wide: Math.ceil(width / step), high: Math.ceil(height / step) };
}
