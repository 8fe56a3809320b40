/** @file Models whose weights are not read: opened by their offsets, listed as declared, split by copying ranges. */
import {
  fromProto,
  hollow,
  isExternal,
  outlineModel,
  runChain,
  serialiseModel,
  splitSegments,
  surveyModel,
  valueInfo,
} from "@split-et-impera/core/onnx";
import { appendFile, mkdtemp, open, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { residualNetwork } from "../../core/testing/networks.ts";
import { engine } from "@split-et-impera/ort";
import { openModel, readModel } from "../model/index.ts";
import { composeSegments, writeSegments } from "./index.ts";

let folder = "";
const at = (name: string): string => join(folder, name);
/** Its last layer and its inner convolutions have more than 4 kB of weights. */
const network = () => {
  const model = residualNetwork({ size: 16 });
  model.graph!.valueInfo = [valueInfo("sum", "float32", ["batch", 8, 16, 16])];
  return model;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "large-"));
  await writeFile(at("m.onnx"), serialiseModel(network()));
});
afterEach(() => rm(folder, { recursive: true }));

it("notes where weights lie, to the byte", async () => {
  const { model, weights, locate } = await openModel(at("m.onnx"));
  const outside = model.graph!.initializer.filter(isExternal);
  expect(outside.map(({ name }) => name)).toEqual(["logits.weight"]);
  expect(weights).toBe(512 * 4 * 4);
  const { file, offset, length } = await locate(outside[0]!);
  await using handle = await open(file);
  const bytes = new Uint8Array(length);
  await handle.read(bytes, 0, length, offset);
  const whole = (await readModel(at("m.onnx"))).graph!.initializer.find(({ name }) => name === "logits.weight")!;
  expect(new Uint8Array((fromProto(whole).data as Float32Array<ArrayBuffer>).buffer)).toEqual(bytes);
});

it("refuses damaged files and weights that are not there", async () => {
  const { size } = await stat(at("m.onnx"));
  await truncate(at("m.onnx"), size - 100);
  await expect(openModel(at("m.onnx"))).rejects.toThrow(/not an ONNX model, or a damaged one/);
  await expect(openModel(at("absent.onnx"))).rejects.toThrow(/no such model/);
  await expect(openModel(folder)).rejects.toThrow(/found a folder/);
});

it("lists cuts from what a model declares, and says null of the rest", async () => {
  const { model } = await openModel(at("m.onnx"));
  const { cuts, parameters, macs } = outlineModel(model);
  expect(cuts.map(({ tensors }) => tensors[0])).toEqual(["stem", "relu1", "sum", "relu3", "pool", "flat"]);
  expect(cuts[2]).toMatchObject({ shapes: [[8, 16, 16]], bytes: 8 * 16 * 16 * 4, macsTail: null });
  expect(cuts[0]).toMatchObject({ shapes: [null], bytes: null, parameters: 3 * 8 * 9 + 8 });
  expect(parameters).toBe(3 * 8 * 9 + 8 + 2 * (8 * 8 * 9 + 8) + 512 * 4 + 4);
  expect(macs).toBeNull();
});

it("splits with the weights beside the segments, equal to the model read whole", async () => {
  const opened = await openModel(at("m.onnx"));
  const survey = await surveyModel(opened.model, engine, { probe: hollow(opened.model) });
  const whole = await surveyModel(await readModel(at("m.onnx")), engine);
  for (const [name, { dims, type }] of whole.seen) expect(survey.seen.get(name), name).toMatchObject({ dims, type });
  const segments = splitSegments(survey, [["relu2", "relu1"], ["pool"]]);
  const { manifest, files } = await writeSegments(at("m.onnx"), survey, segments, at("parts"), undefined, opened);
  expect(manifest.proof.exact).toBe(true);
  expect(manifest.segments.map(({ data }) => data)).toEqual(files.map((_, s) => `segment-${s + 1}.onnx.data`));
  expect((await stat(at("parts/segment-3.onnx.data"))).size).toBe(512 * 4 * 4);
  const feeds = survey.feeds(2);
  const expected = await runChain(engine, [at("m.onnx")], ["logits"], feeds);
  expect(await runChain(engine, files, ["logits"], feeds)).toEqual(expected);
  expect((await composeSegments(at("parts/manifest.json"))).original).toBe(true);
});

it("composes segments with the weights left in files", async () => {
  const opened = await openModel(at("m.onnx"));
  const survey = await surveyModel(opened.model, engine, { probe: hollow(opened.model) });
  const segments = splitSegments(survey, [["relu2", "relu1"], ["pool"]]);
  await writeSegments(at("m.onnx"), survey, segments, at("parts"), undefined, opened);
  const before = await readdir(at("parts"));
  const { proof, original, bytes } = await composeSegments(at("parts/manifest.json"), undefined, 1000);
  expect([proof.exact, original]).toEqual([true, true]);
  expect(bytes).toBe(512 * 4 * 4);
  expect(await readdir(at("parts"))).toEqual(before);
  await composeSegments(at("parts/manifest.json"), at("again.onnx"), 1000);
  expect((await stat(at("again.onnx.data"))).size).toBe(bytes);
  const feeds = survey.feeds(2);
  const expected = await runChain(engine, [at("m.onnx")], ["logits"], feeds);
  expect(await runChain(engine, [at("again.onnx")], ["logits"], feeds)).toEqual(expected);
});

it("writes nothing where weights were changed after the split", async () => {
  const opened = await openModel(at("m.onnx"));
  const survey = await surveyModel(opened.model, engine, { probe: hollow(opened.model) });
  const segments = splitSegments(survey, [["pool"]]);
  await writeSegments(at("m.onnx"), survey, segments, at("parts"), undefined, opened);
  await writeFile(at("parts/tail.onnx.data"), new Uint8Array(512 * 4 * 4));
  await expect(composeSegments(at("parts/manifest.json"), at("again.onnx"), 1000)).rejects.toThrow(
    "does not give the answers that m.onnx gave; nothing was written",
  );
  expect((await readdir(folder)).toSorted()).toEqual(["m.onnx", "parts"]);
});

it("opens half a gigabyte in no time, with none of it in memory", async () => {
  // The weight is declared larger and the file made so, with a hole in it: offsets are all that is read.
  const model = network();
  const weight = model.graph!.initializer.find(({ name }) => name === "logits.weight")!;
  weight.rawData = new Uint8Array();
  model.graph!.initializer = model.graph!.initializer.filter((one) => one !== weight);
  const size = 2 ** 29;
  const bytes = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) + 128, ...bytes(Math.floor(value / 128))];
  const name = [...new TextEncoder().encode("logits.weight")];
  // TensorProto: dims 1 (512), dims 1 (size / 2048), data_type 2 (float), name 8, raw_data 9.
  const tensor = [8, ...bytes(512), 8, ...bytes(size / 2048), 16, 1, 66, name.length, ...name, 74, ...bytes(size)];
  const inner = [42, ...bytes(tensor.length + size), ...tensor];
  await writeFile(at("big.onnx"), serialiseModel(model));
  // A second graph (field 7) is merged into the first: that is what protobuf says of a message given twice.
  await appendFile(at("big.onnx"), Uint8Array.from([58, ...bytes(inner.length + size), ...inner]));
  await truncate(at("big.onnx"), (await stat(at("big.onnx"))).size + size);
  const before = process.memoryUsage().rss;
  const began = performance.now();
  const opened = await openModel(at("big.onnx"));
  const { cuts } = outlineModel(opened.model);
  expect(performance.now() - began).toBeLessThan(1000);
  expect(process.memoryUsage().rss - before).toBeLessThan(1e8);
  expect(cuts).toHaveLength(6);
  expect(opened.weights).toBe(size);
});
