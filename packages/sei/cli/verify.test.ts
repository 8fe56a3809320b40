/** @file `sei verify`: a design run over an emulated link, its table, and the table made again from its frames. */
import { detectLinks } from "@split-et-impera/runtime/emulation";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import type { Verification } from "../verify/index.ts";
import { at, mistake, said, sei, useFolder, variant } from "./testing/harness.ts";

useFolder();

const parts = fileURLToPath(new URL("../../../examples/conveyor/parts.onnx", import.meta.url));
const frames = 25;
let table: Verification;

beforeAll(async () => {
  await variant(
    "pair.yaml",
    ["tiny.onnx", parts],
    ["[pool1]", "[block2/MaxPool]"],
    ["rate: 20 fps", "rate: 60 fps"],
    ["codecs: [float32, uint8]", "codecs: [uint8]\n  scenarios: [SC]\n  transports: [udp]"],
    [
      "bottlenecks: [{ compression: 16, epochs: { frozen: 2, joint: 1 }, batch: 8, augment: [mirror] }]",
      "bottlenecks: []",
    ],
  );
  const argv = ["--frames", String(frames), "--loss", "0%,20%", "--delay", "3 ms", "--out", at("kept")];
  // What the machine makes of it is not the test's to say.
  expect([0, 3], said.stderr).toContain(await sei("verify", at("pair.yaml"), ...argv));
  table = JSON.parse(await readFile(join(at("kept"), "verification.json"), "utf8")) as Verification;
}, 240_000);

test("each link is a cell with both sides, measured by the best link that this machine has", async () => {
  const best = (await detectLinks(new AbortController().signal)).find(({ possible }) => possible)!.kind;
  expect(
    table.cells.map(({ loss, delay, transport, frames: count, link }) => ({
      loss,
      delay,
      transport,
      count,
      kind: link.kind,
    })),
  ).toEqual([0, 0.2].map((loss) => ({ loss, delay: 0.003, transport: "udp", count: frames, kind: best })));
  for (const { predicted, measured, verdicts, parts: steps } of table.cells) {
    expect(measured.bytes.value).toBe(predicted.bytes);
    expect(steps.map(({ step }) => step)).toEqual(["wait", "head", "encode", "network", "decode", "tail"]);
    expect(Object.keys(verdicts)).toEqual(["p50", "p90", "p95", "p99", "misses", "quality"]);
  }
  const [clean, lossy] = table.cells;
  expect(clean!.measured.quality!.value).toBe(clean!.predicted.quality);
  expect(clean!.link.lossesByLink).toBe(0);
  expect(lossy!.link.lossesByLink).toBeGreaterThan(0);
});

test("the table is made again from the frames that were kept, and one that was touched is another one", async () => {
  // Whether all holds is the machine's to say.
  expect([0, 3], said.stderr).toContain(await sei("verify", "--check", at("kept"), "--json"));
  const again = JSON.parse(said.stdout) as Verification;
  expect(again.cells.map(({ measured }) => measured)).toEqual(table.cells.map(({ measured }) => measured));
  expect(again.holds).toBe(table.holds);
  const log = join(at("kept"), "cell-1.jsonl");
  const kept = await readFile(log, "utf8");
  await writeFile(log, kept.replaceAll('"right":true', '"right":false'));
  await sei("verify", "--check", at("kept"), "--json");
  const touched = JSON.parse(said.stdout) as Verification;
  expect(touched.cells[0]!.verdicts["quality"]).toBe("does not hold");
  await writeFile(log, kept.split("\n").slice(1).join("\n"));
  expect(await mistake("verify", "--check", at("kept"))).toMatch(/cell-1\.jsonl: expected 45 frames, got 44/);
  await writeFile(log, kept.replace("{", "{{"));
  expect(await mistake("verify", "--check", at("kept"))).toMatch(
    /cell-1\.jsonl: line 1: expected a frame of `sei verify`/,
  );
});

test.each([
  [["--link", "string"], "--link: expected netem, tun, kernel, proxy"],
  [["--design", "XX"], '--design: expected one of SC@TENSOR uint8 udp, got "XX"'],
  [["--design", "SC@block1/Max uint8 udp"], "--design: expected one of SC@block2/MaxPool uint8 udp"],
  [["--burst", "0.5"], "--burst: expected a number of at least 1"],
])("%j is no usage", async (argv, message) => {
  expect(await sei("verify", at("pair.yaml"), ...argv)).toBe(2);
  expect(said.stderr).toContain(message);
});

test("where every design is overloaded nothing is said to hold", async () => {
  expect(await mistake("verify", at("pair.yaml"), "--rate", "9600 bit/s", "--frames", "20")).toContain(
    "nothing was verified, since every design is overloaded",
  );
});
