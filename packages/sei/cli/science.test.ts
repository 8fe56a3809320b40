/** @file `sei science`: a small network from its cuts to tables, the file read back, and the plots. */
import { ByteWriter, parquetWrite } from "hyparquet-writer";
import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { readRows, type Row } from "../science/rows.ts";
import { at, json, said, sei, useFolder } from "./testing/harness.ts";

useFolder();

const words = ["--data", "conveyor", "--limit", "40", "--mean", "0.5", "--std", "0.25"];
const small = ["--bytes", "24,48", "--seeds", "1", "--measure", "40", "--fit", "40", "--rehearse", "30"];

test(
  "every cut at a layer is split at equal bytes, fitted and trained, and predicted",
  { timeout: 120_000 },
  async () => {
    const training = ["--train", "48", "--epochs", "1", "--train-bytes", "24"];
    const out = ["--out", at("found.parquet")];
    const asked = ["science", "correlate", at("tiny.onnx"), ...words, ...small, ...training, ...out];
    const found = await json<{ metric: string; rows: Row[] }>(...asked);
    expect(found.metric).toBe("accuracy");
    expect([...new Set(found.rows.map(({ tensor }) => tensor))]).toEqual(["relu1", "pool1", "relu2", "pool2"]);
    const fitted = found.rows.filter(({ truth }) => truth === "pca");
    expect(fitted).toHaveLength(4 * 2);
    for (const { bytes, bytes_asked: most, quality, scores, samples } of fitted) {
      // A mean over training samples is held; test samples are others.
      expect(bytes).toBeLessThan(1.15 * most);
      expect(samples).toBe(40);
      expect(Array.from(scores!, Number).reduce((a, b) => a + b, 0) / samples).toBeCloseTo(quality, 6);
    }
    const trained = found.rows.filter(({ truth }) => truth === "trained");
    expect(trained.length).toBeGreaterThanOrEqual(3);
    for (const { bytes, short } of trained) {
      expect(bytes).toBeLessThanOrEqual(24);
      expect(short).toBeGreaterThanOrEqual(0);
    }
    // Depth rises from cut to cut, and all others say something.
    const depths = fitted.filter((row) => row.bytes_asked === 24).map(({ depth }) => depth);
    expect(depths).toEqual(depths.toSorted((a, b) => a - b));
    for (const { fisher, probe, saliency, change } of fitted) {
      expect(Math.min(fisher, probe, saliency, -change)).toBeGreaterThanOrEqual(0);
    }
    expect(await readRows(at("found.parquet"))).toEqual(found.rows);

    said.stdout = "";
    expect(await sei("science", "summary", at("found.parquet"), "--figure", at("scatter.svg")), said.stderr).toBe(0);
    expect(said.stdout).toMatch(/\ntiny, pca, 24 B, 100 % before \(4\) /);
    expect(said.stdout).toMatch(/\nsaliency \(3\) /);
    expect(await readFile(at("scatter.svg"), "utf8")).toMatch(/^<svg .*<circle/s);
  },
);

test("says what is no predictor", async () => {
  expect(await sei("science", "summary", at("none.parquet"), "--predictors", "depht")).toBe(2);
  expect(said.stderr).toMatch(/--predictors.*depth/);
});

test("says which files hold nothing to sum up", async () => {
  expect(await sei("science", "summary", at("none.parquet"))).toBe(1);
  expect(said.stderr).toMatch(
    /none\.parquet: expected Parquet that `sei science correlate --out` wrote, but there is no such file/,
  );
  expect(await sei("science", "summary", at("tiny.onnx"))).toBe(1);
  expect(said.stderr).toMatch(/tiny\.onnx: expected Parquet .*, got something else \(.*PAR1/);
  const writer = new ByteWriter();
  void parquetWrite({ writer, columnData: [{ name: "network", data: ["tiny"], type: "STRING" }] });
  await writeFile(at("other.parquet"), new Uint8Array(writer.getBuffer()));
  expect(await sei("science", "summary", at("other.parquet"))).toBe(1);
  expect(said.stderr).toMatch(
    /other\.parquet: .*, got rows without truth, bytes_asked, seed, cut, tensor, macs, quality/,
  );
});

test("says where nothing can be written before it works", async () => {
  await writeFile(at("file"), "");
  expect(
    await sei("science", "correlate", at("tiny.onnx"), ...words, ...small, "--out", at("file/found.parquet")),
  ).toBe(1);
  expect(said.stderr).toMatch(/file.*cannot be written/);
  expect(said.stderr).not.toContain("✓");
  expect(await sei("science", "correlate", at("tiny.onnx"), ...words, ...small, "--out", at("tiny.onnx"))).toBe(1);
  expect(said.stderr).toMatch(/tiny\.onnx/);
});
