/** @file Axes, and labels that keep apart. */
import sharp from "sharp";
import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { randomStream } from "@split-et-impera/core/random";
import { axisFor, spread } from "./chart.ts";
import { placeLabels, planeOf } from "./labels.ts";
import { pngDataUri } from "./png.ts";

describe("an axis", () => {
  it("is logarithmic where values span decades, and goes there and back", () => {
    for (const values of [[0.01, 0.5, 7], [0.2, 0.3, 0.25], [5], [], [0, 0]]) {
      const axis = axisFor(values);
      expect(axis.type).toBe(values.includes(7) ? "log" : "linear");
      expect(axis.domain[1]).toBeGreaterThan(axis.domain[0]);
      for (const value of values) {
        expect(axis.place(value)).toBeGreaterThanOrEqual(0);
        expect(axis.place(value)).toBeLessThanOrEqual(1);
        expect(axis.value(axis.place(value))).toBeCloseTo(value, 9);
      }
    }
  });

  it("marks round values, not too many", () => {
    expect(axisFor([0.018, 0.25]).ticks(6)).toEqual([0.02, 0.05, 0.1, 0.2]);
    expect(axisFor([1, 1e6]).ticks(4)).toHaveLength(4);
  });
});

describe("labels at the ends of lines", () => {
  it("keep apart, in order and within the frame", () => {
    const random = randomStream(3, "spread");
    for (let round = 0; round < 50; round++) {
      const wanted = Array.from({ length: 1 + random.integer(12) }, () => 20 + 280 * random.uniform());
      const placed = spread(wanted, 15, 20, 300);
      const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]!);
      for (const [row, i] of order.entries()) {
        expect(placed[i]!).toBeGreaterThanOrEqual(20 - 1e-9);
        expect(placed[i]!).toBeLessThanOrEqual(300 + 1e-9);
        if (row > 0) expect(placed[i]! - placed[order[row - 1]!]!).toBeGreaterThanOrEqual(15 - 1e-9);
      }
    }
  });

  it("do not move where there is room", () => {
    expect(spread([100, 50, 200], 15, 0, 300)).toEqual([100, 50, 200]);
  });
});

describe("labels in a scatter", () => {
  const frame = { width: 600, height: 400, marginTop: 20, marginBottom: 40, marginLeft: 50, marginRight: 20 };

  it("cover neither each other nor the marks", () => {
    const random = randomStream(5, "labels");
    const marks = Array.from({ length: 30 }, (_, i) => ({
      x: 60 + 500 * random.uniform(),
      y: 30 + 320 * random.uniform(),
      text: `design ${i}`,
      rank: i < 12 ? i : 9,
    }));
    const labels = placeLabels(marks, frame, 12);
    expect(labels.length).toBeGreaterThan(6);
    const boxes = labels.map(({ x, y, side, text }) => {
      const width = text.length * 6.6;
      const left = { start: x, middle: x - width / 2, end: x - width }[side];
      return { left, right: left + width, top: y - 7, bottom: y + 7 };
    });
    for (const [i, box] of boxes.entries()) {
      expect(box.left).toBeGreaterThanOrEqual(frame.marginLeft - 1);
      expect(box.right).toBeLessThanOrEqual(frame.width);
      for (const other of boxes.slice(0, i)) {
        const apart =
          box.right <= other.left || other.right <= box.left || box.bottom <= other.top || other.bottom <= box.top;
        expect(apart).toBe(true);
      }
      // The recommended design is named even where there is no room.
      if (labels[i]!.rank === 0) continue;
      for (const mark of marks) {
        expect(mark.x > box.left && mark.x < box.right && mark.y > box.top && mark.y < box.bottom).toBe(false);
      }
    }
  });

  it("name the first even in a crowd", () => {
    const crowd = Array.from({ length: 600 }, (_, i) => ({
      x: 60 + (i % 30) * 17,
      y: 25 + i * 0.55,
      text: "x",
      rank: 9,
    }));
    const labels = placeLabels([{ ...crowd[300]!, text: "the one", rank: 0 }, ...crowd], frame, 12);
    expect(labels.map(({ text }) => text)).toEqual(["the one"]);
  });

  it("that are long are moved sideways, over or under a mark with too little room on both sides", () => {
    const text = "a design whose name takes most of the frame";
    const [label] = placeLabels([{ x: 200, y: 100, text, rank: 0 }], { ...frame, width: frame.marginLeft + 330 }, 12);
    expect(label).toMatchObject({ side: "middle", anchor: { x: 200 } });
    expect(Math.abs(label!.y - 100)).toBeGreaterThan(7);
    expect(label!.x - (text.length * 6.6) / 2).toBeGreaterThanOrEqual(frame.marginLeft);
    expect(label!.x + (text.length * 6.6) / 2).toBeLessThanOrEqual(frame.marginLeft + 330);
  });

  it("go from values to pixels and back", () => {
    const plane = planeOf(axisFor([0.01, 1]), axisFor([0, 1]), frame);
    const { x, y } = plane.value(plane.pixel({ x: 0.2, y: 0.7 }));
    expect(x).toBeCloseTo(0.2, 9);
    expect(y).toBeCloseTo(0.7, 9);
  });
});

describe("a picture in the page", () => {
  it("is a PNG with the same pixels", async () => {
    for (const channels of [3, 4] as const) {
      const pixels = Array.from({ length: 5 * 3 * channels }, (_, i) => (i * 37) % 256);
      const uri = pngDataUri(5, 3, pixels);
      const file = Buffer.from(uri.replace("data:image/png;base64,", ""), "base64");
      const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
      expect([info.width, info.height, info.channels]).toEqual([5, 3, channels]);
      expect([...data]).toEqual(pixels);
    }
  });
});
