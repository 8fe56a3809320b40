/** @file Each chart of the page as a file of its own, drawn by a renderer that is no browser. */
import type { Result } from "@split-et-impera/core/design";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { syntheticResult } from "../testing/fixture.ts";
import { figureFiles, renderReport } from "./index.ts";

const result = syntheticResult();

describe("the charts as files", () => {
  const files = figureFiles(result);

  it("are those of the page, in its order", () => {
    const page = renderReport(result);
    const ids = [...page.matchAll(/<figure id="([\w-]+)"/g)].map(([, id]) => id);
    expect(ids.length).toBeGreaterThan(6);
    // The maps over pictures are a table of pictures, and no chart.
    expect(files.map(({ id }) => id)).toEqual(ids.filter((id) => id !== "maps"));
  });

  it.each(files.map((file) => [file.id, file] as const))(
    "%s needs nothing else and shows something",
    async (_, file) => {
      // What only a browser with the page's style sheet understands.
      expect(file.svg).not.toMatch(/var\(|color-mix|light-dark|undefined|NaN|&nbsp;/);
      expect(file.svg).not.toMatch(/(href|src)="(?!data:|#)/);
      const { data, info } = await sharp(Buffer.from(file.svg)).raw().toBuffer({ resolveWithObject: true });
      expect(info.width).toBe(1024);
      let drawn = 0;
      let dark = 0;
      for (let at = 0; at < data.length; at += info.channels) {
        const [r, g, b] = [data[at]!, data[at + 1]!, data[at + 2]!];
        if (Math.min(r, g, b) < 230) drawn++;
        if (Math.max(r, g, b) < 40) dark++;
      }
      const pixels = info.width * info.height;
      expect(drawn).toBeGreaterThan(500);
      // A colour that is not understood becomes black.
      expect(dark / pixels).toBeLessThan(0.02);
      // The ground is white, so that a dark viewer shows dark text on it.
      expect([...data.subarray(0, 3)]).toEqual([255, 255, 255]);
    },
  );

  it("mixes colours as browsers do", () => {
    const map = files.find(({ id }) => id === "loss-map")!;
    expect(map.svg).toMatch(/fill="#[\da-f]{6}"/);
  });

  it("hold whatever names a model has", async () => {
    const nasty: Result = JSON.parse(
      JSON.stringify(result).replaceAll("/features/features.0/", "</text><script>&nbsp;\\u0007\\uffff/"),
    ) as Result;
    for (const { svg } of figureFiles({ ...result, saliency: nasty.saliency })) {
      expect(svg).not.toContain("<script");
      await expect(sharp(Buffer.from(svg)).metadata()).resolves.toMatchObject({ format: "svg" });
    }
  });
});
