/** @file Pictures inside Parquet, from the file to the model's input. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import sharp from "sharp";
import { expect, test } from "vitest";
import { detectFormat, openData } from "../index.ts";

test("pictures, labels and texts of a Parquet file; one that is damaged is named by its row", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sei-parquet-"));
  try {
    const reds = [0, 60, 120, 180];
    const png = (r: number): Promise<Buffer> =>
      sharp({ create: { width: 6, height: 4, channels: 3, background: { r, g: 0, b: 0 } } })
        .png()
        .toBuffer();
    const pictures = (await Promise.all(reds.map(png))).map((bytes) => new Uint8Array(bytes));
    const write = (name: string): Promise<void> =>
      writeFile(
        join(folder, name),
        new Uint8Array(
          parquetWriteBuffer({
            columnData: [
              { name: "image", data: pictures, type: "BYTE_ARRAY" },
              { name: "label", data: [2, 0, 1, 2], type: "INT32" },
              { name: "text", data: ["a", "b", "c", "d"], type: "STRING" },
            ],
          }),
        ),
      );
    await write("test.parquet");
    expect(await detectFormat(folder)).toBe("table");
    const options = { format: "table", path: folder, normalise: { mean: [], std: [] }, limit: { test: 9, train: 9 } };
    const data = await openData({ ...options, layout: "NHWC", input: [4, 6, 3] }, "test");
    expect([data.count, data.classes]).toEqual([4, ["0", "1", "2"]]);
    expect(reds.map((_, i) => data.image!.pixels(i)[0])).toEqual(reds);
    expect(data.annotation(3)).toEqual({ label: 2, text: "d" });

    pictures[1] = pictures[1]!.slice(0, 40);
    await write("test.parquet");
    await expect(openData({ ...options, layout: "NHWC" }, "test")).rejects.toThrow(
      /test\.parquet: row 1: expected a whole picture/,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
