/** @file A model that takes one picture without a batch, from the command line: the same as with a batch of 1. */
import { conveyorClasses } from "@split-et-impera/core/conveyor";
import { parseModel, serialiseModel } from "@split-et-impera/core/onnx";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { buildModel } from "../../core/testing/models.ts";
import { conv, linear } from "../../core/testing/networks.ts";
import { at, design, json, model, said, sei, useFolder, variant } from "./testing/harness.ts";

useFolder();

/** The harness' network for [3, 32, 32], or for [1, 3, 32, 32]. */
const one = (alone: boolean): Uint8Array =>
  serialiseModel(
    buildModel((g) => {
      const pool = (x: string, name: string): string =>
        g.opAs(name, "MaxPool", [x], { kernel_shape: { ints: [4, 4] }, strides: { ints: [4, 4] } });
      g.input("image", "float32", alone ? [3, 32, 32] : [1, 3, 32, 32]);
      const x = alone ? g.unsqueeze("image", [0]) : "image";
      const first = pool(g.opAs("relu1", "Relu", [conv(g, x, "conv1", 3, 8)]), "pool1");
      const second = pool(g.opAs("relu2", "Relu", [conv(g, first, "conv2", 8, 16)]), "pool2");
      linear(g, g.opAs("flat", "Flatten", [second]), "scores", 64, conveyorClasses.length);
      g.output("scores", "float32", [1, conveyorClasses.length]);
    }),
  );

beforeAll(async () => {
  await model("alone.onnx", one(true));
  await model("one.onnx", one(false));
});

interface Curve {
  points: { tensor: string; cs: number }[];
}

describe("without a batch", () => {
  it("saliency: the same curve", async () => {
    const curve = async (file: string): Promise<Curve["points"]> =>
      (await json<Curve>("saliency", at(file), "--data", "conveyor", "--limit", "10")).points.map(({ tensor, cs }) => ({
        tensor,
        cs: Number(cs.toPrecision(5)),
      }));
    const found = await curve("alone.onnx");
    expect(found.map(({ tensor }) => tensor)).toContain("pool2");
    expect(found).toEqual(await curve("one.onnx"));
  });

  it("train: the same accuracy, and a file that takes what it took", async () => {
    const trained = (file: string): Promise<{ accuracy: { after: number } }> =>
      json("train", at(file), "--data", "conveyor", "--limit", "64", "--epochs", "2", "--out", at(`trained-${file}`));
    expect((await trained("alone.onnx")).accuracy).toEqual((await trained("one.onnx")).accuracy);
    const { graph } = parseModel(await readFile(at("trained-alone.onnx")));
    expect(graph!.input[0]!.type!.value).toMatchObject({ value: { shape: { dim: { length: 3 } } } });
  });

  it("check and design: the same designs, with a bundle that was replayed", async () => {
    const made = async (file: string) => {
      const study = await variant(`${file}.yaml`, ["tiny.onnx", file], ["count: 60", "count: 20"]);
      expect(await sei("check", at(study)), said.stderr).toBe(0);
      await rm(at("out"), { recursive: true, force: true });
      return design(study, "out");
    };
    const alone = await made("alone.onnx");
    expect(existsSync(at("out/bundle/manifest.json"))).toBe(true);
    const other = await made("one.onnx");
    const qualities = ({ designs }: typeof alone) =>
      Object.fromEntries(designs.map(({ id, quality }) => [id, quality]));
    expect(qualities(alone)).toEqual(qualities(other));
  });
});
