/** @file Names beside marks in a scatter, placed so that they cover neither each other nor the marks. */
import * as Plot from "@observablehq/plot";
import { halo, textWidth, type Axis } from "./chart.ts";

export interface Frame {
  width: number;
  height: number;
  marginTop: number;
  marginBottom: number;
  marginLeft: number;
  marginRight: number;
}

interface Spot {
  x: number;
  y: number;
}

export interface Plane {
  pixel(value: Spot): Spot;
  value(pixel: Spot): Spot;
}

/** From values to pixels of the chart and back. */
export function planeOf(x: Axis, y: Axis, frame: Frame): Plane {
  const wide = frame.width - frame.marginLeft - frame.marginRight;
  const high = frame.height - frame.marginTop - frame.marginBottom;
  return {
    pixel: (value) => ({
      x: frame.marginLeft + x.place(value.x) * wide,
      y: frame.marginTop + (1 - y.place(value.y)) * high,
    }),
    value: (pixel) => ({
      x: x.value((pixel.x - frame.marginLeft) / wide),
      y: y.value(1 - (pixel.y - frame.marginTop) / high),
    }),
  };
}

export interface Mark extends Spot {
  text: string;
  /** 0 is always named; a lower rank is named first; from 9 on a mark has no name. */
  rank: number;
}

export interface Label extends Spot {
  text: string;
  rank: number;
  /** Which end of the text stands at x, so that it ends where its line does however wide the font is. */
  side: "start" | "middle" | "end";
  /** The mark, and the end of the line that joins a label that stands apart from it. */
  anchor: Spot;
  tie: Spot;
  far: boolean;
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Directions in the order of liking, as units of the label's size: right, left, above, below, then the corners. */
const directions = [
  [1, 0],
  [-1, 0],
  [0, -1],
  [0, 1],
  [1, -1],
  [-1, -1],
  [1, 1],
  [-1, 1],
] as const;
/** From a mark's edge. */
const distances = [4, 17, 33, 51, 73, 99];

/**
 * Labels of the marks worth naming, in pixels; one that finds no free place is left out, unless its rank is 0.
 * @param radius of a mark
 */
export function placeLabels(marks: readonly Mark[], frame: Frame, fontSize: number, radius = 5): Label[] {
  const taken: Box[] = marks.map((mark) => around(mark, radius, radius));
  const labels: Label[] = [];
  const ranked = marks.filter((mark) => mark.rank < 9).sort((a, b) => a.rank - b.rank);
  for (const mark of ranked) {
    const width = textWidth(mark.text, fontSize);
    const height = fontSize + 3;
    let best: { label: Label; box: Box; cost: number } | undefined;
    for (const [ring, beyond] of distances.entries()) {
      const distance = radius + beyond;
      for (const [turn, [dx, dy]] of directions.entries()) {
        const left = dx === 0 ? centred(mark, width, frame) : mark.x + (dx > 0 ? distance : -distance - width);
        const middle = mark.y + dy * (dx === 0 ? distance + 3 : distance * 0.8 + 3);
        const box = { left, right: left + width, top: middle - height / 2, bottom: middle + height / 2 };
        if (!inside(box, frame)) continue;
        const cost = 1000 * taken.filter((other) => overlap(box, other)).length + 10 * ring + turn;
        if (best && cost >= best.cost) continue;
        const side = dx === 0 ? "middle" : dx > 0 ? "start" : "end";
        const x = { start: left, middle: left + width / 2, end: box.right }[side];
        const tie = { x: x + 2 * -dx, y: dx === 0 ? middle - (dy * height) / 2 : middle };
        const label = {
          text: mark.text,
          rank: mark.rank,
          x,
          y: middle,
          side,
          anchor: mark,
          tie,
          far: ring > 0,
        } as const;
        best = { cost, box, label };
      }
    }
    if (!best || (best.cost >= 1000 && mark.rank > 0)) continue;
    labels.push(best.label);
    taken.push(best.box);
  }
  return labels;
}

/** Where a text over or under its mark begins, moved sideways where the frame ends. */
const centred = ({ x }: Spot, width: number, frame: Frame): number =>
  Math.max(frame.marginLeft, Math.min(frame.width - 2 - width, x - width / 2));

const around = ({ x, y }: Spot, dx: number, dy: number): Box => ({
  left: x - dx,
  right: x + dx,
  top: y - dy,
  bottom: y + dy,
});

const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

const inside = (box: Box, frame: Frame): boolean =>
  box.left >= frame.marginLeft &&
  box.right <= frame.width - 2 &&
  box.top >= frame.marginTop &&
  box.bottom <= frame.height - frame.marginBottom;

/** Lines from marks to those labels that stand apart from theirs. */
export function labelTies(labels: readonly Label[], plane: Plane): Plot.Markish {
  return Plot.link(
    labels.filter(({ far }) => far),
    {
      x1: (label: Label) => plane.value(label.anchor).x,
      y1: (label: Label) => plane.value(label.anchor).y,
      x2: (label: Label) => plane.value(label.tie).x,
      y2: (label: Label) => plane.value(label.tie).y,
      stroke: "var(--muted)",
      strokeOpacity: 0.6,
    },
  );
}

/** The labels' texts; those of rank 0 are bold. */
export function labelTexts(labels: readonly Label[], plane: Plane, fontSize: number): Plot.Markish[] {
  return Object.values(Object.groupBy(labels, ({ side, rank }) => `${side} ${rank === 0}`)).map((alike) =>
    Plot.text(alike, {
      x: (label: Label) => plane.value(label).x,
      y: (label: Label) => plane.value(label).y,
      text: "text",
      textAnchor: alike[0]?.side,
      lineAnchor: "middle",
      fontSize,
      fontWeight: alike[0]?.rank === 0 ? 600 : 400,
      fill: "var(--ink)",
      ...halo,
    }),
  );
}
