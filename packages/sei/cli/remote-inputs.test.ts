/** @file RC of data that are no pictures: the model's input as a tensor, from the study to the bundle. */
import { serialiseModel } from "@split-et-impera/core/onnx";
import { randomStream } from "@split-et-impera/core/random";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { buildModel } from "../../core/testing/models.ts";
import { linear } from "../../core/testing/networks.ts";
import { readDeployment } from "../deploy/index.ts";
import { npyOf } from "../data/testing/npy.ts";
import { at, design, json, mistake, said, sei, useFolder } from "./testing/harness.ts";

useFolder();

/** Values of a sample: more than one datagram of float32. */
const features = 600;

const study = `
name: Sensor
model: sensor.onnx
data: { format: npy, path: readings, limit: { test: 40, train: 40 } }
hosts: { sensor: { speed: 1/20 }, server: {} }
links: [{ between: [sensor, server], rate: 1 Mbit/s, delay: 5 ms }]
frames: { rate: 5 fps, count: 80 }
requirements: [latency median <= 2 s]
explore: { candidates: [hidden], bottlenecks: [], losses: [0 %, 20 %] }
`;

beforeAll(async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", ["batch", features]);
    linear(g, g.opAs("hidden", "Relu", [linear(g, "x", "first", features, 300)]), "scores", 300, 3);
    g.output("scores", "float32", ["batch", 3]);
  });
  await writeFile(at("sensor.onnx"), serialiseModel(model));
  await mkdir(at("readings"));
  const random = randomStream(5, "readings");
  for (const split of ["train", "test"]) {
    const x = Float32Array.from({ length: 40 * features }, () => 2 * random.normal() - 1);
    const y = Uint8Array.from({ length: 40 }, () => random.integer(3));
    await writeFile(at(`readings/x_${split}.npy`), npyOf("<f4", [40, features], new Uint8Array(x.buffer)));
    await writeFile(at(`readings/y_${split}.npy`), npyOf("|u1", [40], y));
  }
  await writeFile(at("sensor.yaml"), study);
  await writeFile(at("all.yaml"), study.replace("explore: {", "explore: { inputs: [float16, float32, uint8],"));
});

describe("data that are no pictures", () => {
  test("check says what is usual for them", async () => {
    expect(await sei("check", at("sensor.yaml")), said.stderr).toBe(0);
    expect(said.stdout).toContain("(value - [0]) / [1]");
    expect(said.stdout).toContain("inputs float32, uint8\n");
  });

  test("pictures are refused in words, by check and by design alike", async () => {
    await writeFile(at("raw.yaml"), study.replace("explore: {", "explore: { inputs: [raw, float32, jpeg 80],"));
    const words =
      /explore\.inputs: raw, jpeg are for 8-bit pictures, but .* expected float32, float16, bfloat16, .* or rans1/;
    expect(await mistake("check", at("raw.yaml"))).toMatch(words);
    expect(await mistake("design", at("raw.yaml"), "--out", at("never"))).toMatch(words);
    await writeFile(at("local.yaml"), study.replace("explore: {", "explore: { inputs: [raw], scenarios: [LC, SC],"));
    expect(await sei("check", at("local.yaml")), said.stderr).toBe(0);
  });

  test("float32 and uint8 where the study does not say, as the optimum has it", async () => {
    const { study, designs, optimum } = await design("sensor.yaml", "usual");
    expect(study.explore.inputs).toEqual([{ format: "float32" }, { format: "uint8" }]);
    const remote = designs
      .filter(({ kind }) => kind === "RC")
      .map(({ id }) => id)
      .toSorted();
    expect(remote).toEqual(["RC float32 tcp", "RC float32 udp", "RC uint8 tcp", "RC uint8 udp"]);
    const priced = optimum!.placements.filter(({ kind }) => kind === "RC");
    const [cheap, dear] = priced;
    expect([cheap?.codec, dear?.codec]).toEqual(["uint8", "float32"]);
    expect(dear!.seconds - cheap!.seconds).toBeGreaterThan((8 * 3 * features) / 1e6);
    expect((optimum!.leftOut ?? []).filter(({ because }) => because === "coding")).toEqual([]);
  });

  test("bytes, answers, times and the losses of each", async () => {
    const { designs, sweep } = await design("all.yaml", "all");
    const one = (id: string) => designs.find((found) => found.id === id)!;
    expect(["float32", "float16", "uint8"].map((codec) => one(`RC ${codec} udp`).bytes)).toEqual([2400, 1200, 600]);
    expect(one("RC float32 udp").quality).toEqual(one("LC").quality);
    for (const codec of ["float32", "float16", "uint8"]) {
      const { parts } = one(`RC ${codec} udp`);
      expect(parts.encode).toBeGreaterThan(0);
      expect(parts.decode).toBeGreaterThan(0);
    }
    // A hole is concealed: a frame of two datagrams is without an answer only where both are lost, or the answer is.
    const lossy = sweep.find(({ loss }) => loss === 0.2)!.designs.find(({ id }) => id === "RC float32 udp")!;
    expect(lossy.framesLost).toBeGreaterThan(0);
    expect(lossy.framesLost).toBeLessThan(80 * 0.4);
  });

  test("the bundle says how the input crosses, and its files were replayed", async () => {
    const only = study.replace("explore: {", "explore: { inputs: [uint8], scenarios: [RC],");
    await writeFile(at("only.yaml"), only);
    await design("only.yaml", "only");
    const { crossings, proof } = await readDeployment(join(at("only"), "bundle"));
    expect(crossings).toMatchObject([
      { after: -1, carries: [{ tensor: "x", shape: [1, features], codec: { kind: "uint8" } }], mostBytes: features },
    ]);
    expect(proof).toMatchObject({ exact: true, replay: { images: 40, same: 40 } });
  });
});

test("pictures too can go as tensors", async () => {
  const text = (await readFile(at("study.yaml"), "utf8"))
    .replace("inputs: [raw, png]", "inputs: [raw, uint8]")
    .replace(/bottlenecks: .*\n/, "bottlenecks: []\n");
  await writeFile(at("pictures.yaml"), text);
  const { designs } = await design("pictures.yaml", "pictures");
  const sent = designs.filter(({ id }) => /^RC .* tcp$/.test(id)).map(({ id, bytes }) => [id, bytes]);
  expect(sent).toEqual([
    ["RC raw tcp", 3072],
    ["RC uint8 tcp", 3072],
  ]);
  expect((await json<{ explore: object }>("check", at("pictures.yaml"))).explore).toMatchObject({
    inputs: [{ format: "raw" }, { format: "uint8" }],
  });
});
