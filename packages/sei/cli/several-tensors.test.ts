/** @file Cuts of several tensors, from the study to the bundle: a small network of a fine and a coarse feature map. */
import { largestDifference, runChain, serialiseModel } from "@split-et-impera/core/onnx";
import { randomStream } from "@split-et-impera/core/random";
import { float32 } from "@split-et-impera/core/tensor";
import { engine } from "@split-et-impera/ort";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { buildModel } from "../../core/testing/models.ts";
import { conv, linear } from "../../core/testing/networks.ts";
import { npyOf } from "../data/testing/npy.ts";
import { readDeployment } from "../deploy/index.ts";
import { at, design, json, mistake, said, sei, useFolder } from "./testing/harness.ts";

useFolder();

/** Two maps of a stem, of 512 and 256 values, meet behind wide layers: no one tensor is as small as both together. */
const pyramid = buildModel((g) => {
  const bent = (x: string, name: string): string => g.opAs(name, "Tanh", [x]);
  const map = (x: string, name: string, channels: number, by: number): string => {
    const seen = bent(conv(g, x, `${name}/conv`, 8, channels), `${name}/tanh`);
    return g.opAs(name, "AveragePool", [seen], { kernel_shape: { ints: [by, by] }, strides: { ints: [by, by] } });
  };
  g.input("x", "float32", ["batch", 3, 32, 32]);
  const stem = bent(conv(g, "x", "conv1", 3, 8), "stem");
  const [fine, coarse] = [map(stem, "fine", 8, 4), map(stem, "coarse", 16, 8)];
  const wide = (x: string, size: number): string =>
    linear(g, g.opAs(`${x}/flat`, "Flatten", [x]), `${x}/wide`, size, 1024);
  const sum = bent(g.opAs("sum", "Add", [wide(fine, 512), wide(coarse, 256)]), "sum/tanh");
  linear(g, bent(linear(g, sum, "dense", 1024, 1024), "dense/tanh"), "scores", 1024, 4);
  g.output("scores", "float32", ["batch", 4]);
});

const study = `
name: Pyramid
model: pyramid.onnx
data: { format: npy, path: readings, limit: { test: 40, train: 40 } }
task: agreement
hosts: { sensor: { speed: 1/60 }, server: {} }
links: [{ between: [sensor, server], rate: 1 Mbit/s, delay: 5 ms }]
frames: { rate: 5 fps, count: 80 }
requirements: [latency median <= 2 s]
explore: { candidates: [[coarse, fine]], bottlenecks: [{ compression: 16 }], scenarios: [LC, SC], losses: [0 %, 20 %] }
`;

async function written(name: string, ...changes: [string, string][]): Promise<string> {
  let text = study;
  for (const [from, to] of changes) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  await writeFile(at(name), text);
  return name;
}

beforeAll(async () => {
  await writeFile(at("pyramid.onnx"), serialiseModel(pyramid));
  await mkdir(at("readings"));
  const random = randomStream(5, "readings");
  for (const split of ["train", "test"]) {
    const x = Float32Array.from({ length: 40 * 3 * 32 * 32 }, () => random.normal());
    await writeFile(at(`readings/x_${split}.npy`), npyOf("<f4", [40, 3, 32, 32], new Uint8Array(x.buffer)));
  }
});

describe("a cut of two tensors that a study names", () => {
  test("crosses as one message of both, in the model's order, with losses in either; bottlenecks are left out by name", async () => {
    const name = await written("named.yaml");
    expect(await sei("check", at(name)), said.stderr).toBe(0);
    expect(said.stdout).toContain("cuts at [coarse, fine]\n");
    const { designs, sweep, stages } = await design(name, "named");
    expect(said.stderr).toContain(
      'the bottleneck 16x at "fine,coarse" is left out: it is made for one tensor, and 2 tensors cross there',
    );
    expect(stages.map((stage) => stage.name)).toContain("split at fine,coarse");
    const bytes = Object.fromEntries(designs.filter(({ kind }) => kind === "SC").map((one) => [one.id, one.bytes]));
    expect(bytes).toEqual({
      "SC@fine,coarse float32 tcp": 3072,
      "SC@fine,coarse float32 udp": 3072,
      "SC@fine,coarse uint8 tcp": 768,
      "SC@fine,coarse uint8 udp": 768,
    });
    const [local, exact] = ["LC", "SC@fine,coarse float32 udp"].map((id) => designs.find((one) => one.id === id)!);
    expect(exact!.segments.map(({ from, to }) => [from, to])).toEqual([
      [["x"], ["fine", "coarse"]],
      [["fine", "coarse"], ["scores"]],
    ]);
    // float32 changes nothing, so that without losses the answers are the whole model's own.
    expect(exact!.quality).toEqual(local!.quality);
    expect(exact!.parts.encode).toBeGreaterThan(0);
    const lossy = sweep.find(({ loss }) => loss === 0.2)!.designs.find(({ id }) => id === exact!.id)!;
    // Three datagrams, one with values of both: frames have holes in either, few are without an answer.
    expect(lossy.framesLost).toBeLessThan(30);
    const { agreement } = lossy.quality;
    expect(agreement!.value).toBeLessThan(1);
    expect(agreement!.value).toBeGreaterThan(0.25);
  });

  test("is deployed: both tensors with their codecs in the manifest, and files that give the whole model's outputs", async () => {
    await design(await written("only.yaml", ["scenarios: [LC, SC]", "scenarios: [SC], codecs: [uint8]"]), "only");
    const folder = join(at("only"), "bundle");
    const { segments, crossings, proof } = await readDeployment(folder);
    expect(
      segments.map(({ inputs, outputs }) => [inputs, outputs].map((ports) => ports.map((one) => one.tensor))),
    ).toEqual([
      [["x"], ["fine", "coarse"]],
      [["fine", "coarse"], ["scores"]],
    ]);
    expect(crossings).toMatchObject([
      {
        carries: [
          { tensor: "fine", shape: [1, 8, 8, 8], codec: { kind: "uint8" }, concealment: { kind: "neighbours" } },
          { tensor: "coarse", shape: [1, 16, 4, 4], codec: { kind: "uint8" }, concealment: { kind: "neighbours" } },
        ],
        mostBytes: 768,
      },
    ]);
    expect(proof).toMatchObject({ exact: true, against: "model", replay: { images: 40, same: 40 } });
    const random = randomStream(1, "fed");
    const feeds = {
      x: float32(
        [3, 3, 32, 32],
        Float32Array.from({ length: 3 * 3 * 32 * 32 }, () => random.normal()),
      ),
    };
    const files = segments.map(({ file }) => join(folder, file));
    const { scores } = await runChain(engine, files, ["scores"], feeds);
    const { scores: whole } = await runChain(engine, [serialiseModel(pyramid)], ["scores"], feeds);
    expect(largestDifference(scores!, whole!)).toBe(0);
  });
});

test("what is captured crosses too where the model reads it again behind the cut", async () => {
  const shortcut = buildModel((g) => {
    g.input("x", "float32", ["batch", 3, 32, 32]);
    const low = g.opAs("low", "Tanh", [conv(g, "x", "down", 3, 2)]);
    const both = g.opAs("both", "Concat", ["x", conv(g, low, "up", 2, 8)], { axis: { int: 1 } });
    linear(g, g.opAs("flat", "Flatten", [both]), "scores", 11 * 1024, 4);
    g.output("scores", "float32", ["batch", 4]);
  });
  await writeFile(at("residual.onnx"), serialiseModel(shortcut));
  const name = await written(
    "residual.yaml",
    ["pyramid.onnx", "residual.onnx"],
    ["[[coarse, fine]]", "[[low, x]]"],
    ["[LC, SC]", "[SC], codecs: [float32], transports: [udp]"],
    ["{ compression: 16 }", ""],
  );
  const { designs } = await design(name, "residual");
  const [one] = designs;
  expect([one!.id, one!.bytes, one!.quality["agreement"]!.value]).toEqual(["SC@x,low float32 udp", 4 * 5120, 1]);
  const { segments, crossings, proof } = await readDeployment(join(at("residual"), "bundle"));
  expect(
    segments.map(({ inputs, outputs }) => [inputs, outputs].map((ports) => ports.map((port) => port.tensor))),
  ).toEqual([
    [["x"], ["low"]],
    [["x", "low"], ["scores"]],
  ]);
  expect(crossings[0]!.carries.map(({ tensor }) => tensor)).toEqual(["x", "low"]);
  expect(proof).toMatchObject({ exact: true, replay: { images: 40, same: 40 } });
});

test("a host's profile holds their times, and a study takes them from it", async () => {
  const file = at("sensor.json");
  const flags = ["--at", '"coarse,fine"', "--bottlenecks", "16"];
  const profile = await json<{ works: Record<string, unknown> }>(
    "profile",
    at("pyramid.onnx"),
    "--out",
    file,
    ...flags,
  );
  expect(
    Object.keys(profile.works)
      .filter((work) => !work.endsWith("@x"))
      .toSorted(),
  ).toEqual(
    [
      "whole",
      ...[
        "head",
        "tail",
        ...["float32", "float16", "uint8"].flatMap((codec) =>
          [codec, `${codec} interleaved`].flatMap((one) => [`encode ${one}`, `decode ${one}`]),
        ),
      ].map((work) => `${work}@fine,coarse`),
    ].toSorted(),
  );
  const times = { seconds: 0.011, lo: 0.011, hi: 0.011, n: 50 };
  // No head takes longer than the whole.
  profile.works["whole"] = { ...times, seconds: 0.03, lo: 0.03, hi: 0.03 };
  profile.works["head@fine,coarse"] = times;
  profile.works["encode uint8@fine,coarse"] = { ...times, seconds: 0.002, lo: 0.002, hi: 0.002 };
  const { works, leftOut: _left, doubts: _doubts, ...rest } = profile as Record<string, unknown> & typeof profile;
  await writeFile(file, JSON.stringify({ ...rest, works }));
  const study = await written("profiled.yaml", ["{ speed: 1/60 }", "{ profile: sensor.json }"]);
  const { designs } = await design(study, "profiled");
  expect(designs.find(({ id }) => id === "SC@fine,coarse uint8 tcp")!.parts).toMatchObject({
    head: expect.closeTo(0.011, 9) as number,
    encode: expect.closeTo(0.002, 9) as number,
  });
  expect(await mistake("profile", at("pyramid.onnx"), "--out", file, "--at", '"fine,sum"')).toMatch(
    /^error --at: of "fine", "sum" "fine" is superfluous/,
  );
});

test("an optimum of two tensors becomes a design", async () => {
  const name = await written(
    "added.yaml",
    ["[[coarse, fine]]", "[stem]"],
    ["{ compression: 16 }", ""],
    ["[LC, SC]", "[SC]"],
  );
  const { optimum, designs } = await design(name, "added");
  expect(optimum).toMatchObject({ best: { kind: "SC", cut: "fine,coarse", codec: "uint8" }, added: true });
  expect(optimum!.designs.toSorted()).toEqual(["SC@fine,coarse uint8 tcp", "SC@fine,coarse uint8 udp"]);
  expect(designs).toHaveLength(8);
});

describe("what is no cut is refused, with what would be one", () => {
  test.each([
    ["fine", '"fine" is no legal cut: "stem" is missing; expected [stem, fine]'],
    [
      "[fine, fine/tanh]",
      '"fine/tanh", "fine" are no cut: "stem" is missing, "fine/tanh" is superfluous; expected [stem, fine]',
    ],
    ["[fine, coarse, stem]", 'of "stem", "fine", "coarse" "stem" is superfluous: nothing behind the cut reads it'],
    ["[fine, coarse/tanh, sum]", "superfluous"],
    ["[fine, corse]", 'the model has no tensor "corse"; did you mean "coarse"?; `sei inspect --cuts` lists them'],
    ["'fine,coarse'", '"fine,coarse" is no tensor; expected a list for a cut of several, [fine, coarse]'],
    ["[fine, coarse], [coarse, fine]", "[coarse, fine] is the same cut as one before it"],
    ["[fine, fine]", "expected no repetition"],
    ["[]", "explore.candidates[0]: expected a tensor's name, or a list of names for a cut of several, got []"],
    ["3", "explore.candidates[0]: expected a tensor's name, or a list of names for a cut of several, got 3"],
  ])("%s", async (cut, message) => {
    const name = await written("wrong.yaml", ["[[coarse, fine]]", `[${cut}]`]);
    const words = await mistake("check", at(name));
    expect(words).toContain(message);
  });
});
