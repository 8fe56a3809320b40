/** @file `sei wire`: one cut in every codec, as pictures, and under loss. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { codecKinds } from "@split-et-impera/core/wire";
import { usualSteps } from "../stages/design/step-search.ts";
import type { WireFigures } from "../stages/wire/index.ts";
import { at, json, mistake, said, sei, useFolder } from "./testing/harness.ts";

useFolder();

const words = ["--data", "conveyor", "--limit", "60", "--mean", "0.5", "--std", "0.25"];

test(
  "tells every codec's bytes and quality, pictures beside them, and what losses take in every way asked for",
  { timeout: 240_000 },
  async () => {
    const flags = ["--loss-codecs", "uint4", "--losses", "0 %,40 %", "--bursts", "2", "--payload", "200 B"];
    const protections = ["--protections", "none,repeat 2"];
    const found = await json<WireFigures>("wire", at("tiny.onnx"), "--at", "pool1", ...words, ...flags, ...protections);
    expect(found).toMatchObject({
      cut: ["pool1"],
      metric: "accuracy",
      judgedOn: { samples: 60 },
      searchedOn: { samples: 60 },
    });
    const point = (codec: string) => [...found.points, ...found.images].find((one) => one.codec === codec)!;
    expect(point("float32").quality).toEqual(found.whole.quality);
    expect(point("png").quality).toEqual(found.whole.quality);
    expect(point("uint4").bytes).toBe(point("uint8").bytes / 2);
    expect(point("rans4").bytes).toBeLessThan(point("uint4").bytes);
    expect(point("rans4").bytes).toBeGreaterThan(point("rans2").bytes);
    for (const { encodeSeconds, decodeSeconds, quality } of [...found.points, ...found.images]) {
      expect(Math.min(encodeSeconds, decodeSeconds)).toBeGreaterThan(0);
      expect(quality).toMatchObject({ n: 60 });
    }
    const search = found.search!;
    expect(search.trials.filter(({ codec }) => codec === "rans4").map(({ step }) => step)).toEqual(usualSteps);
    expect(search.chosen.map(({ codec }) => codec)).toEqual([...codecKinds]);
    for (const { codec, step } of search.chosen)
      expect(found.points.filter((one) => one.codec === codec).map((one) => one.step)).toEqual(
        step === 1 ? [1] : [1, step],
      );
    const { codec, step, bytes, quality } = search.least!;
    expect(found.points).toContainEqual(expect.objectContaining({ codec, step, bytes, quality }));
    // Two losses, two protections, two orders, three concealments.
    expect(found.loss).toHaveLength(24);
    for (const { loss, protection, bytes, quality } of found.loss) {
      if (loss === 0) expect(quality).toEqual(point("uint4").quality);
      expect(bytes).toBe(point("uint4").bytes * ((protection as unknown) === "none" ? 1 : 2));
    }
  },
);

test("tries linear bottlenecks beside the plain cut, which send as many fewer bytes", async () => {
  const flags = ["--codecs", "uint8", "--loss-codecs", "none", "--no-pictures", "--bottlenecks", "4,pca 8"];
  const { points } = await json<WireFigures>("wire", at("tiny.onnx"), "--at", "pool1", ...words, ...flags);
  const bytesOf = (bottleneck: number | null) => points.find((one) => one.bottleneck === bottleneck)!.bytes;
  expect(bytesOf(4)).toBe(bytesOf(null) / 4);
  expect(bytesOf(8)).toBe(bytesOf(null) / 8);
});

test("tries bottlenecks that are trained, and trained for the losses that are tried, of as many bytes, and says what losses take of each", async () => {
  const link = ["--loss-codecs", "uint8", "--losses", "0 %,50 %", "--bursts", "1", "--payload", "16"];
  const way = ["--orders", "interleaved", "--concealments", "neighbours", "--steps", "1", "--no-pictures"];
  const asked = ["--bottlenecks", "trained 8,lossy 8", "--epochs", "2"];
  const wire = ["wire", at("tiny.onnx"), "--at", "pool1", ...words, "--codecs", "uint8", ...link, ...way, ...asked];
  const found = await json<WireFigures>(...wire);
  expect(found.points.map(({ made, bottleneck }) => [made, bottleneck])).toEqual([
    [null, null],
    ["8x", 8],
    ["8x lossy", 8],
  ]);
  const [plain, trained, lossy] = found.points.map(({ bytes }) => bytes);
  expect([trained, lossy]).toEqual([plain! / 8, plain! / 8]);
  expect(found.loss.map(({ made, loss }) => [made, loss])).toEqual(
    [null, "8x", "8x lossy"].flatMap((made) => [0, 0.5].map((loss) => [made, loss])),
  );
  for (const { made, loss, quality } of found.loss)
    if (loss === 0) expect(quality).toEqual(found.points.find((one) => one.made === made)!.quality);
  // Of the same compression the second is told beside the first.
  const [, , , first, , second] = found.loss;
  expect(first!.behind.value).toBe(0);
  expect(second!.behind.value).toBeCloseTo(first!.quality.value - second!.quality.value, 9);
  const refused = await sei(...wire.filter((word) => word !== "trained 8,lossy 8" && word !== "--bottlenecks"));
  expect([refused, said.stderr]).toEqual([
    2,
    expect.stringContaining("--epochs: expected --bottlenecks with one that"),
  ]);
});

test("draws a page: what bytes keep beside pictures, and what losses take along their share and their runs", async () => {
  const few = ["--data", "conveyor", "--limit", "16", "--mean", "0.5", "--std", "0.25", "--steps", "1,2"];
  const flags = ["--codecs", "uint4,rans2", "--loss-codecs", "uint4", "--losses", "10 %,40 %", "--bursts", "1,2"];
  const ways = ["--orders", "interleaved", "--concealments", "neighbours", "--protections", "none,repeat 2"];
  const page = ["--html", at("wire.html")];
  expect(await sei("wire", at("tiny.onnx"), "--at", "pool1", ...few, ...flags, ...ways, ...page), said.stderr).toBe(0);
  const written = await readFile(at("wire.html"), "utf8");
  const told = [
    'id="rate"',
    'id="lossy"',
    "cut, rANS",
    "picture, AVIF",
    "interleaved, neighbours, repeat 2",
    "datagrams in a row, ",
  ];
  for (const text of told) expect(written).toContain(text);
  expect(written.split("<script>")[0]).not.toContain("NaN");
  expect(await mistake("wire", at("tiny.onnx"), "--at", "pool1", ...few, "--html", at("tiny.onnx"))).toContain(
    "tiny.onnx",
  );
});

test("prints a table, and says what is no cut, no codec, no share and no loss", async () => {
  const flags = ["--codecs", "uint8,rans2", "--loss-codecs", "none", "--no-pictures"];
  expect(await sei("wire", at("tiny.onnx"), "--at", "pool1", ...words, ...flags), said.stderr).toBe(0);
  expect(said.stdout).toMatch(/^whole model: \d/);
  expect(said.stdout).toMatch(/\nsent as +bytes +accuracy +95 % interval +encode +decode\nuint8 /);
  expect(said.stdout).toMatch(/\nFewest bytes with at most 0.50.% lost on training samples: rans2.*; on test samples /);
  expect(said.stdout).toMatch(/\ncodec +x0.7 .*\nuint8 +\d+ B .*\nrans2 +\d+ B /);
  const wrong = async (...more: string[]): Promise<string> => {
    said.stderr = "";
    expect(await sei("wire", at("tiny.onnx"), ...words, ...more)).toBe(2);
    return said.stderr;
  };
  expect(await mistake("wire", at("tiny.onnx"), ...words, "--at", "pool9")).toContain('"pool9" is no cut of');
  expect(await wrong("--at", "pool1", "--codecs", "uint7")).toContain('got "uint7"; did you mean "uint');
  expect(await wrong("--at", "pool1", "--losses", "120 %")).toContain("--losses: expected shares below 1");
  expect(await wrong("--at", "pool1", "--steps", "1,0")).toContain('--steps: expected numbers above 0, got "0"');
  expect(await wrong("--at", "pool1", "--drop", "much")).toContain("--drop: expected a share such as 0.5 %");
  expect(await wrong("--at", "pool1", "--bursts", "0.5")).toContain("--bursts: expected numbers from 1 to 1000");
  expect(await wrong("--at", "pool1", "--bursts", "1e9")).toContain("--bursts: expected numbers from 1 to 1000");
  const tooMuch = await wrong("--at", "pool1", "--losses", "10 %,90 %", "--bursts", "1,2");
  expect(tooMuch).toContain("--losses with --bursts: expected at most 66.6 % lost in bursts of 2 packets");
  expect(await wrong("--at", "pool1", "--protections", "xor x")).toContain("--protections: ");
  expect(await wrong("--at", "pool1", "--payload", "8")).toContain("--payload: expected 16 to ");
});

test("where nothing is known of the data, answers are compared with the unchanged model's", async () => {
  const flags = ["--data", "random", "--limit", "12", "--codecs", "float32,rans2", "--loss-codecs", "none"];
  const found = await json<WireFigures>("wire", at("tiny.onnx"), "--at", "pool1", ...flags, "--no-pictures");
  expect(found.metric).toBe("agreement");
  expect(found.whole.quality.value).toBe(1);
  expect(found.points[0]!.quality.value).toBe(1);
  expect(found.search!.whole).toBe(1);
});

test("warns where another normalisation does far better", async () => {
  const fed = ["wire", "examples/conveyor/parts.onnx", "--at", "block3/MaxPool", "--data", "conveyor", "--limit", "40"];
  const flags = ["--codecs", "uint8", "--steps", "1", "--loss-codecs", "none", "--no-pictures"];
  said.stderr = "";
  expect(await sei(...fed, ...flags, "--mean", "0", "--std", "0.01")).toBe(0);
  expect(said.stderr).toMatch(/when fed with normalise/);
});
