/** @file Results read back: the same as they were, and what is no result refused in a line. */
import type { Result } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { syntheticResult } from "../testing/fixture.ts";
import { parseResult, readResult } from "./index.ts";

const parse = (value: unknown): Result => parseResult("result.json", JSON.stringify(value));

/** The one line of the error. */
function refused(change: (result: Result) => unknown): string {
  const result = structuredClone(syntheticResult());
  const changed = change(result);
  try {
    parse(changed ?? result);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.code).toBe("ERR_RESULT");
    expect(error.message.split("\n")).toHaveLength(1);
    return error.message;
  }
  throw new Error("it was taken for a result");
}

it("a result is the same after writing and reading, Infinity included", () => {
  const result = syntheticResult();
  const [design] = result.designs;
  design!.latency.p99 = { value: Infinity, lo: 0.1, hi: Infinity, n: 400 };
  design!.throughput = Infinity;
  const [first] = design!.checks;
  first!.value = Infinity;
  first!.margin = -Infinity;
  result.sweep[0]!.designs[0]!.p95 = Infinity;
  // JSON knows no undefined either.
  const expected = JSON.parse(
    JSON.stringify(result, (_, value: unknown) => (value === Infinity ? "inf" : value === -Infinity ? "-inf" : value)),
  ) as unknown;
  const back = parse(result);
  expect(
    JSON.parse(
      JSON.stringify(back, (_, value: unknown) => (value === Infinity ? "inf" : value === -Infinity ? "-inf" : value)),
    ),
  ).toEqual(expected);
  expect(back.lossMap.recommended[0]![0]).toBeNull();
  expect(parse(syntheticResult({ impossible: true })).verdict.recommended).toBeUndefined();
  expect(parse(syntheticResult({ saliency: false })).saliency).toBeUndefined();
});

it("whatever a study says of its data stands in its result", () => {
  const result = syntheticResult();
  Object.assign(result.study.data, {
    path: "belt",
    classes: ["a", "b"],
    fit: { letterbox: [640] },
    columns: { file: "photo", text: "plate" },
    sound: {
      rate: 16_000,
      window: 512,
      context: 64,
      mel: { size: 400, hop: 160, bands: 80, scale: "htk", norm: "area", power: 2 },
    },
  } satisfies Partial<Result["study"]["data"]>);
  expect(parse(result)).toEqual(JSON.parse(JSON.stringify(result)));
});

it("results of older versions, which lack what came later, are read", () => {
  const result = syntheticResult();
  delete result.byClass;
  delete result.training;
  for (const { latency } of result.designs) delete latency.curve;
  for (const { designs } of result.sweep) for (const point of designs) delete point.curve;
  expect(parse(result)).toEqual(JSON.parse(JSON.stringify(result)));
});

it.each<[string, (result: Result) => unknown, RegExp]>([
  ["nothing", () => [], /format: expected 2/],
  ["another format", (r) => ({ ...r, format: 1 }), /format: expected 2, got 1/],
  ["an unknown key", (r) => ({ ...r, designz: [] }), /designz: unknown key "designz"; did you mean "designs"\?/],
  [
    "a wrong type",
    (r) => void Object.assign(r.designs[1]!, { bytes: "many" }),
    /designs\.1\.bytes: expected number|designs\.1\.bytes: expected a number/,
  ],
  [
    "two designs of one name",
    (r) => void (r.designs[1]!.id = r.designs[0]!.id),
    /designs\.1\.id: .* is another design's too/,
  ],
  [
    "an unknown recommendation",
    (r) => void (r.verdict.recommended = "SC@nowhere"),
    /verdict: expected the id of a design, got "SC@nowhere"/,
  ],
  [
    "an unknown design in a sentence",
    (r) => void r.verdict.says.unshift({ kind: "choose", design: "x" }),
    /verdict: .*got "x"/,
  ],
  ["an unknown design under loss", (r) => void (r.sweep[0]!.designs[0]!.id = "y"), /sweep\.0\.designs: .*got "y"/],
  [
    "a host that is none",
    (r) => void (r.designs[0]!.segments[0]!.host = "moon"),
    /segments\.0\.host: expected a host, got "moon"/,
  ],
  [
    "a distribution that falls",
    (r) => void (r.designs[0]!.latency.curve = { seconds: [0.1, 0.2], share: [0.9, 0.5] }),
    /designs\.0\.latency\.curve\.share: expected each to be more than the one before/,
  ],
  [
    "a distribution of other shares",
    (r) => void r.sweep[0]!.designs[0]!.curve!.share.pop(),
    /sweep\.0\.designs\.0\.curve: expected as many shares as seconds/,
  ],
  [
    "fewer values than classes",
    (r) => void r.byClass!.designs[0]!.drop.pop(),
    /byClass: expected one value for each of the classes/,
  ],
  ["no quality", (r) => void (r.designs[0]!.quality = {}), /designs\.0\.quality: expected a metric at least, got none/],
  ["no link", (r) => void (r.study.links = []), /study\.links: expected a way from "camera" to "server"/],
  ["one host", (r) => void (r.study.hosts = { camera: { speed: 1 } }), /study\.hosts: expected two hosts/],
  ["a map of another size", (r) => void r.lossMap.recommended.pop(), /lossMap\.recommended: expected \d+ rows/],
  [
    "a picture of another size",
    (r) => void r.saliency!.examples[0]!.image.rgb.pop(),
    /image\.rgb: expected 3 values a pixel/,
  ],
  ["a list without end", (r) => ({ ...r, designs: Array.from({ length: 600_000 }, () => 0) }), /at most 500000 values/],
])("refuses %s", (_, change, says) => {
  expect(refused(change)).toMatch(says);
});

it("refuses a nest without end", () => {
  const text = JSON.stringify({ ...syntheticResult(), data: "HERE" });
  const nest = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
  expect(() => parseResult("result.json", text.replace('"HERE"', nest))).toThrow(
    /result\.json: expected at most 32 levels of lists/,
  );
});

it("says which file it is, and what it expected there", async () => {
  const folder = await mkdtemp(join(tmpdir(), "result-"));
  try {
    const file = join(folder, "result.json");
    await expect(readResult(file)).rejects.toThrow(/result\.json: expected a result; .*, but there is no such file/);
    await writeFile(file, "{");
    await expect(readResult(file)).rejects.toThrow(/result\.json: not a result \(.*\); `sei design` writes one/);
    await expect(readResult(folder)).rejects.toThrow(
      /expected a result; `sei design` writes one as result.json, got a folder/,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
