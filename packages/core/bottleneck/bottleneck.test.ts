/** @file Bottlenecks: shapes that come back, folding, both training phases, resuming. */
import { describe, expect, it } from "vitest";
import { engine } from "../testing/engine.ts";
import type { AutoencoderOptions } from "../study/index.ts";
import { InputError } from "../errors/index.ts";
import {
  inspectModel,
  parseModel,
  serialiseModel,
  valueInfo,
  type Inspection,
  type ModelProto,
} from "../onnx/index.ts";
import { float32, int64, rows, rowsAt, sizeOf, type Tensor, type Tensors } from "../tensor/index.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";
import { conv, linear, residualNetwork } from "../testing/networks.ts";
import { aimAt } from "../testing/scores.ts";
import { classObjective, fed, type LayerContext } from "../training/index.ts";
import { addDecoder, addEncoder } from "./autoencoder.ts";
import {
  joinBottleneck,
  latentName,
  planBottleneck,
  trainBottleneck,
  type Bottleneck,
  type Phases,
  type TrainingImages,
} from "./index.ts";

async function run(model: ModelProto, feeds: Tensors): Promise<Tensors> {
  const session = await engine.load(serialiseModel(model));
  const found = await session.run(feeds);
  await session.release();
  return found;
}

describe("planBottleneck", () => {
  it("for 64 times is the published one: C/8 and C/4 channels at half and a quarter of the side", () => {
    const plan = planBottleneck([64, 16, 16], 64);
    expect(plan.latent).toEqual([16, 4, 4]);
    expect(plan.stages.map(({ inputs, outputs, kernel, stride }) => [inputs, outputs, kernel, stride])).toEqual([
      [64, 8, 3, 2],
      [8, 16, 3, 2],
    ]);
    expect(plan.compression).toBe(64);
  });

  it("keeps what it says over all shapes, or refuses", () => {
    let refused = 0;
    for (const channels of [1, 2, 3, 8, 48, 512])
      for (const height of [1, 2, 3, 5, 8, 17])
        for (const width of [1, 2, 7, 8])
          for (const compression of [1.5, 2, 16, 64, 1000]) {
            const values = channels * height * width;
            try {
              const plan = planBottleneck([channels, height, width], compression);
              expect(sizeOf(plan.latent)).toBeLessThan(values);
              expect(plan.compression).toBeCloseTo(values / sizeOf(plan.latent), 9);
              // As near to what was asked as whole channels allow.
              const [own = 0, ...area] = plan.latent;
              const asked = values / (compression * sizeOf(area));
              expect(Math.abs(own - asked)).toBeLessThanOrEqual(asked < 0.5 ? 1 : 0.5);
              for (const stage of plan.stages) expect(Math.min(stage.inputs, stage.outputs)).toBeGreaterThan(0);
            } catch (error) {
              expect(error).toBeInstanceOf(InputError);
              refused++;
            }
          }
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(120);
  });

  it("refuses what is too small, has too many dimensions, or needs too large a matrix", () => {
    expect(() => planBottleneck([1, 1, 1], 64)).toThrow(/1 values cannot be made 64 times smaller/);
    expect(() => planBottleneck([], 64)).toThrow(/needs a tensor with channels .*, got \[\]/);
    expect(() => planBottleneck([8, 2, 2, 2, 2], 64)).toThrow(/three dimensions of positions, got \[8, 2, 2, 2, 2\]/);
    expect(() => planBottleneck([50_000], 64)).toThrow(/50000 numbers made 781 need a matrix of 39050000 weights/);
  });

  it("keeps the positions of tokens, halves those of lines and blocks", () => {
    expect(planBottleneck([50, 192], 8, 1)).toMatchObject({ latent: [50, 24], layers: "linear", compression: 8 });
    expect(planBottleneck([512], 16)).toMatchObject({ latent: [32], layers: "linear" });
    expect(planBottleneck([32, 100], 8)).toMatchObject({ latent: [16, 25], layers: "convolutions" });
    expect(planBottleneck([16, 4, 8, 8], 64)).toMatchObject({ latent: [16, 1, 2, 2], layers: "convolutions" });
    expect(planBottleneck([14, 14, 96], 64, 2)).toMatchObject({ latent: [18, 4, 4], layers: "convolutions" });
  });

  const shapes = [
    [16, 8, 8],
    [16, 7, 7],
    [8, 5, 6],
    [8, 2, 2],
    [64, 1, 1],
    [16, 3, 2],
    [16, 1, 8],
    [4, 9, 4],
    [128, 4, 4],
    [12, 9],
    [16, 3, 4, 5],
    [20],
    // Channels last.
    [7, 5, 24],
    [6, 32],
  ];
  it.each(shapes.map((shape) => ({ shape })))(
    "encoder and decoder of $shape give the shape back",
    async ({ shape }) => {
      for (const compression of [4, 64]) {
        const plan = planBottleneck(shape, compression, Math.max(...shape) === shape.at(-1) ? shape.length - 1 : 0);
        const model = buildModel((g) => {
          g.input("x", "float32", ["batch", ...shape]);
          const c: LayerContext = { g, parameters: new Map(), seed: 1, mode: "infer", updates: new Map() };
          g.opAs("latent", "Identity", [addEncoder(c, "x", plan)]);
          g.opAs("y", "Identity", [addDecoder(c, "latent", plan)]);
          g.output("latent");
          g.output("y");
        });
        const found = await run(model, { x: randomTensor([2, ...shape], "x") });
        expect(found["latent"]!.dims).toEqual([2, ...plan.latent]);
        expect(found["y"]!.dims).toEqual([2, ...shape]);
      }
    },
  );
});

const options: AutoencoderOptions = {
  compression: 16,
  epochs: { frozen: 3, joint: 0 },
  augment: [],
  learningRate: 0.01,
  batch: 16,
};
const count = 64;
/** Four kinds of picture: noise with one of four corners bright. */
const pictures = randomTensor([count, 3, 8, 8], "pictures");
for (let i = 0; i < count; i++)
  for (let y = 0; y < 4; y++)
    for (let x = 0; x < 4; x++) pictures.data[i * 192 + (y + (i & 1 ? 4 : 0)) * 8 + x + (i & 2 ? 4 : 0)]! += 2;

const labelled = (indices: Uint32Array): Tensors => ({
  [fed.labels]: int64(
    [indices.length],
    Array.from(indices, (i) => i & 3),
  ),
});

async function images(inspection: Inspection, tensor: string, from = count): Promise<TrainingImages> {
  const probe = parseModel(serialiseModel(inspection.model));
  probe.graph!.output = [valueInfo(tensor, "float32")];
  const session = await engine.load(serialiseModel(probe));
  const parts: Float32Array[] = [];
  let dims: readonly number[] = [];
  for (let i = 0; i < from; i++) {
    const found = (await session.run({ [inspection.input.name]: rows(pictures, i, i + 1) }))[tensor]!;
    parts.push(found.data as Float32Array);
    dims = found.dims.slice(1);
  }
  await session.release();
  const all = float32([from, ...dims], new Float32Array(from * sizeOf(dims)));
  parts.forEach((part, i) => all.data.set(part, i * part.length));
  return {
    count: from,
    objective: classObjective(aimAt(inspection, 4).binding, { kind: "cross-entropy" }),
    lessons: {
      frozen: (indices) => ({ input: rowsAt(all, indices), truths: labelled(indices) }),
      joint: (indices) => ({ input: rowsAt(pictures, indices), truths: labelled(indices) }),
    },
  };
}

async function trained(
  model: ModelProto,
  change: Partial<AutoencoderOptions> = {},
  phases: Phases = {},
  tensor = "relu1",
): Promise<{ inspection: Inspection; bottleneck: Bottleneck }> {
  const inspection = await inspectModel(model, engine);
  const bottleneck = await trainBottleneck(
    engine,
    inspection,
    tensor,
    { ...options, ...change },
    await images(inspection, tensor),
    7,
    phases,
  );
  return { inspection, bottleneck };
}

describe("trainBottleneck", () => {
  it("lowers the loss and leaves the model's own weights alone", async () => {
    const { bottleneck } = await trained(residualNetwork());
    const { frozen, joint } = bottleneck.history;
    expect(frozen[2]!.loss).toBeLessThan(0.8 * frozen[0]!.loss);
    expect(joint).toEqual([]);
    expect([...bottleneck.parameters.keys()].every((name) => name.startsWith("bottleneck/"))).toBe(true);
  });

  it("is the same bit for bit a second time", async () => {
    const epochs = { frozen: 1, joint: 1 };
    const first = await trained(residualNetwork(), { epochs });
    const second = await trained(residualNetwork(), { epochs });
    expect(second.bottleneck).toEqual(first.bottleneck);
  });

  it("for losses is trained in both phases, the same bit for bit where it was stopped, and is joined as any other is", async () => {
    const lossy = { codec: "uint8" as const, losses: [0.5], bursts: [1], payload: 16 };
    const change = { epochs: { frozen: 2, joint: 1 }, lossy };
    const checkpoints: NonNullable<Phases["checkpoint"]>[] = [];
    const whole = await trained(residualNetwork(), change, {
      onCheckpoint: async (at) => void checkpoints.push(structuredClone(at)),
    });
    const without = await trained(residualNetwork(), { epochs: change.epochs });
    // Half of the latent is harder to learn from.
    expect(whole.bottleneck.history.frozen[1]!.loss).toBeGreaterThan(1.02 * without.bottleneck.history.frozen[1]!.loss);
    const resumed = await trained(residualNetwork(), change, { checkpoint: checkpoints[0]! });
    expect(resumed.bottleneck).toEqual(whole.bottleneck);
    const { head, tail } = joinBottleneck(whole.inspection, whole.bottleneck);
    const fed = [...head.graph!.input, ...tail.graph!.input].map(({ name }) => name);
    expect(fed).toEqual(["image", latentName]);
  });

  it("end to end changes the weights and goes on lowering the loss", async () => {
    const { bottleneck, inspection } = await trained(residualNetwork(), { epochs: { frozen: 2, joint: 3 } });
    const { joint } = bottleneck.history;
    expect(joint[2]!.loss).toBeLessThan(joint[0]!.loss);
    for (const { name, rawData } of inspection.model.graph!.initializer) {
      const before = new Float32Array(new Uint8Array(rawData).buffer);
      expect(bottleneck.parameters.get(name)!.data, name).not.toEqual(before);
    }
    // The retrained weights are in the files, head's and tail's.
    const { head, tail } = joinBottleneck(inspection, bottleneck);
    const stored = (model: ModelProto, name: string): Float32Array =>
      new Float32Array(new Uint8Array(model.graph!.initializer.find((tensor) => tensor.name === name)!.rawData).buffer);
    expect(stored(head, "stem.weight")).toEqual(bottleneck.parameters.get("stem.weight")!.data);
    expect(stored(tail, "logits.weight")).toEqual(bottleneck.parameters.get("logits.weight")!.data);
  });

  it("stopped at any checkpoint and resumed, ends bit for bit as unbroken", async () => {
    const epochs = { frozen: 2, joint: 2 };
    const checkpoints: NonNullable<Phases["checkpoint"]>[] = [];
    const onCheckpoint = async (at: NonNullable<Phases["checkpoint"]>): Promise<void> =>
      void checkpoints.push(structuredClone(at));
    const whole = await trained(residualNetwork(), { epochs }, { onCheckpoint });
    expect(checkpoints.map(({ phase, at }) => `${phase} ${at.epoch}`)).toEqual([
      "frozen 1",
      "frozen 2",
      "joint 1",
      "joint 2",
    ]);
    for (const checkpoint of checkpoints) {
      const resumed = await trained(residualNetwork(), { epochs }, { checkpoint });
      expect(resumed.bottleneck, `${checkpoint.phase} ${checkpoint.at.epoch}`).toEqual(whole.bottleneck);
    }
  });

  it("works where the batch is fixed to one image, also where that 1 is written into operators", async () => {
    const epochs = { frozen: 1, joint: 1 };
    const fixed = await trained(residualNetwork({ batch: 1 }), { epochs });
    const free = await trained(residualNetwork(), { epochs });
    expect(fixed.bottleneck.parameters).toEqual(free.bottleneck.parameters);
    const rigid = buildModel((g) => {
      g.input("image", "float32", [1, 3, 8, 8]);
      g.opAs("relu1", "Relu", [conv(g, "image", "stem", 3, 8)]);
      linear(g, g.reshape("relu1", [1, 512]), "logits", 512, 4);
      g.output("logits");
    });
    // One image a run, and as many runs a step as a batch has images.
    const { frozen } = (await trained(rigid, { batch: 8 })).bottleneck.history;
    expect(frozen[2]!.loss).toBeLessThan(0.9 * frozen[0]!.loss);
  });

  it("works on a model whose tensors are called features, labels and reconstruction/scale", async () => {
    const model = buildModel((g) => {
      g.input("labels", "float32", ["batch", 3, 8, 8]);
      conv(g, "labels", "Conv", 3, 8);
      g.opAs("features", "Relu", ["Conv"]);
      linear(g, g.opAs("Relu", "Flatten", ["features"]), "reconstruction/scale", 512, 4);
      g.output("reconstruction/scale");
    });
    const { inspection, bottleneck } = await trained(model, { epochs: { frozen: 1, joint: 1 } }, {}, "features");
    const { head, tail, tensor } = joinBottleneck(inspection, bottleneck);
    const found = await run(tail, { [tensor]: (await run(head, { labels: rows(pictures, 0, 3) }))[tensor]! });
    expect(found["reconstruction/scale"]!.dims).toEqual([3, 4]);
  });

  it("takes models of old operator sets, and trains their normalisation and Dropout with the rest", async () => {
    for (const opset of [7, 8]) {
      const model = buildModel((g) => {
        g.input("image", "float32", ["batch", 3, 8, 8]);
        conv(g, "image", "stem", 3, 8);
        for (const [name, value] of Object.entries({ scale: 1, shift: 0, mean: 0, variance: 1 }))
          g.initialiser(`norm.${name}`, float32([8], new Float32Array(8).fill(value)));
        const norm = ["scale", "shift", "mean", "variance"].map((name) => `norm.${name}`);
        g.opAs("relu1", "Relu", [g.op("BatchNormalization", ["stem", ...norm])]);
        const dropped = g.op("Dropout", ["relu1"], { ratio: { float: 0.2 } });
        linear(g, g.op("Flatten", [dropped]), "logits", 512, 4);
        g.output("logits");
      }, opset);
      const { inspection, bottleneck } = await trained(model, { epochs: { frozen: 1, joint: 1 } });
      expect(bottleneck.parameters.get("norm.mean")!.data).not.toEqual(new Float32Array(8));
      const { head, tail, tensor } = joinBottleneck(inspection, bottleneck);
      expect(head.opsetImport[0]!.version).toBe(BigInt(opset));
      const found = await run(tail, { [tensor]: (await run(head, { image: rows(pictures, 0, 3) }))[tensor]! });
      expect(found["logits"]!.dims).toEqual([3, 4]);
    }
  });

  it("is one error, with its reason, where the tensor or the model does not allow it", async () => {
    const model = buildModel((g) => {
      g.input("image", "float32", ["batch", 3, 8, 8]);
      g.opAs("relu1", "Relu", [conv(g, "image", "stem", 3, 8)]);
      g.opAs("flat", "Flatten", ["relu1"]);
      const [quantised = ""] = g.ops("DynamicQuantizeLinear", ["relu1"], 3);
      const weight = g.constant({ type: "uint8", dims: [4, 8, 8, 8], data: new Uint8Array(2048).fill(3) });
      const sums = g.cast(g.op("ConvInteger", [quantised, weight]), "float32");
      g.opAs("logits", "Add", [linear(g, "flat", "linear", 512, 4), g.op("Flatten", [sums])]);
      g.output("logits");
    });
    const failed = (cause: string) => ({ code: "ERR_BOTTLENECK", cause: expect.objectContaining({ code: cause }) });
    await expect(trained(model)).rejects.toMatchObject(failed("ERR_GRADIENT_OPERATOR"));
  });

  it("refuses a model that holds a bottleneck already", async () => {
    const { inspection, bottleneck } = await trained(residualNetwork(), { epochs: { frozen: 1, joint: 0 } });
    const again = joinBottleneck(inspection, bottleneck).tail;
    again.graph!.input[0]!.name = latentName;
    const second = await inspectModel(again, engine);
    await expect(
      trainBottleneck(engine, second, "sum", options, await images(inspection, "relu1"), 1),
    ).rejects.toMatchObject({ code: "ERR_BOTTLENECK" });
  });
});

it("joinBottleneck: folded into convolutions, it computes what the running statistics say", async () => {
  const { inspection, bottleneck } = await trained(residualNetwork());
  const { plan, parameters } = bottleneck;
  const { head, tail, tensor } = joinBottleneck(inspection, bottleneck);
  for (const part of [head, tail]) {
    parseModel(serialiseModel(part));
    expect(part.graph!.node.some(({ opType }) => opType === "BatchNormalization" || opType === "Sqrt")).toBe(false);
  }
  // The same with ONNX's own normalisation, not folded.
  const unfolded = buildModel((g) => {
    g.input("x", "float32", ["batch", ...plan.shape]);
    for (const [name, value] of parameters) g.initialiser(name, value);
    const layer = (x: string, name: string, i: number, transposed: boolean): string => {
      const { kernel, stride, sizes } = plan.stages[i]!;
      const pads = Array.from({ length: 4 }, () => (kernel - 1) / 2);
      const back = (size: number): number => (stride === 2 && size % 2 === 0 ? 1 : 0);
      const attributes = {
        strides: { ints: [stride, stride] },
        pads: { ints: pads },
        ...(transposed && { output_padding: { ints: sizes.map(back) } }),
      };
      const weights = [`${name}/weight`, ...(parameters.has(`${name}/bias`) ? [`${name}/bias`] : [])];
      const y = g.op(transposed ? "ConvTranspose" : "Conv", [x, ...weights], attributes);
      if (!parameters.has(`${name}/scale`)) return y;
      const statistics = ["scale", "shift", "mean", "variance"].map((part) => `${name}/${part}`);
      return g.op("Relu", [g.op("BatchNormalization", [y, ...statistics], { epsilon: { float: 1e-5 } })]);
    };
    const latent = layer(layer("x", "bottleneck/encoder/0", 0, false), "bottleneck/encoder/1", 1, false);
    g.output(g.opAs("latent", "Identity", [latent]));
    const decoded = layer(layer(latent, "bottleneck/decoder/1", 1, true), "bottleneck/decoder/0", 0, true);
    g.output(g.opAs("decoded", "Identity", [decoded]));
  });
  const x = rows(pictures, 0, 8);
  const features = await images(inspection, "relu1", 8);
  const expected = await run(unfolded, {
    x: (
      await features.lessons.frozen(
        Uint32Array.from({ length: 8 }, (_, i) => i),
        0,
      )
    ).input,
  });
  const sent = (await run(head, { image: x }))[tensor]!;
  const near = (a: Tensor, b: Tensor): void => {
    expect(a.dims).toEqual(b.dims);
    const worst = Math.max(...Array.from(a.data as Float32Array, (value, i) => Math.abs(value - Number(b.data[i]))));
    expect(worst).toBeLessThan(1e-4);
  };
  near(sent, expected["latent"]!);
  // The decoder's result is the tail's tensor of the cut's name.
  const probe = parseModel(serialiseModel(tail));
  probe.graph!.output.push(valueInfo("relu1", "float32"));
  near((await run(probe, { [tensor]: sent }))["relu1"]!, expected["decoded"]!);
});
