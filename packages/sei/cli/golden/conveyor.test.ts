/**
 * @file The conveyor's result at frozen times, as the program gave it before designs were segments and crossings: what
 * guards the figures of every design without a bottleneck (with one, minutes of training would be needed).
 */
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { at, design, useFolder } from "../testing/harness.ts";

useFolder();

/**
 * Since messages carry the runtime's framing, those over TCP are 92 bytes longer with their answers (TLS's included) and those
 * over UDP 104: 2.9 ms and 3.3 ms at 250 kbit/s. An acknowledgement that rides with the answer saves 2.1 ms there. Designs above a second answer fewer frames than come: there the backlog's end is told.
 *
 * Design, accuracy in %, median and p95 in ms to three digits, bytes per frame.
 */
const golden: [id: string, accuracy: number, median: number, p95: number, bytes: number][] = [
  ["LC", 99.2, 19.7, 19.7, 0],
  ["RC raw tcp", 99.2, 28600.0, 53100.0, 3072],
  ["RC raw udp", 80.7, 28200.0, 41300.0, 3072],
  ["RC png tcp", 99.2, 20700.0, 38700.0, 2521],
  ["RC png udp", 97.9, 18300.0, 34600.0, 2521],
  ["RC jpeg-90 tcp", 98.7, 74.8, 78.6, 636],
  ["RC jpeg-90 udp", 97.7, 73.6, 76.8, 636],
  ["SC@block2/MaxPool float32 tcp", 99.2, 119000.0, 219000.0, 8192],
  ["SC@block2/MaxPool float32 udp", 56.1, 47100.0, 48100.0, 8192],
  ["SC@block2/MaxPool uint8 tcp", 99.2, 10900.0, 26500.0, 2048],
  ["SC@block2/MaxPool uint8 udp", 98.3, 10400.0, 19800.0, 2048],
  ["SC@block3/MaxPool float32 tcp", 99.2, 46200.0, 88600.0, 4096],
  ["SC@block3/MaxPool float32 udp", 97.3, 44600.0, 47400.0, 4096],
  ["SC@block3/MaxPool uint8 tcp", 99.2, 64.1, 64.1, 1024],
  ["SC@block3/MaxPool uint8 udp", 98.2, 63, 63, 1024],
];

it("at a frozen profile every design has the figures that it always had", { timeout: 240_000 }, async () => {
  const example = new URL("../../../../examples/conveyor/", import.meta.url);
  await copyFile(new URL("parts.onnx", example), at("parts.onnx"));
  await copyFile(new URL("conveyor-profile.json", import.meta.url), at("conveyor-profile.json"));
  const asked = await readFile(new URL("study.yaml", example), "utf8");
  const changes: [RegExp, string][] = [
    // The host of the golden figures, which were made before the example's.
    [/speed: 1\/60, memory: 512 kB \}/, "speed: 1/100, memory: 512 kB, profile: conveyor-profile.json }"],
    [/server: \{ speed: 1 \}/, "server: { speed: 1, profile: conveyor-profile.json }"],
    [/bottlenecks:\n[^\n]*\n/, "bottlenecks: []\n"],
    [/losses: \[.*\]/, "losses: []"],
  ];
  for (const [from] of changes) expect(asked).toMatch(from);
  await writeFile(
    at("conveyor.yaml"),
    changes.reduce((text, [from, to]) => text.replace(from, to), asked),
  );
  const { designs, optimum, verdict } = await design("conveyor.yaml", "golden");
  const rounded = (seconds: number): number => Number((1e3 * seconds).toPrecision(3));
  const found = designs.map(({ id, quality, latency, bytes }) => [
    id,
    Number((100 * quality["accuracy"]!.value).toFixed(1)),
    rounded(latency.median.value),
    rounded(latency.p95.value),
    Math.round(bytes),
  ]);
  expect(found).toHaveLength(golden.length);
  expect(found).toEqual(expect.arrayContaining([...golden]));
  // More frames come than most of these can answer, which is said now in the place of their latencies.
  expect(
    designs
      .filter(({ overload }) => overload)
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(golden.flatMap(([id, , median]) => (median > 1000 ? [id] : [])).toSorted());
  expect(optimum!.best).toEqual({ kind: "SC", cut: "block3/MaxPool", codec: "uint8" });
  // 57.5 ms while a tail counted as what the whole takes beyond the head; now it is the tail's own time, as design has it.
  expect(optimum!.value).toBeCloseTo(0.0579, 4);
  // Without a bottleneck nothing fits: the whole model needs 684 of the camera's 512 kB.
  expect(verdict.recommended).toBeUndefined();
  expect(designs.find(({ id }) => id === "LC")!.memory["camera"]).toBeCloseTo(684e3, -3);
});
