/** @file What a result keeps is enough to simulate its designs again: the same figures, to the last digit. */
import { simulatorOf, type DesignResult, type Result } from "@split-et-impera/core/design";
import { expect, it } from "vitest";
import { parseResult } from "../../result/index.ts";
import { at, design, said, useFolder } from "../../cli/testing/harness.ts";
import { readFile, writeFile } from "node:fs/promises";

useFolder();

const figures = ({ latency, parts, overload, deadlineMisses, framesLost, holes, bytes, throughput }: DesignResult) => ({
  latency,
  parts,
  overload,
  deadlineMisses,
  framesLost,
  holes,
  bytes,
  throughput,
});

async function again(name: string, study: string): Promise<Result> {
  await writeFile(at(name), study);
  await design(name, "out");
  expect(said.stderr).not.toContain("error");
  return parseResult("result.json", await readFile(at("out/result.json"), "utf8"));
}

const study = `
model: tiny.onnx
data: { format: conveyor, normalise: { mean: 0.5, std: 0.25 }, limit: { test: 24, train: 48 } }
hosts: { camera: { speed: 1/20 }, server: { speed: 2, decode: 1 ms } }
frames: { rate: 20 fps, count: 60 }
requirements: [latency p95 <= 60 ms]
explore:
  candidates: [pool1]
  codecs: [uint8, rans4]
  inputs: [raw, png]
  bottlenecks: []
  exits: { at: [pool1], epochs: 3, loss: 20 %, confidence: 60 % }
  protections: [none, xor 4]
  losses: [0 %]
`;

it.each([
  [
    "one loss both ways",
    "links: [{ between: [camera, server], rate: 10 Mbit/s, delay: 5 ms, loss: { rate: 3 %, burst: 2 } }]",
  ],
  [
    "another way back",
    "links: [{ between: [camera, server], rate: 4 Mbit/s, loss: 2 %, back: { rate: 1 Mbit/s, delay: 20 ms } }]",
  ],
])("every design, at every loss of the study: %s", async (_, links) => {
  const result = await again("again.yaml", study + links);
  const { simulate } = simulatorOf(result.basis!, result.study);
  expect(new Set(result.designs.map(({ kind }) => kind))).toEqual(new Set(["LC", "RC", "SC", "EE"]));
  for (const one of result.designs) {
    const found = simulate(one);
    expect([one.id, figures({ ...one, ...found })]).toEqual([one.id, figures(one)]);
    expect(found.throughputInterval).toEqual(one.throughputInterval);
    if (one.exited) expect(found.fallback).toBeCloseTo(one.exited.fallback.value, 12);
  }
  // The answers that differ are those that make the quality what it is.
  const { right, designs, images } = result.basis!;
  const mean = (name: string): number => {
    const all = Array.from({ length: images }, (_, i) => (typeof right === "number" ? right : right![i]!));
    const { differs } = designs[name]!;
    differs!.images.forEach((image, i) => (all[image] = differs!.right[i]!));
    return all.reduce((sum, one) => sum + one, 0) / images;
  };
  const split = result.designs.find(({ id }) => id.startsWith("SC@pool1 uint8"))!;
  expect(mean("SC@pool1 uint8")).toBeCloseTo(split.clean["accuracy"]!.value, 12);
});
