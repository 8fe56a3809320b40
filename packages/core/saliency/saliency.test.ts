/** @file The Cumulative Saliency curve: against hand-computed values, and at its edges. */
import { describe, expect, it } from "vitest";
import { engine } from "../testing/engine.ts";
import {
  type Inspection,
  extractModel,
  indexGraph,
  inspectModel,
  serialiseModel,
  valueInfo,
  type GraphBuilder,
  type ModelProto,
} from "../onnx/index.ts";
import { float32, rows, type Tensor } from "../tensor/index.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";
import { conv, linear, residualNetwork } from "../testing/networks.ts";
import { aimAt } from "../testing/scores.ts";
import { openTask } from "../task/index.ts";
import {
  aimOf,
  cheaperForm,
  classAim,
  layerOutputs,
  saliencyCurve,
  strictMaxima,
  type Curve,
  type JudgedBatch,
} from "./index.ts";

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
  tokens = false,
): Promise<Curve> {
  const inspection = await inspectModel(model, engine);
  const columns = inspection.output.shape[0]!;
  return saliencyCurve(
    engine,
    inspection,
    batches.map(judged(inspection)),
    aimAt(inspection, Math.max(2, columns), target),
    {
      tokens,
    },
  );
}

/** Images, with the index of each one's class. */
interface LabelledBatch {
  input: Tensor;
  labels: readonly number[];
}

const judged =
  ({ input: { name } }: Inspection) =>
  ({ input, labels }: LabelledBatch): JudgedBatch => ({ feeds: { [name]: input }, truths: labels });

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
    expect(predicted.quality["accuracy"]!.value).toBe(0);
  });

  it("negative evidence is cut off", async () => {
    expect(cs(await curveOf(byHand(-1), [{ input: image, labels: [0] }]))).toEqual({ conv: 0, mean: 0 });
  });

  it.each(["Softmax", "LogSoftmax"] as const)("a final %s is passed over: the logit counts", async (end) => {
    const model = byHand(1, end);
    expect(aimAt(await inspectModel(model, engine), 2).binding.scores).toBe("logits");
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
      expect(parts.quality["accuracy"]!.value).toBe(whole.quality["accuracy"]!.value);
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

  it("says of a quantised layer's candidate at which of its forms it is cut", async () => {
    const model = buildModel((g) => {
      g.input("image", "float32", ["batch", 3, 8, 8]);
      const [scale, zero] = [g.scalar(0.05), g.constant({ type: "uint8", dims: [], data: Uint8Array.of(0) })];
      conv(g, "image", "a", 3, 4);
      g.opAs("r", "Relu", ["a"]);
      g.opAs("q", "QuantizeLinear", ["r", scale, zero]);
      g.opAs("d", "DequantizeLinear", ["q", scale, zero]);
      linear(g, g.op("Flatten", ["d"]), "logits", 256, 4);
      g.output("logits");
    });
    const { points } = await curveOf(model, batches(12));
    const layer = points.filter(({ tensor }) => tensor === "r" || tensor === "d");
    expect(layer.map(({ candidate, sends }) => [candidate, sends])).toContainEqual([true, "q"]);
    for (const { candidate, sends } of points) if (!candidate) expect(sends).toBeUndefined();
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

describe("points", () => {
  const names = async (model: ModelProto, tokens = false): Promise<string[]> => {
    const inspection = await inspectModel(model, engine);
    const input = randomTensor([2, ...inspection.input.shape], "image");
    const { points } = await curveOf(model, [{ input, labels: [0, 1] }], "label", tokens);
    return points.map(({ tensor, candidate }) => `${tensor}${candidate ? " *" : ""}`);
  };

  it("with channels last have the values of the same tensor with channels first, and layouts make no candidates", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 3, 8, 8]);
      g.opAs("r", "Relu", [conv(g, "x", "c", 3, 6)]);
      g.opAs("last", "Transpose", ["r"], { perm: { ints: [0, 2, 3, 1] } });
      g.initialiser("w", randomTensor([6, 6], "w"));
      g.opAs("mixed", "MatMul", ["last", "w"]);
      g.initialiser("scale", randomTensor([6], "scale", 0.5, 1.5));
      g.opAs("norm", "LayerNormalization", ["mixed", "scale"], { axis: { int: -1 } });
      g.opAs("first", "Transpose", ["norm"], { perm: { ints: [0, 3, 1, 2] } });
      g.opAs("pool", "GlobalAveragePool", ["first"]);
      g.opAs("turned", "Transpose", ["pool"], { perm: { ints: [0, 2, 3, 1] } });
      linear(g, g.op("Flatten", ["turned"]), "y", 6, 4);
      g.output("y");
    });
    const input = randomTensor([2, 3, 8, 8], "image");
    const curve = await curveOf(model, [{ input, labels: [0, 1] }]);
    const found = cs(curve);
    for (const [one, other] of [
      ["r", "last"],
      ["norm", "first"],
      ["pool", "turned"],
    ] as const)
      expect(found[one]! / found[other]!, one).toBeCloseTo(1, 5);
    const layers = curve.points.filter(({ candidate }) => candidate).map(({ tensor }) => tensor);
    for (const tensor of layers) expect(["r", "first", "pool"]).toContain(tensor);
  });

  it("depend on the image's numbers and have one map per image", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 3, 4, 4]);
      const c = conv(g, "x", "c", 3, 2);
      // A mask of ones as large as the batch, and a map whose first dimension is 2 whatever the batch is.
      const ones = { value: { tensor: float32([1], [1]) } };
      g.opAs(
        "mask",
        "ConstantOfShape",
        [g.op("Concat", [g.sizes(c, [0]), g.ints([2, 4, 4])], { axis: { int: 0 } })],
        ones,
      );
      g.opAs("masked", "Mul", [c, "mask"]);
      g.opAs("halves", "Reshape", ["masked", g.ints([2, -1, 4, 4])]);
      g.opAs("whole", "ReduceMean", ["halves"], { axes: { ints: [0] }, keepdims: { int: 1 } });
      const own = g.op("GlobalAveragePool", ["masked"]);
      const all = g.reduceMean(g.op("Mul", ["whole", g.scalar(0)]), [0, 1, 2, 3], false);
      linear(g, g.op("Flatten", [g.op("Add", [own, all])]), "y", 2, 4);
      g.output("y");
    });
    expect(await names(model)).toEqual(["c", "masked", "GlobalAveragePool", "Add *"]);
  });

  it("of a transformer are its tokens too, where they are asked for", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 3, 8, 8]);
      g.initialiser("p", randomTensor([6, 3, 4, 4], "p"));
      g.opAs("patches", "Conv", ["x", "p"], { kernel_shape: { ints: [4, 4] }, strides: { ints: [4, 4] } });
      g.opAs("tokens", "Transpose", [g.reshape("patches", [0, 0, -1])], { perm: { ints: [0, 2, 1] } });
      g.initialiser("w", randomTensor([6, 6], "w"));
      g.opAs("query", "MatMul", ["tokens", "w"]);
      g.opAs("attention", "Softmax", [g.op("MatMul", ["query", g.transpose("query", [0, 2, 1])])], {
        axis: { int: -1 },
      });
      g.opAs("sum", "Add", ["tokens", g.op("MatMul", ["attention", "tokens"])]);
      linear(g, g.reduceMean("sum", [1], false), "y", 6, 4);
      g.output("y");
    });
    const input = randomTensor([2, 3, 8, 8], "image");
    const plain = await curveOf(model, [{ input, labels: [0, 1] }]);
    expect(plain.points.map(({ tensor }) => tensor)).toEqual(["patches"]);
    const asked = await curveOf(model, [{ input, labels: [0, 1] }], "label", true);
    const found = asked.points.map(({ tensor }) => tensor);
    expect(plain.tokens).toBe(found.length - 1);
    expect(found).toEqual(expect.arrayContaining(["patches", "tokens", "query", "sum"]));
    expect(found).not.toContain("attention");
    // A token is a position: the same numbers have the same value in either shape.
    expect(cs(asked)["tokens"]! / cs(asked)["patches"]!).toBeCloseTo(1, 5);
  });

  it("of a transformer are where layers end: not inside of a normalisation or activation that is written out", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 3, 8, 8]);
      g.initialiser("p", randomTensor([6, 3, 4, 4], "p"));
      g.opAs("patches", "Conv", ["x", "p"], { kernel_shape: { ints: [4, 4] }, strides: { ints: [4, 4] } });
      g.opAs("tokens", "Transpose", [g.reshape("patches", [0, 0, -1])], { perm: { ints: [0, 2, 1] } });
      g.opAs("centred", "Sub", ["tokens", g.reduceMean("tokens", [2], true)]);
      g.opAs("squares", "Mul", ["centred", "centred"]);
      const deviation = g.op("Sqrt", [g.op("Add", [g.reduceMean("squares", [2], true), g.scalar(1e-5)])]);
      g.opAs("even", "Div", ["centred", deviation]);
      g.initialiser("scale", randomTensor([6], "scale", 0.5, 1.5));
      g.opAs("scaled", "Mul", ["even", "scale"]);
      g.opAs("normal", "Add", ["scaled", "scale"]);
      g.initialiser("w", randomTensor([6, 6], "w"));
      g.opAs("wide", "MatMul", ["normal", "w"]);
      g.opAs("half", "Div", ["wide", g.scalar(Math.SQRT2)]);
      g.opAs("bell", "Mul", ["wide", g.op("Add", [g.op("Erf", ["half"]), g.scalar(1)])]);
      g.opAs("narrow", "MatMul", ["bell", "w"]);
      g.opAs("sum", "Add", ["tokens", "narrow"]);
      linear(g, g.reduceMean("sum", [1], false), "y", 6, 4);
      g.output("y");
    });
    expect((await names(model, true)).map((name) => name.replace(" *", ""))).toEqual([
      "patches",
      "tokens",
      "normal",
      "bell",
      "sum",
    ]);
  });

  it("of convolutions over time are those of the same network on pictures of one row", async () => {
    const network = (row: boolean): ModelProto =>
      buildModel((g) => {
        const sizes = (...own: number[]): number[] => (row ? [1, ...own] : own);
        g.input("x", "float32", ["batch", 2, ...sizes(12)]);
        g.initialiser("w", float32([3, 2, ...sizes(5)], randomTensor([30], "time").data));
        g.opAs("c", "Conv", ["x", "w"], { kernel_shape: { ints: sizes(5) } });
        g.opAs("r", "Relu", ["c"]);
        g.opAs("p", "GlobalAveragePool", ["r"]);
        linear(g, g.op("Flatten", ["p"]), "y", 3, 2);
        g.output("y");
      });
    const input = randomTensor([2, 2, 12], "signals");
    const signals = await curveOf(network(false), [{ input, labels: [0, 1] }]);
    const pictures = await curveOf(network(true), [{ input: { ...input, dims: [2, 2, 1, 12] }, labels: [0, 1] }]);
    expect(signals.points.map(({ tensor }) => tensor)).toEqual(["c", "r", "p"]);
    for (const [tensor, value] of Object.entries(cs(pictures))) expect(cs(signals)[tensor]).toBeCloseTo(value, 6);
    expect(signals.points.map(({ candidate }) => candidate)).toEqual(pictures.points.map(({ candidate }) => candidate));
  });

  it("behind a size that the values decide have the gradient of that size", async () => {
    // The mean over the positions at which the first channel is positive.
    const model = buildModel((g) => {
      g.input("x", "float32", [1, 2, 2, 2]);
      conv(g, "x", "c", 2, 2);
      const wanted = g.op("Greater", [g.reshape(g.slice("x", [0], [1], [1]), [-1]), g.scalar(0)]);
      const picked = g.op("Compress", [g.reshape("c", [2, 4]), wanted], { axis: { int: 1 } });
      const mean = g.reshape(g.reduceMean(picked, [1], false), [1, 2]);
      linear(g, mean, "y", 2, 4);
      g.output("y");
    });
    const images = [1, 2, 4].map((positive) => {
      const image = randomTensor([1, 2, 2, 2], "image");
      for (let i = 0; i < 4; i++) image.data[i] = i < positive ? 1 : -1;
      return { input: image, labels: [0] };
    });
    // alpha is the sum of the gradients over the picked positions, a weight each, whatever their number.
    const one = cs(await curveOf(model, images.slice(0, 1)))["c"]!;
    const weights = randomTensor([2, 4], "y.weight", -0.5, 0.5).data;
    for (const image of images) {
      const inspection = await inspectModel(model, engine);
      const session = await engine.load(
        serialiseModel(extractModel(inspection.model, inspection.model.graph!.input, [valueInfo("c", "float32")])),
      );
      const activations = (await session.run({ x: image.input }))["c"]!.data as Float32Array;
      await session.release();
      let expected = 0;
      for (let at = 0; at < 4; at++) {
        const sum = (weights[0]! / 4) * activations[at]! + (weights[4]! / 4) * activations[4 + at]!;
        expected += Math.max(0, sum / 2) / 4;
      }
      expect(cs(await curveOf(model, [image]))["c"]!).toBeCloseTo(expected, 5);
    }
    expect(one).toBeGreaterThanOrEqual(0);
  });
});

describe("scores", () => {
  /** The model above with other ends behind its logits. */
  const ending = (finish: (g: GraphBuilder, logits: string) => void): ModelProto =>
    buildModel((g) => {
      g.input("x", "float32", ["batch", 1, 2, 2]);
      g.initialiser("kernel", float32([2, 1, 1, 1], [2, 3]));
      g.opAs("conv", "Conv", ["x", "kernel"], { kernel_shape: { ints: [1, 1] } });
      g.initialiser("w", float32([2, 2], [1, 0, 0, 1]));
      finish(g, g.op("MatMul", [g.op("Flatten", [g.op("GlobalAveragePool", ["conv"])]), "w"]));
    });

  it.each<[string, (g: GraphBuilder, logits: string) => void]>([
    [
      "a Softmax and a Cast",
      (g, logits) => g.output(g.cast(g.op("Softmax", [logits], { axis: { int: 1 } }), "float32")),
    ],
    [
      "a Softmax and a Reshape",
      (g, logits) => g.output(g.reshape(g.op("Softmax", [logits], { axis: { int: 1 } }), [-1, 2])),
    ],
    ["a Reshape to one row", (g, logits) => g.output(g.reshape(logits, [1, -1]))],
    [
      "features before the scores",
      (g, logits) => {
        g.output(g.op("Concat", [logits, logits], { axis: { int: 1 } }));
        g.output(g.op("Identity", [logits]));
      },
    ],
  ])("behind %s are the logits", async (_, finish) => {
    const inspection = await inspectModel(ending(finish), engine);
    const found = await saliencyCurve(
      engine,
      inspection,
      [{ feeds: { [inspection.input.name]: image }, truths: [1] }],
      aimAt(inspection, 2),
    );
    expect(cs(found)["conv"]).toBeCloseTo((3 * 2.5) / 8, 6);
    expect(found.notes).toEqual([]);
  });

  it("of one logit are two classes by its sign", async () => {
    const model = ending((g, logits) => g.output(g.slice(logits, [1], [2], [1])));
    const of = (label: number): Promise<Curve> => curveOf(model, [{ input: image, labels: [label] }]);
    expect(cs(await of(1))["conv"]).toBeCloseTo((3 * 2.5) / 8, 6);
    expect((await of(1)).quality["accuracy"]!.value).toBe(1);
    expect(cs(await of(0))["conv"]).toBe(0);
    expect((await of(0)).quality["accuracy"]!.value).toBe(0);
  });

  it("that are probabilities without a softmax are told", async () => {
    const model = ending((g, logits) => {
      const powers = g.op("Exp", [logits]);
      g.opAs("shares", "Div", [powers, g.reduceSum(powers, [1], true)]);
      g.output("shares");
    });
    const { notes } = await curveOf(model, [{ input: image, labels: [1] }]);
    expect(notes).toEqual([expect.stringMatching(/"shares", made by Div "shares", are probabilities and no logits/)]);
  });

  it("are another thing than numbers to be met, which may lie between 0 and 1", async () => {
    const model = ending((g, logits) => {
      g.opAs("share", "Sigmoid", [g.slice(logits, [1], [2], [1])]);
      g.output("share");
    });
    const inspection = await inspectModel(model, engine);
    const aim = aimOf(openTask({ kind: "regression" }), inspection, "predicted", undefined);
    const batches = [0.5, 0.6].map((truth) => ({ feeds: { [inspection.input.name]: image }, truths: [[truth]] }));
    expect((await saliencyCurve(engine, inspection, batches, aim)).notes).toEqual([]);
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
    await expect(curveOf(model, one)).rejects.toThrow(
      /no tensor \[batch, channels, height, width\] or \[.*\] before its output/,
    );
  });

  it.each<[string, (g: Parameters<Parameters<typeof buildModel>[0]>[0]) => void, RegExp]>([
    ["feature maps", (g) => g.output("c"), /expected scores \[batch, 4\] .*"c" float32 \[2, 4, 8, 8\]/],
    [
      "labels instead of scores",
      (g) => {
        g.opAs("y", "ArgMax", [linear(g, g.op("Flatten", ["c"]), "l", 256, 4)], { axis: { int: 1 } });
        g.output("y", "int64");
      },
      /"y" int64 \[2, 1\]/,
    ],
    [
      "a mean over the batch",
      (g) => {
        const l = linear(g, g.op("Flatten", ["c"]), "l", 256, 4);
        g.opAs("y", "ReduceMean", [l], { axes: { ints: [0] }, keepdims: { int: 1 } });
        g.output("y");
      },
      /"y" float32 \[1, 4\]/,
    ],
  ])("an output of %s is refused", async (_, finish, message) => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 3, 8, 8]);
      conv(g, "x", "c", 3, 4);
      finish(g);
    });
    await expect(curveOf(model, one)).rejects.toThrow(message);
  });

  it("of several outputs the one with a score per class counts, or the one that is named", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 3, 8, 8]);
      g.output(conv(g, "x", "c", 3, 4));
      const wide = g.cast(
        g.op("Softmax", [linear(g, g.op("Flatten", ["c"]), "l", 256, 4)], { axis: { int: 1 } }),
        "float64",
      );
      g.output(g.opAs("y", "Reshape", [wide, g.ints([0, 4])]), "float64");
      g.output(linear(g, g.op("Flatten", ["c"]), "other", 256, 4));
    });
    const inspection = await inspectModel(model, engine);
    const named = (output?: string): string =>
      classAim(inspection, ["a", "b", "c", "d"], "label", output).binding.scores;
    expect(named()).toBe("l");
    expect(named("other")).toBe("other");
    expect(() => named("c")).toThrow(/in the output "c", got "c" float32 \[2, 4, 8, 8\], "y" float64 \[2, 4\]/);
    expect(() => named("z")).toThrow(/no output "z"; its outputs are "c"/);
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
  const points = ["a", "ra", "b", "rb"].map((tensor) => ({ tensor, channels: 1 }));
  expect(layerOutputs(index, points, legal)).toEqual(["ra", "b"]);
});

it("cheaperForm: the quantised form of a layer's output is the cut, wherever that has fewer bytes", () => {
  const index = indexGraph(
    buildModel((g) => {
      g.input("x", "float32", ["batch", 3, 8, 8]);
      conv(g, "x", "a", 3, 3);
      const [scale, zero] = [g.scalar(0.1), g.constant({ type: "uint8", dims: [], data: Uint8Array.of(0) })];
      g.opAs("q", "QuantizeLinear", ["a", scale, zero]);
      g.opAs("d", "DequantizeLinear", ["q", scale, zero]);
      g.opAs("h", "Cast", ["d"], { to: { int: 10 } });
      g.opAs("r", "Relu", ["h"]);
      g.opAs("w", "Cast", ["r"], { to: { int: 1 } });
      g.opAs("y", "Add", ["w", "r"]);
      g.output("y");
    }).graph!,
  );
  const bytes = new Map(Object.entries({ a: 768, q: 192, d: 768, h: 384, r: 384, w: 768 }));
  expect(["a", "q", "d", "h"].map((name) => cheaperForm(index, name, bytes))).toEqual(["q", undefined, "q", "q"]);
  expect(cheaperForm(index, "a", new Map([...bytes].filter(([name]) => name !== "q")))).toBe("h");
  // The numbers before the Relu are others, and what two read is no place of its own.
  expect(cheaperForm(index, "r", bytes)).toBeUndefined();
  expect(cheaperForm(index, "w", bytes)).toBeUndefined();
});
