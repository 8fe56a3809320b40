/** @file The belt's result at frozen times: a detector in its own metric, from the study to the report. */
import { copyFile, readFile, stat, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { at, design, json, sei, useFolder } from "../testing/harness.ts";

useFolder();

/** Design, AP50 in %, by how much it is worse in points, median and p95 in ms to three digits, bytes per frame. */
const golden: [id: string, ap50: number, drop: number, median: number, p95: number, bytes: number][] = [
  ["LC tcp", 93.9, 0, 27.1, 46.4, 0],
  ["LC udp", 92.4, 1.5, 26.6, 42.3, 0],
  ["RC raw tcp", 93.9, 0, 44500, 84700, 12288],
  ["RC raw udp", 57.5, 36.4, 43700, 47100, 12288],
  ["RC jpeg-90 tcp", 93.4, 0.5, 61.4, 78, 1320],
  ["RC jpeg-90 udp", 92.3, 1.6, 60.7, 76.8, 1320],
  ["SC@pool3 uint8 tcp", 93.9, 0, 77.3, 77.3, 2048],
  ["SC@pool3 uint8 udp", 93.1, 0.7, 77.4, 77.4, 2048],
];

it("at a frozen profile every design has the figures that it always had", { timeout: 240_000 }, async () => {
  const example = new URL("../../../../examples/belt/", import.meta.url);
  await copyFile(new URL("belt.onnx", example), at("belt.onnx"));
  await copyFile(new URL("belt-profile.json", import.meta.url), at("belt-profile.json"));
  const asked = await readFile(new URL("study.yaml", example), "utf8");
  const changes: [RegExp, string][] = [
    [/memory: 640 kB \}/, "memory: 640 kB, profile: belt-profile.json }"],
    [/server: \{ speed: 1 \}/, "server: { speed: 1, profile: belt-profile.json }"],
    [/losses: \[.*\]/, "losses: []"],
  ];
  for (const [from] of changes) expect(asked).toMatch(from);
  await writeFile(
    at("belt.yaml"),
    changes.reduce((text, [from, to]) => text.replace(from, to), asked),
  );
  const { designs, verdict, whole, saliency } = await design("belt.yaml", "golden");
  expect(whole.quality["ap50"]!.value).toBeGreaterThan(0.9);
  expect(saliency!.points.flatMap(({ candidate, tensor }) => (candidate ? [tensor] : []))).toEqual(["pool1", "pool3"]);
  const rounded = (seconds: number): number => Number((1e3 * seconds).toPrecision(3));
  const percent = (share: number): number => Number((100 * share).toFixed(1)) + 0;
  const found = designs.map(({ id, quality, drop, latency, bytes }) => [
    id,
    percent(quality["ap50"]!.value),
    percent(drop["ap50"]!.value),
    rounded(latency.median.value),
    rounded(latency.p95.value),
    Math.round(bytes),
  ]);
  expect(found).toEqual(expect.arrayContaining([...golden]));
  expect(found).toHaveLength(golden.length);
  expect(verdict.recommended).toBe("SC@pool3 uint8 tcp");
  // What is saved is read back by every command that takes results.
  const kept = at("golden/result.json");
  expect(await sei("report", kept, "--out", at("again.html"))).toBe(0);
  expect((await stat(at("again.html"))).size).toBeGreaterThan(10_000);
  expect(await json("compare", kept, kept)).toMatchObject({ changed: false });
});
