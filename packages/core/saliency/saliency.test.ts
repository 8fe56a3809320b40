/** @file The Cumulative Saliency curve: against hand-computed values, and at its edges. */
import { describe, expect, it } from "vitest";
import { engine } from "../testing/engine.ts";
import { indexGraph, inspectModel, inspectSurvey, type GraphBuilder, type ModelProto } from "../onnx/index.ts";
import { float32, rows } from "../tensor/index.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";
import { conv, linear, residualNetwork } from "../testing/networks.ts";
import { layerOutputs, logitsTensor, saliencyCurve, strictMaxima, type Curve, type LabelledBatch } from "./index.ts";

/** Channels 2x and 3x of a 2 x 2 image x; class k's logit is `own` times the mean of channel k. */
function byHand(own: number, end?: "Softmax" | "LogSoftmax"): ModelProto {
  return buildModel((g) => {
    g.input("x", "float32", ["batch", 1, 2, 2]);
    g.initialiser("kernel", float32([2, 1, 1, 1], [2, 3]));
    g.opAs("conv", "Conv", ["x", "kernel"], { kernel_shape: { ints: [1, 1] } });
    g.opAs("mean", "GlobalAveragePool", ["conv"]);
    g.initialiser("w", float32([2, 2], [own, 0, 0, own]));
    g.opAs("logits", "MatMul", [g.op("Flatten", ["mean"]), "w"]);
    if (end) g.opAs("y", end, ["logits"], { axis: { int: 1 } });
    g.output(end ? "y" : "logits");
  });
}

async function curveOf(
  model: ModelProto,
  batches: LabelledBatch[],
  target: "label" | "predicted" = "label",
): Promise<Curve> {
  return saliencyCurve(engine, await inspectModel(model, engine), batches, target);
}

const image = float32([1, 1, 2, 2], [1, 2, 3, 4]);
const cs = ({ points }: Curve): Record<string, number> =>
  Object.fromEntries(points.map(({ tensor, cs }) => [tensor, cs]));

describe("a model computed by hand", () => {
  // At conv dy/dA = own / 4 at every position of the class's channel, so the map is (own / 4) (c x) / 2 channels, and
  // its mean with a mean of x of 2.5 is own c 2.5 / 8. At mean dy/dA = own and A = 2.5 c: own c 2.5 / 2.
  it.each([
    [0, 2],
    [1, 3],
  ])("class %i", async (label, channel) => {
    const found = cs(await curveOf(byHand(1), [{ input: image, labels: [label] }]));
    expect(found["conv"]).toBeCloseTo((channel * 2.5) / 8, 6);
    expect(found["mean"]).toBeCloseTo((channel * 2.5) / 2, 6);
  });

  it("the predicted class is the arg-max, which is class 1", async () => {
    const predicted = await curveOf(byHand(1), [{ input: image, labels: [0] }], "predicted");
    expect(cs(predicted)["conv"]).toBeCloseTo((3 * 2.5) / 8, 6);
    expect(predicted.accuracy).toBe(0);
  });

  it("negative evidence is cut off", async () => {
    expect(cs(await curveOf(byHand(-1), [{ input: image, labels: [0] }]))).toEqual({ conv: 0, mean: 0 });
  });

  it.each(["Softmax", "LogSoftmax"] as const)("a final %s is passed over: the logit counts", async (end) => {
    const model = byHand(1, end);
    expect(logitsTensor(await inspectModel(model, engine))).toBe("logits");
    expect(cs(await curveOf(model, [{ input: image, labels: [1] }]))["conv"]).toBeCloseTo((3 * 2.5) / 8, 6);
  });

  it("the interval is that of a mean over images", async () => {
    // s = 0.625 and, for twice the image, 1.25.
    const twice = float32([1, 1, 2, 2], [2, 4, 6, 8]);
    const both = [
      { input: image, labels: [0] },
      { input: twice, labels: [0] },
    ];
    const [{ cs, lo, hi } = { cs: 0, lo: 0, hi: 0 }] = (await curveOf(byHand(1), both)).points;
    expect(cs).toBeCloseTo(0.9375, 6);
    // Deviation 0.3125 sqrt 2, over sqrt 2 images.
    const half = 1.959964 * 0.3125;
    expect([lo, hi]).toEqual([expect.closeTo(0.9375 - half, 5), expect.closeTo(0.9375 + half, 5)]);
  });
});

describe("the curve", () => {
  const input = randomTensor([12, 3, 8, 8], "images");
  const labels = Array.from({ length: 12 }, (_, i) => i % 4);
  const batches = (size: number): LabelledBatch[] =>
    Array.from({ length: Math.ceil(12 / size) }, (_, i) => ({
      input: rows(input, i * size, Math.min(12, (i + 1) * size)),
      labels: labels.slice(i * size, (i + 1) * size),
    }));

  it("does not depend on the batch size", async () => {
    const whole = await curveOf(residualNetwork(), batches(12));
    expect(whole.images).toBe(12);
    for (const size of [1, 5]) {
      const parts = await curveOf(residualNetwork(), batches(size));
      expect(parts.accuracy).toBe(whole.accuracy);
      for (const [i, { tensor, cs }] of parts.points.entries()) {
        expect(Math.abs(cs / whole.points[i]!.cs - 1), tensor).toBeLessThan(1e-5);
      }
    }
  });

  it("over a subset of the classes is that of their images", async () => {
    const ofClass = (label: number): LabelledBatch[] => batches(1).filter(({ labels }) => labels[0] === label);
    const alone = await Promise.all(
      [0, 1, 2, 3].map(async (label) => cs(await curveOf(residualNetwork(), ofClass(label)))),
    );
    const together = cs(await curveOf(residualNetwork(), batches(12)));
    for (const [tensor, value] of Object.entries(together)) {
      const mean = alone.reduce((sum, one) => sum + one[tensor]!, 0) / 4;
      expect(mean / value).toBeCloseTo(1, 4);
    }
    expect(alone[0]).not.toEqual(alone[1]);
  });

  it("has a point for every 4-D tensor, says which are legal, and chooses among layers' outputs", async () => {
    const { points } = await curveOf(residualNetwork(), batches(12));
    expect(points.map(({ tensor, legal }) => `${tensor}${legal ? "" : " |"}`)).toEqual([
      "stem",
      "relu1",
      "conv2 |",
      "relu2 |",
      "conv3 |",
      "sum",
      "relu3",
      "pool",
    ]);
    const candidates = points.filter(({ candidate }) => candidate).map(({ tensor }) => tensor);
    expect(candidates.length).toBeGreaterThan(0);
    // stem and sum are finished by their activations.
    for (const tensor of candidates) expect(["relu1", "relu3", "pool"]).toContain(tensor);
  });

  it("with a fixed batch of 1 is the same", async () => {
    const free = await curveOf(residualNetwork(), batches(1));
    const fixed = await curveOf(residualNetwork({ batch: 1 }), batches(1));
    for (const [i, { cs }] of fixed.points.entries()) expect(cs / free.points[i]!.cs).toBeCloseTo(1, 5);
  });

  it("takes a model whose tensors are called label, saliency, map and features", async () => {
    const model = buildModel((g) => {
      g.input("label", "float32", ["batch", 3, 8, 8]);
      conv(g, "label", "saliency", 3, 2);
      g.opAs("map", "Relu", ["saliency"]);
      linear(g, g.opAs("features", "Flatten", ["map"]), "scores", 128, 4);
      g.output("scores");
    });
    expect((await curveOf(model, batches(12))).points).toHaveLength(2);
  });
});

describe("errors", () => {
  const one = [{ input: randomTensor([1, 3, 8, 8], "one"), labels: [0] }];

  it("a model without feature maps says so", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 3, 8, 8]);
      linear(g, g.op("Flatten", ["x"]), "y", 192, 4);
      g.output("y");
    });
    await expect(curveOf(model, one)).rejects.toThrow(/no tensor \[batch, channels, height, width\] before its output/);
  });

  it.each<[string, (g: Parameters<Parameters<typeof buildModel>[0]>[0]) => void, RegExp]>([
    ["feature maps", (g) => g.output("c"), /"c" has the shape \[2, 4, 8, 8\]; expected class scores/],
    ["a single number", (g) => g.output(linear(g, g.op("Flatten", ["c"]), "y", 256, 1)), /"y" has the shape/],
    [
      "labels instead of scores",
      (g) => {
        g.opAs("y", "ArgMax", [linear(g, g.op("Flatten", ["c"]), "l", 256, 4)], { axis: { int: 1 } });
        g.output("y", "int64");
      },
      /"y" has the shape \[2, 1\]/,
    ],
    [
      "a mean over the batch",
      (g) => {
        const l = linear(g, g.op("Flatten", ["c"]), "l", 256, 4);
        g.opAs("y", "ReduceMean", [l], { axes: { ints: [0] }, keepdims: { int: 1 } });
        g.output("y");
      },
      /"y" has the shape \[1, 4\]/,
    ],
  ])("an output of %s is refused", async (_, finish, message) => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 3, 8, 8]);
      conv(g, "x", "c", 3, 4);
      finish(g);
    });
    await expect(curveOf(model, one)).rejects.toThrow(message);
  });

  it("scores are found behind what only moves or retypes them, and chosen where there are several outputs", async () => {
    const build = (finish: (g: GraphBuilder, scores: string) => void) =>
      inspectModel(
        buildModel((g) => {
          g.input("x", "float32", ["batch", 3, 8, 8]);
          conv(g, "x", "c", 3, 4);
          finish(g, linear(g, g.op("Flatten", ["c"]), "l", 256, 4));
        }),
        engine,
      );
    const cast = (g: GraphBuilder, l: string): void => {
      const wide = g.op("Cast", [g.op("Softmax", [l], { axis: { int: 1 } })], { to: { int: 11 } });
      g.opAs("y", "Reshape", [wide, g.ints([0, 4])]);
      g.output("y", "float64");
    };
    expect(logitsTensor(await build(cast))).toBe("l");
    const two = (g: GraphBuilder, l: string): void => {
      g.output("c");
      g.output(l);
    };
    const found = await build(two);
    expect(() => logitsTensor(found)).toThrow(/"c" has the shape .*; the model's other outputs are l/);
    expect(logitsTensor(inspectSurvey(found, "l"))).toBe("l");
    expect(() => inspectSurvey(found, "z")).toThrow(/no output "z"; its outputs are c, l/);
  });

  it("NaN and infinite weights are noticed, behind a ReLU too", async () => {
    for (const [value, name] of [
      [Number.NaN, "stem.weight"],
      [Infinity, "stem.bias"],
      [Number.NaN, "logits.bias"],
    ] as const) {
      const model = residualNetwork();
      const proto = model.graph!.initializer.find((tensor) => tensor.name === name)!;
      const data = new Float32Array(new Uint8Array(proto.rawData).buffer);
      data[0] = value;
      proto.rawData = new Uint8Array(data.buffer);
      await expect(curveOf(model, one), name).rejects.toMatchObject({ code: "ERR_NOT_FINITE" });
    }
  });

  it("no image is an error", async () => {
    await expect(curveOf(residualNetwork(), [])).rejects.toMatchObject({ code: "ERR_DATA_EMPTY" });
  });
});

describe("strictMaxima", () => {
  const maxima = (values: number[], cost = values.map(() => 1)): number[] => strictMaxima(values, cost);

  it.each<[string, number[], number[]]>([
    ["nothing", [], []],
    ["a single layer", [1], [0]],
    ["a rise: the last", [1, 2, 3], [2]],
    ["a fall: the first", [3, 2, 1], [0]],
    ["both ends", [3, 1, 2], [0, 2]],
    ["peaks inside", [1, 3, 2, 5, 4], [1, 3]],
    ["a flat curve has none", [2, 2, 2], []],
    ["a plateau that falls on both sides is one place", [1, 3, 3, 2], [1]],
    ["a plateau on a slope is none", [1, 2, 2, 3], [3]],
    ["a plateau at the start", [3, 3, 1], [0]],
    ["a plateau at the end", [1, 3, 3], [1]],
    ["noise of single precision is flat", [1, 3, 3 * (1 + 1e-6), 2], [1]],
    ["zeros are no maxima", [0, 0, 0], []],
    ["zeros beside a peak", [0, 1, 0, 0], [1]],
    ["a single zero", [0], []],
  ])("%s", (_, values, expected) => {
    expect(maxima(values)).toEqual(expected);
  });

  it("of a plateau takes the cheapest, the first of several", () => {
    expect(maxima([1, 3, 3, 3, 2], [1, 9, 4, 4, 1])).toEqual([2]);
  });
});

it("layerOutputs: an activation is one layer with its operator, unless another layer reads between them", () => {
  const index = indexGraph(
    buildModel((g) => {
      g.input("x", "float32", ["batch", 3, 8, 8]);
      conv(g, "x", "a", 3, 3);
      g.opAs("ra", "Relu", ["a"]);
      conv(g, "ra", "b", 3, 3);
      g.opAs("rb", "Relu", ["b"]);
      g.opAs("s", "Add", ["rb", "b"]);
      g.output("s");
    }).graph!,
  );
  const legal = new Set(["a", "ra", "b"]);
  expect(layerOutputs(index, ["a", "ra", "b", "rb"], legal)).toEqual(["ra", "b"]);
});
