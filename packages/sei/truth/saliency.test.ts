/** @file Cumulative Saliency curves: against another framework in float64, and against what they were. */
import { inspectModel } from "@split-et-impera/core/onnx";
import { classAim, saliencyCurve, type Curve, type JudgedBatch } from "@split-et-impera/core/saliency";
import { engine } from "@split-et-impera/ort";
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { labelOf, openData, type Dataset } from "../data/index.ts";
import { readModel } from "../model/index.ts";
import { cifar10, needs, shared } from "./testing/shared.ts";

async function curveOf(file: string, data: Dataset, target: "label" | "predicted"): Promise<Curve> {
  const inspection = await inspectModel(await readModel(file), engine);
  const batches = Array.from({ length: Math.ceil(data.count / 50) }, (_, k): JudgedBatch => {
    const indices = Array.from({ length: Math.min(50, data.count - 50 * k) }, (_, i) => 50 * k + i);
    return { feeds: { [inspection.input.name]: data.batch(indices) }, truths: indices.map((i) => labelOf(data, i)) };
  });
  return saliencyCurve(engine, inspection, batches, classAim(inspection, data.classes, target));
}

interface Truth {
  images: number;
  accuracy: number;
  curves: Record<"label" | "predicted", { tensor: string; cs: number; cs_std: number }[]>;
}

describe("agreement with another framework in float64", () => {
  it.for(["label", "predicted"] as const)("class by %s: within 1e-3 at every layer", async (target, context) => {
    const model = "models/vgg16-cifar10.onnx";
    needs(context, "truth/saliency/vgg16-cifar10.json", model, "data/cifar-10-batches-bin");
    const truth = JSON.parse(readFileSync(`${shared}truth/saliency/vgg16-cifar10.json`, "utf8")) as Truth;
    const { points, quality } = await curveOf(shared + model, await cifar10(truth.images), target);
    expect(quality["accuracy"]!.value).toBeCloseTo(truth.accuracy, 6);
    const found = new Map(points.map((point) => [point.tensor, point]));
    const expected = truth.curves[target];
    expect(points).toHaveLength(expected.length);
    for (const { tensor, cs, cs_std } of expected) {
      const point = found.get(tensor)!;
      expect(Math.abs(point.cs / cs - 1), tensor).toBeLessThanOrEqual(1e-3);
      // The interval's half width, 1.96 standard errors.
      const deviation = ((point.hi - point.cs) / 1.959964) * Math.sqrt(truth.images);
      expect(Math.abs(deviation / cs_std - 1), tensor).toBeLessThan(1e-2);
    }
  });
});

/** What a fixture in `curves/` keeps: the curve by label over the first images, its points in order. */
interface Kept {
  model: string;
  images: number;
  right: number;
  points: { tensor: string; cs: number; candidate: boolean }[];
}

/** A curve against the one that is kept; the first time, and where it changed, the new one is written beside it. */
async function compare(name: string, curve: Curve): Promise<void> {
  const found: Kept = {
    model: name,
    images: curve.images,
    right: Math.round(curve.quality["accuracy"]!.value * curve.images),
    points: curve.points.map(({ tensor, cs, candidate }) => ({ tensor, cs: Number(cs.toPrecision(7)), candidate })),
  };
  const file = (suffix: string): string => fileURLToPath(new URL(`curves/${name}${suffix}.json`, import.meta.url));
  const kept = existsSync(file("")) ? (JSON.parse(readFileSync(file(""), "utf8")) as Kept) : undefined;
  try {
    const { points, ...rest } = found;
    expect(kept).toMatchObject(rest);
    expect(points.map(({ tensor, candidate }) => ({ tensor, candidate }))).toEqual(
      kept!.points.map(({ tensor, candidate }) => ({ tensor, candidate })),
    );
    points.forEach(({ tensor, cs }, i) => expect(Math.abs(cs / kept!.points[i]!.cs - 1), tensor).toBeLessThan(1e-4));
  } catch (error) {
    await writeFile(file("-changed"), `${JSON.stringify(found, undefined, 2)}\n`);
    throw error;
  }
}

describe("the curves over 20 images are what they were", () => {
  it.for(["vgg16-cifar10", "resnet20-cifar10"])("%s", async (name, context) => {
    needs(context, `models/${name}.onnx`, "data/cifar-10-batches-bin");
    const data = await cifar10(20);
    await compare(name, await curveOf(`${shared}models/${name}.onnx`, data, "label"));
  });

  it("the network of the conveyor, which is part of the repository", async () => {
    const normalise = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };
    const data = await openData(
      { format: "conveyor", normalise, layout: "NCHW", limit: { test: 20, train: 1 } },
      "test",
    );
    const model = fileURLToPath(new URL("../../../examples/conveyor/parts.onnx", import.meta.url));
    await compare("conveyor", await curveOf(model, data, "label"));
  });
});
