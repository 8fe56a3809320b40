/** @file From a model to segments on disk and back, through the commands. */
import { serialiseModel } from "@split-et-impera/core/onnx";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { float32 } from "@split-et-impera/core/tensor";
import { buildModel } from "../../core/testing/models.ts";
import { residualNetwork } from "../../core/testing/networks.ts";
import { main } from "../cli/main.ts";

let folder = "";
const at = (name: string): string => join(folder, name);
let out = "";
let err = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "split-"));
  await writeFile(at("m.onnx"), serialiseModel(residualNetwork()));
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(console, "error").mockImplementation((text) => void (err += String(text)));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

async function sei(...argv: string[]): Promise<number> {
  out = "";
  err = "";
  return main(argv);
}

it("splits in three, tells where every tensor goes, and joins again", async () => {
  expect(await sei("split", at("m.onnx"), "--at", "relu2,relu1", "--at=pool", "--out", at("parts"))).toBe(0);
  expect(out).toMatch(/relu1: segment-1 -> segment-2/);
  expect(out).toMatch(/the segments equal model\(x\) bit for bit on 4 random inputs/);
  const manifest = JSON.parse(await readFile(at("parts/manifest.json"), "utf8")) as Record<string, unknown>;
  expect(manifest).toMatchObject({
    format: 2,
    model: { file: "m.onnx", inputs: ["image"], outputs: ["logits"] },
    cuts: [["relu2", "relu1"], ["pool"]],
    segments: [
      { name: "segment-1", inputs: [{ tensor: "image", from: "input" }] },
      { name: "segment-2", outputs: [{ tensor: "pool", to: ["segment-3"] }] },
      { name: "segment-3", outputs: [{ tensor: "logits", to: ["output"] }] },
    ],
    proof: {
      exact: true,
      finite: true,
      runs: [
        { inputs: "random", rows: 4 },
        { inputs: "random", rows: 1 },
      ],
    },
  });
  expect(manifest["tensors"]).toContainEqual({
    name: "relu1",
    type: "float32",
    shape: ["batch", 8, 8, 8],
    bytes: 8 * 8 * 8 * 4,
    from: "segment-1",
    to: ["segment-2"],
    crosses: [1],
  });
  expect(await sei("join", at("parts/manifest.json"), "--out", at("again.onnx"), "--json")).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ operators: 10, proof: { exact: true, original: true } });
  expect(await sei("inspect", at("again.onnx"), "--json")).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ operators: 10, opset: 17 });
});

it("gives one cut of one tensor the names head and tail", async () => {
  expect(await sei("split", at("m.onnx"), "--at", "sum", "--out", at("parts"), "--json")).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ at: "sum", head: at("parts/head.onnx"), tail: at("parts/tail.onnx") });
  expect(await sei("join", at("parts/manifest.json"))).toBe(0);
  expect(out).toMatch(/bit for bit/);
});

it("refuses what does not separate, and segments that were changed", async () => {
  expect(await sei("split", at("m.onnx"), "--at", "relu2", "--out", at("parts"))).toBe(1);
  expect(err).toMatch(/a path goes around it: "image" -> Conv "stem" -> .*Add "sum"/);
  await sei("split", at("m.onnx"), "--at", "sum", "--out", at("parts"));
  await writeFile(at("parts/tail.onnx"), await readFile(at("parts/head.onnx")));
  expect(await sei("join", at("parts/manifest.json"))).toBe(1);
  expect(err).toMatch(/tail.onnx: was changed/);
  expect(await sei("join", at("m.onnx"))).toBe(1);
  expect(err).toMatch(/expected the manifest/);
  await writeFile(at("bad.json"), '{"format":2}');
  expect(await sei("join", at("bad.json"))).toBe(1);
  expect(err).toMatch(/bad.json: model: /);
});

it("lists useful cuts of several tensors beside those of one", async () => {
  expect(await sei("inspect", at("m.onnx"), "--cuts", "--json")).toBe(0);
  const { cuts } = JSON.parse(out) as { cuts: { tensors: string[]; bytes: number; macsHead: number }[] };
  const sets = cuts.filter(({ tensors }) => tensors.length > 1).map(({ tensors }) => tensors.toSorted().join());
  expect(sets).toContain("relu1,relu2");
  // Inside the residual block, its input and one tensor of its branch cross.
  for (const set of cuts.filter(({ tensors }) => tensors.length > 1)) expect(set.bytes).toBe(2 * 8 * 8 * 8 * 4);
  expect(cuts.map(({ macsHead }) => macsHead)).toEqual(cuts.map(({ macsHead }) => macsHead).toSorted((a, b) => a - b));
});

it("takes models of several inputs and other types", async () => {
  const model = buildModel((g) => {
    g.input("ids", "int64", ["batch", "tokens"]);
    g.input("mask", "float32", ["batch", "tokens", 1]);
    g.initialiser("table", float32([2, 3], [1, 2, 3, 4, 5, 6]));
    g.opAs("e", "Gather", ["table", "ids"]);
    g.opAs("a", "Mul", ["e", "mask"]);
    g.opAs("y", "Tanh", ["a"]);
    g.output("y");
  });
  await writeFile(at("two.onnx"), serialiseModel(model));
  expect(await sei("inspect", at("two.onnx"), "--json", "--cuts")).toBe(0);
  const { cuts, inputs } = JSON.parse(out) as { cuts: { tensors: string[] }[]; inputs: object[] };
  expect(inputs).toEqual([
    { name: "ids", type: "int64", shape: ["batch", "tokens"] },
    { name: "mask", type: "float32", shape: ["batch", "tokens", 1] },
  ]);
  expect(cuts.map(({ tensors }) => tensors)).toEqual([["a"]]);
  expect(await sei("split", at("two.onnx"), "--at", "e,mask", "--out", at("parts"))).toBe(0);
  expect(out).toMatch(/bit for bit/);
});
