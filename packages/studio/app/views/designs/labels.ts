/** @file Where names of points stand: beside, above or below, where they cover least. */

export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Label {
  id: string;
  text: string;
  /** Where the text begins, ends or has its middle, and its base line. */
  x: number;
  y: number;
  anchor: "start" | "end" | "middle";
}

/** px of a bold character of 12 px in the mean, and of a line. */
const [character, line] = [6.9, 15];
/** px from a point to its name, and around a mark. */
const [beside, around] = [14, 7];

/**
 * Names in the order of their points, each where it covers fewest names and marks and leaves the field least.
 * @param wanted points with names, px
 * @param marks all points
 */
export function placeLabels(
  wanted: readonly { id: string; text: string; x: number; y: number }[],
  marks: readonly { x: number; y: number }[],
  field: Box,
): Label[] {
  const taken: Box[] = [];
  return wanted.map(({ id, text, x, y }) => {
    const wide = text.length * character;
    const others = marks.filter((one) => one.x !== x || one.y !== y).map((one) => boxAround(one.x, one.y));
    const ways: Pick<Label, "x" | "y" | "anchor">[] = [
      { x: x + beside, y: y + 4, anchor: "start" },
      { x: x - beside, y: y + 4, anchor: "end" },
      ...[-1, 1, -2, 2].map((lines) => {
        const middle = Math.min(field.right - wide / 2, Math.max(field.left + wide / 2, x));
        return { x: middle, y: y + 4 + lines * (line + 2), anchor: "middle" as const };
      }),
    ];
    const judged = ways.map((way) => {
      const box = boxOf(way, wide);
      const covers = (all: readonly Box[]): number => all.filter((one) => overlap(one, box)).length;
      return { way, box, cost: 10 * covers(taken) + covers(others) + 20 * outside(box, field) };
    });
    const best = judged.reduce((least, one) => (one.cost < least.cost ? one : least));
    taken.push(best.box);
    return { id, text, ...best.way };
  });
}

const boxAround = (x: number, y: number): Box => ({
  left: x - around,
  right: x + around,
  top: y - around,
  bottom: y + around,
});

function boxOf({ x, y, anchor }: Pick<Label, "x" | "y" | "anchor">, wide: number): Box {
  const left = anchor === "start" ? x : anchor === "end" ? x - wide : x - wide / 2;
  return { left, right: left + wide, top: y - line + 3, bottom: y + 3 };
}

const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** How many sides of the field a box crosses. */
const outside = (box: Box, field: Box): number =>
  [box.left < field.left, box.right > field.right, box.top < field.top, box.bottom > field.bottom].filter(Boolean)
    .length;
