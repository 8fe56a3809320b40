/** @file Names in regions: inside what they name, apart from each other and from what they must not cover. */
import { describe, expect, it } from "vitest";
import { textWidth } from "./chart.ts";
import { labelRegions, type Area } from "./regions.ts";

const area: Area = { left: 50, top: 20, width: 400, height: 200 };
/** A wide region on the left, a high and narrow one, and a thin strip below. */
const at = (x: number, y: number): string => (y > 210 ? "strip" : x < 330 ? "left" : "right");

const boxOf = ({ x, y, text }: { x: number; y: number; text: string }) => {
  const lines = text.split("\n");
  const width = Math.max(...lines.map((line) => textWidth(line)));
  return { left: x - width / 2, right: x + width / 2, top: y - 7 * lines.length, bottom: y + 7 * lines.length };
};

describe("labelRegions", () => {
  const names = (key: string): string[] => [`the region called ${key}`, key];

  it("writes the first name that fits, wholly inside its region", () => {
    const labels = labelRegions(area, at, names);
    expect(labels.map(({ text }) => text).slice(0, 2)).toEqual(["the region called left", "right"]);
    for (const label of labels.slice(0, 2)) {
      const { left, right, top, bottom } = boxOf(label);
      for (const [x, y] of [
        [left, top],
        [right, top],
        [left, bottom],
        [right, bottom],
      ] as const) {
        expect(at(x, y)).toBe(label.key);
      }
    }
  });

  it("writes the name of a thin region beside it, with a line from inside it to the name", () => {
    const label = labelRegions(area, at, names)[2]!;
    expect(label.key).toBe("strip");
    const { left, right, top, bottom } = boxOf(label);
    expect(at(left, bottom)).toBe("left");
    const { x1, y1, x2, y2 } = label.line!;
    expect(at(x1, y1)).toBe("strip");
    expect(x2).toBeGreaterThanOrEqual(left - 5);
    expect(x2).toBeLessThanOrEqual(right + 5);
    expect(y2).toBeGreaterThan(top);
    expect(y2 - bottom).toBeLessThan(8);
  });

  it("names every part of a region, and stays clear of what is taken", () => {
    const taken: Area = { left: 60, top: 30, width: 240, height: 170 };
    const clear = labelRegions(area, at, (key) => (key === "strip" ? [] : names(key)), [taken]);
    expect(clear.filter(({ line }) => !line).map(({ text }) => text)).toEqual(["right"]);
    for (const { top, bottom, left, right } of clear.map(boxOf)) {
      expect(bottom < 30 || top > 200 || right < 60 || left > 300).toBe(true);
    }
    const stripes = (x: number): string => (Math.floor((x - 50) / 100) % 2 === 0 ? "even" : "odd");
    const labels = labelRegions(
      area,
      (x) => stripes(x),
      (key) => [key],
    );
    expect(labels.map(({ key }) => key)).toEqual(["even", "odd", "even", "odd"]);
  });

  it("breaks a name into lines where one is too wide", () => {
    const thin: Area = { left: 0, top: 0, width: 80, height: 80 };
    const [label] = labelRegions(
      thin,
      () => "one",
      () => ["a name of words", "a name\nof words"],
    );
    expect(label!.text).toBe("a name\nof words");
  });
});
