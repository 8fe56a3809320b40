/** @file Studies of models with several inputs of several types: fed, split, counted in bytes, deployed and run. */
import { inspectModel, runChain, serialiseModel, type ModelProto } from "@split-et-impera/core/onnx";
import { randomStream } from "@split-et-impera/core/random";
import { engine } from "@split-et-impera/ort";
import { zipSync } from "fflate";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { buildModel } from "../../core/testing/models.ts";
import { conv, linear, twoInputNetwork } from "../../core/testing/networks.ts";
import { maskedEncoder } from "../../core/testing/structures.ts";
import { npyOf } from "../data/testing/npy.ts";
import { forModel, openData, samplesFor, withShapesOf, type Samples } from "../data/index.ts";
import { readDeployment } from "../deploy/index.ts";
import type { FrameLine } from "../run/index.ts";
import { readStudy } from "../study/index.ts";
import { at, design, mistake, said, sei, useFolder } from "./testing/harness.ts";
import { startSei } from "./testing/process.ts";

useFolder();

const study = (model: string, data: string, explore: string, task = "agreement"): string => `
name: ${model}
model: ${model}.onnx
data: ${data}
hosts: { sensor: { speed: 1/20 }, server: {} }
links: [{ between: [sensor, server], rate: 1 Mbit/s, delay: 5 ms }]
frames: { rate: 5 fps, count: 40 }
requirements: [latency median <= 2 s]
explore: { bottlenecks: [], losses: [0 %], ${explore} }
task: ${task}
`;

const written = async (name: string, ...parts: Parameters<typeof study>): Promise<string> => {
  await writeFile(at(`${name}.yaml`), study(...parts));
  return `${name}.yaml`;
};

const [count, length] = [30, 12];
const random = randomStream(3, "inputs");
const ids = Array.from({ length: count * length }, () => random.integer(16));
// Every sentence has its own length; the rest is hidden by the mask.
const mask = Array.from({ length: count * length }, (_, i) => (i % length < 3 + (Math.floor(i / length) % 9) ? 1 : 0));
const int64s = (values: readonly number[]): Uint8Array =>
  npyOf("<i8", [count, length], new Uint8Array(BigInt64Array.from(values, BigInt).buffer));

beforeAll(async () => {
  await writeFile(at("encoder.onnx"), serialiseModel(maskedEncoder()));
  await writeFile(at("two.onnx"), serialiseModel(twoInputNetwork()));
  await writeFile(at("tokens.npz"), zipSync({ "ids.npy": int64s(ids), "attention_mask.npy": int64s(mask) }));
});

/** The bundle's other host as a process, and this one here, over all samples of a study. */
async function run(bundle: string, input: string): Promise<FrameLine[]> {
  const server = startSei(["serve", bundle, "--insecure", "--listen", "127.0.0.1:0", "--json"]);
  try {
    const { address } = JSON.parse(await server.firstLine()) as { address: string };
    const to = ["--connect", `server=${address}`, "--insecure"];
    expect(await sei("run", bundle, ...to, "--json", "--input", input), said.stderr).toBe(0);
    return said.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as FrameLine);
  } finally {
    server.kill("SIGTERM");
    await server.ended;
  }
}

async function samplesOfStudy(name: string, model: ModelProto): Promise<Samples> {
  const { data } = await readStudy(at(name));
  const opened = await openData(forModel(data, model), "test", { unlabelled: true });
  const inspection = await inspectModel(model, engine, { any: true, ...withShapesOf(opened, model, {}) });
  return samplesFor(opened, inspection, data);
}

const largest = (values: Float32Array, from: number): number =>
  [0, 1, 2].reduce((best, i) => (values[from + i]! > values[from + best]! ? i : best), 0);

describe("commands without a study", () => {
  beforeAll(async () => {
    await writeFile(at("named.npz"), zipSync({ "input_ids.npy": int64s(ids), "attention_mask.npy": int64s(mask) }));
  });

  test("saliency follows the model's own answers back through tokens, fed by name", async () => {
    const file = at("encoder.onnx");
    expect(await sei("saliency", file, "--data", at("named.npz"), "--json"), said.stderr).toBe(0);
    const { target, images, points } = JSON.parse(said.stdout) as {
      target: string;
      images: number;
      points: { tensor: string; shape: number[]; cs: number }[];
    };
    expect({ target, images }).toEqual({ target: "predicted", images: count / 5 });
    for (const { shape } of points) expect(shape).toEqual([length, 8]);
    const found = Object.fromEntries(points.map(({ tensor, cs }) => [tensor, cs]));
    expect(found["layer1"]).toBeGreaterThan(found["MatMul_9"]!);
  });

  test("saliency says that no candidate is a cut where branches join late, and each warning once", async () => {
    const model = buildModel((g) => {
      for (const side of ["left", "right"]) {
        g.input(side, "float32", ["batch", 3, 8, 8]);
        conv(g, side, `${side}Conv`, 3, 4);
        g.opAs(`${side}Row`, "Flatten", [g.op("GlobalAveragePool", [g.op("Relu", [`${side}Conv`])])]);
      }
      g.opAs("both", "Concat", ["leftRow", "rightRow"], { axis: { int: 1 } });
      linear(g, "both", "same", 8, 3);
      linear(g, "both", "kind", 8, 4);
      for (const name of ["same", "kind"]) g.output(name);
    });
    await writeFile(at("branches.onnx"), serialiseModel(model));
    const asked = ["--data", "random", "--limit", "4", "--task", "agreement"];
    expect(await sei("saliency", at("branches.onnx"), ...asked), said.stderr).toBe(0);
    expect(said.stdout).toContain("no candidate: the curve has no maximum at a legal cut");
    expect(said.stderr.split("of 2 outputs the answer is the first")).toHaveLength(2);
  });

  test("wire sends a cut behind both inputs", async () => {
    const asked = [
      "--at",
      "joined",
      "--data",
      "random",
      "--limit",
      "8",
      "--losses",
      "30 %",
      "--codecs",
      "uint8",
      "--json",
    ];
    expect(await sei("wire", at("two.onnx"), ...asked), said.stderr).toBe(0);
    const { points } = JSON.parse(said.stdout) as { points: { codec: string; bytes: number }[] };
    expect(points.find(({ codec }) => codec === "uint8")!.bytes).toBe(16);
  });

  test("profile times them whole, split, and all inputs on the wire", async () => {
    const asked = ["--out", at("two.json"), "--bottlenecks", "none", "--codecs", "float32", "--json"];
    expect(await sei("profile", at("two.onnx"), ...asked), said.stderr).toBe(0);
    const { works } = JSON.parse(said.stdout) as { works: Record<string, unknown> };
    expect(Object.keys(works).sort()).toEqual(
      [
        "whole",
        "head@joined",
        "tail@joined",
        ...["image,pose", "joined"].flatMap((cut) =>
          ["float32", "float32 interleaved"].flatMap((codec) => [`encode ${codec}@${cut}`, `decode ${codec}@${cut}`]),
        ),
      ].sort(),
    );
  });

  test("a size given to one input holds for those that share it", async () => {
    expect(await sei("inspect", at("encoder.onnx"), "--shape", "attention_mask=1x5", "--json"), said.stderr).toBe(0);
    const { output } = JSON.parse(said.stdout) as { output: { shape: number[] } };
    expect(output.shape).toEqual([5, 4]);
  });
});

const tokens = "{ format: npy, path: tokens.npz, inputs: { input_ids: ids }, limit: { test: 10, train: 10 } }";

describe("token ids and a mask from one file", () => {
  test("are sent whole, or as what crosses with the mask that the rest needs too", async () => {
    const name = await written("encoder", "encoder", tokens, "candidates: [[layer0, attention_mask]]");
    expect(await sei("check", at(name)), said.stderr).toBe(0);
    const { designs } = await design(name, "encoder");
    expect(said.stderr).toContain('the data say nothing of the input "token_type_ids": seeded numbers are fed there');
    const bytes = Object.fromEntries(designs.map(({ id, bytes }) => [id.replace(/ (tcp|udp)$/, ""), bytes]));
    expect(bytes).toEqual({
      LC: 0,
      // Three inputs of twelve whole numbers, which every codec leaves as they are: one design.
      "RC float32": 4 * 3 * length,
      // Eight numbers for every token, and the mask.
      "SC@attention_mask,layer0 float32": 4 * (8 * length + length),
      "SC@attention_mask,layer0 uint8": 8 * length + 4 * length,
    });
    for (const { id, clean } of designs) {
      const { value } = clean["agreement"]!;
      if (id.includes("uint8") && id.startsWith("SC")) expect(value).toBeGreaterThan(0.9);
      else expect(value, id).toBe(1);
    }
  });

  test("go whole to another host, and frames of the file have their answers", async () => {
    const explore = "scenarios: [RC], transports: [tcp], inputs: [float32]";
    const name = await written("remote", "encoder", tokens, explore, "{ kind: agreement, output: pooled_logits }");
    await design(name, "remote");
    const bundle = join(at("remote"), "bundle");
    const { crossings, proof } = await readDeployment(bundle);
    expect(proof).toMatchObject({ exact: true, against: "model", replay: { images: 6, same: 6 } });
    const carried = { type: "int64", shape: [1, length], bytes: 8 * length, codec: { kind: "float32" } };
    expect(crossings[0]!.carries).toMatchObject([carried, carried, carried]);
    const lines = await run(bundle, at(name));
    const samples = await samplesOfStudy(name, maskedEncoder());
    const { pooled_logits: logits } = await runChain(
      engine,
      [serialiseModel(maskedEncoder())],
      ["pooled_logits"],
      samples.feeds([0, 1, 2, 3, 4, 5]),
    );
    const said = Array.from({ length: 6 }, (_, row) => Number(logits!.data[2 * row + 1]! > logits!.data[2 * row]!));
    expect(lines.map((line) => (line.answer as { class: number }).class)).toEqual(said);
  });
});

describe("a picture and numbers", () => {
  test("of no data: seeded ones; what the tail reads of the input crosses too", async () => {
    const random = "{ format: random, limit: { test: 10, train: 10 } }";
    const name = await written("two", "two", random, "candidates: [[seen, pose]]");
    const { designs } = await design(name, "two");
    const bytes = Object.fromEntries(designs.map(({ id, bytes }) => [id.replace(/ (tcp|udp)$/, ""), bytes]));
    expect(bytes).toEqual({
      LC: 0,
      "RC float32": 4 * (192 + 6),
      "RC uint8": 192 + 6,
      "SC@pose,seen float32": 4 * 16,
      "SC@pose,seen uint8": 16,
    });
  });

  test("run on hosts: what the head does not read is captured and crosses, and answers are the unchanged model's", async () => {
    const random = "{ format: random, limit: { test: 5, train: 5 } }";
    const explore = "candidates: [[seen, pose]], scenarios: [SC], codecs: [float32], transports: [tcp]";
    const name = await written("hosts", "two", random, explore);
    await design(name, "hosts");
    const bundle = join(at("hosts"), "bundle");
    const { segments, crossings } = await readDeployment(bundle);
    expect(segments.map(({ inputs }) => inputs.map(({ tensor }) => tensor))).toEqual([["image"], ["pose", "seen"]]);
    expect(crossings[0]!.carries.map(({ tensor }) => tensor)).toEqual(["pose", "seen"]);
    const lines = await run(bundle, at(name));
    const samples = await samplesOfStudy(name, twoInputNetwork());
    const feeds = samples.feeds([0, 1, 2, 3, 4]);
    const { answer } = await runChain(engine, [serialiseModel(twoInputNetwork())], ["answer"], feeds);
    const classes = Array.from({ length: 5 }, (_, row) => largest(answer!.data as Float32Array, 3 * row));
    expect(lines.map((line) => (line.answer as { class: number }).class)).toEqual(classes);
    expect(new Set(lines.map(({ bytes }) => bytes))).toEqual(new Set([64]));
    const args = ["run", bundle, "--connect", "server=127.0.0.1:1", "--insecure", "--input", at("pictures")];
    expect(await mistake(...args)).toMatch(/takes "image", "pose"; expected a study, or an \.npz/);
  });

  test("pictures cannot go as files beside numbers: said before anything is run", async () => {
    const random = "{ format: random, limit: { test: 10, train: 10 } }";
    const name = await written("files", "two", random, "candidates: [[seen, pose]], inputs: [png]");
    expect(await mistake("design", at(name))).toContain("explore.inputs: png is for 8-bit pictures");
  });

  test("arrays that fit no input are named", async () => {
    await writeFile(
      at("pose.npz"),
      zipSync({
        "pose.npy": npyOf("<f4", [8, 5], new Uint8Array(160)),
        "image.npy": npyOf("<f4", [8, 3, 8, 8], new Uint8Array(4 * 8 * 192)),
      }),
    );
    const data = "{ format: npy, path: pose.npz, limit: { test: 4, train: 4 } }";
    const name = await written("misfit", "two", data, "candidates: [[seen, pose]]");
    expect(await mistake("design", at(name))).toMatch(/pose\.npz \(pose\.npy\).* "pose", which takes \[6\]/);
    const other = data.replace("limit", "inputs: { pose: posture }, limit");
    const absent = await written("absent", "two", other, "candidates: [[seen, pose]]");
    expect(await mistake("design", at(absent))).toMatch(
      /pose\.npz: expected an array "posture" for the input "pose", as data\.inputs has it, got pose, image/,
    );
  });
});

test("pixels that a quantised model takes as bytes are the camera's own", async () => {
  const pixels = Uint8Array.from({ length: 8 * 192 }, (_, i) => (i * 37) % 256);
  const model = buildModel((g) => {
    g.input("bytes", "uint8", ["batch", 3, 8, 8]);
    const real = g.op("DequantizeLinear", ["bytes", g.scalar(0.01)]);
    linear(g, g.op("Flatten", [conv(g, real, "c", 3, 2)]), "scores", 128, 3);
    g.output("scores", "float32", ["batch", 3]);
  });
  await writeFile(at("uint8.onnx"), serialiseModel(model));
  await writeFile(at("pixels.npz"), zipSync({ "x.npy": npyOf("|u1", [8, 8, 8, 3], pixels) }));
  const name = await written(
    "uint8",
    "uint8",
    "{ format: npy, path: pixels.npz, limit: { test: 2, train: 2 } }",
    "scenarios: [LC, RC]",
  );
  const { designs } = await design(name, "uint8");
  // As pixels are: a byte each, and exact.
  expect(designs.map(({ id, bytes, clean }) => [id, bytes, clean["agreement"]!.value])).toContainEqual([
    "RC float32 tcp",
    192,
    1,
  ]);
});
