/** @file Models built as torchvision's and transformers' exports are: inspected, split and studied without data or labels. */
import { serialiseModel, type ModelProto } from "@split-et-impera/core/onnx";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { twoInputNetwork, unetNetwork } from "../../core/testing/networks.ts";
import {
  byteNetwork,
  controlFlow,
  dequantisedNetwork,
  indifferentNetwork,
  manyHeads,
  maskedEncoder,
  twoStageDetector,
  videoNetwork,
} from "../../core/testing/structures.ts";
import { readDeployment } from "../deploy/index.ts";
import { at, design, json, mistake, said, sei, useFolder } from "./testing/harness.ts";

useFolder();

const study = (name: string, model: string, bottlenecks = "[]"): string => `
name: ${name}
model: ${model}
data: { format: random, limit: { test: 6, train: 6 } }
hosts: { camera: { speed: 1/20 }, server: {} }
links: [{ between: [camera, server], rate: 1 Mbit/s, delay: 5 ms }]
frames: { rate: 5 fps, count: 20 }
requirements: [latency median <= 2 s]
explore: { bottlenecks: ${bottlenecks}, losses: [0 %], transports: [tcp] }
`;

interface Case {
  model: () => ModelProto;
  /** What the study says of the model beside its file. */
  options?: string;
  /** The cut at which it is split by hand. */
  at: string;
  /** What the study says of its task. */
  task?: string;
  /** To be tried. */
  bottlenecks?: string;
  /** What is said of it. */
  warns?: RegExp;
}

const cases: Record<string, Case> = {
  detector: {
    model: twoStageDetector,
    at: "low",
    bottlenecks: "[{ compression: 4, epochs: { frozen: 1 }, batch: 4 }]",
    warns: /NonMaxSuppression.* more or fewer numbers from image to image/,
  },
  video: { model: videoNetwork, at: "one" },
  encoder: { model: maskedEncoder, at: "layer0,attention_mask" },
  segmentation: { model: unetNetwork, at: "b" },
  dequantised: { model: dequantisedNetwork, at: "one.quantised" },
  bytes: { model: byteNetwork, at: "one.bytes" },
  heads: {
    model: manyHeads,
    options: "shapes: { image: [1, 3, 16, 16] }",
    at: "Gather_4,Gather_2,early",
    warns: /of 4 outputs the answer is the first that fits, "out"; task\.output names another, task\.outputs several/,
  },
  together: {
    model: manyHeads,
    options: "shapes: { image: [1, 3, 16, 16] }",
    at: "Gather_4,Gather_2,early",
    task: "{ kind: agreement, outputs: all }",
  },
  control: {
    model: controlFlow,
    at: "seen",
    warns: /no saliency: Scan "last" has no gradient: .*; the split is the best/,
  },
  indifferent: {
    model: indifferentNetwork,
    at: "low",
    warns:
      /saliency proposes no cut: it is 0 everywhere, so that over 6 samples no tensor changes the answer; the split/,
  },
  two: { model: twoInputNetwork, at: "seen,pose" },
};

test.each(Object.entries(cases))("%s", async (name, { model, options, bottlenecks, at: cut, task, warns }) => {
  const file = `${name}.onnx`;
  await writeFile(at(file), serialiseModel(model()));
  const shape = options ? ["--shape", "image=1x3x16x16"] : [];
  expect(await sei("inspect", at(file), "--cuts", ...shape), said.stderr).toBe(0);
  expect(await sei("split", at(file), "--at", cut, "--out", at(`${name}-split`), ...shape), said.stderr).toBe(0);
  const asked = study(name, options ? `{ path: ${file}, ${options} }` : file, bottlenecks);
  await writeFile(at(`${name}.yaml`), asked + (task ? `task: ${task}\n` : ""));
  expect(await sei("check", at(`${name}.yaml`)), said.stderr).toBe(0);
  expect(said.stdout).not.toContain("pixel");
  const { designs, whole, optimum } = await design(`${name}.yaml`, name);
  // What is added up knows how large answers are: a mask of 2 x 16 x 16 takes as long as the picture.
  const added = optimum!.placements.find(({ kind }) => kind === "RC")!;
  if (name === "segmentation") expect(added.seconds).toBeGreaterThan((8 * 4 * 2 * 16 * 16) / 1e6 + 0.01);
  // Of whole numbers every codec sends the same, and of noise nobody is told how pixels are scaled.
  const remote = designs.filter(({ kind }) => kind === "RC").map(({ id }) => id);
  expect(remote).toEqual(name === "encoder" ? ["RC float32 tcp"] : expect.arrayContaining(["RC uint8 tcp"]));
  if (warns) expect(said.stderr).toMatch(warns);
  // The unchanged model agrees with itself, and so does a split that sends all bits.
  expect(whole.quality["agreement"]!.value).toBe(1);
  // Where several outputs are compared, each has a figure, in every design too, and the least of a sample counts.
  const figures = ["agreement", ...(task ? [1, 2, 3, 4].map((i) => `agreement-${i}`) : [])];
  for (const { quality } of [whole, ...designs]) expect(Object.keys(quality)).toEqual(figures);
  for (const { clean } of designs)
    for (const one of figures) expect(clean[one]!.value).toBeGreaterThanOrEqual(clean["agreement"]!.value);
  expect(new Set(designs.map(({ kind }) => kind))).toEqual(new Set(["LC", "RC", "SC"]));
  for (const { id, clean } of designs)
    if (id.includes("float32") && !id.includes("x tcp")) expect(clean["agreement"]!.value, id).toBe(1);
  const { proof } = await readDeployment(join(at(name), "bundle"));
  expect(proof.replay.same).toBe(proof.replay.images);
});

test("what a quantised model sends is a byte for each number, whatever the codec", async () => {
  await writeFile(
    at("named.yaml"),
    study("named", "bytes.onnx").replace("losses: [0 %]", "losses: [0 %], candidates: [one.bytes]"),
  );
  const { designs } = await design("named.yaml", "named");
  const split = designs.filter(({ id }) => id.startsWith("SC@one.bytes"));
  expect(split.map(({ bytes }) => bytes)).toEqual(split.map(() => 4 * 64));
  expect(split.every(({ clean }) => clean["agreement"]!.value === 1)).toBe(true);
});

test("what decides how many boxes there are cannot be sent, and is named", async () => {
  await writeFile(
    at("boxes.yaml"),
    study("boxes", "detector.onnx").replace("losses: [0 %]", "losses: [0 %], candidates: [NonMaxSuppression]"),
  );
  expect(await mistake("check", at("boxes.yaml"))).toMatch(/NonMaxSuppression/);
  const { inputs } = await json<{ inputs: unknown[] }>("inspect", at("detector.onnx"), "--json");
  expect(inputs).toHaveLength(1);
});

test("sizes that nobody gave are asked for before anything is run", async () => {
  await writeFile(at("open.yaml"), study("open", "heads.onnx"));
  expect(await mistake("design", at("open.yaml"))).toMatch(
    /"image" leaves dimension 2 open; give its shape, such as image=/,
  );
});
