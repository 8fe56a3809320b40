/** @file Models of one sample without a batch: seen with a batch of 1, with the same answers. */
import { describe, expect, it } from "vitest";
import { engine } from "../testing/engine.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";
import { conv, linear } from "../testing/networks.ts";
import { inspectModel, isPictureAlone, serialiseModel, type GraphBuilder, type ModelProto } from "./index.ts";

/** A small classifier of what `dims` declares, [3, height, width] in the end. */
function classifier(dims: readonly (number | string)[], opset = 17, picture = (_: GraphBuilder, x: string) => x) {
  return buildModel((g) => {
    g.input("image", "float32", dims);
    const x = g.unsqueeze(picture(g, "image"), [0]);
    const r = g.opAs("r", "Relu", [conv(g, x, "c", 3, 4)]);
    linear(g, g.op("Flatten", [g.opAs("p", "GlobalAveragePool", [r])]), "scores", 4, 3);
    g.output("scores");
  }, opset);
}

async function answer(model: ModelProto, dims: readonly number[]): Promise<ArrayLike<number>> {
  const session = await engine.load(serialiseModel(model));
  try {
    const image = { ...randomTensor([3, 8, 8], "image"), dims };
    return (await session.run({ image }))["scores"]!.data as Float32Array;
  } finally {
    await session.release();
  }
}

describe("a picture alone", () => {
  it.each([17, 11, 9])("has a batch of 1 when it is inspected, operator set %d", async (opset) => {
    const model = classifier([3, 8, 8], opset);
    const found = await inspectModel(model, engine);
    expect([found.unbatched, found.input.shape, found.output.shape]).toEqual([true, [3, 8, 8], [3]]);
    expect(found.cuts.map(({ tensors }) => tensors[0])).toEqual(expect.arrayContaining(["r", "p"]));
    expect(await answer(found.model, [1, 3, 8, 8])).toEqual(await answer(model, [3, 8, 8]));
    // The file's own model is left as it is.
    expect(model.graph!.input[0]!.name).toBe("image");
  });

  it("takes the batch through its own normalisation, or loses it inside where something else sees it", async () => {
    const normalised = classifier([3, 8, 8], 17, (g, x) =>
      g.op("Div", [g.op("Sub", [x, g.initialiser("mean", randomTensor([3, 1, 1], "mean"))]), g.scalar(0.5)]),
    );
    const turned = classifier([3, 8, 8], 17, (g, x) => g.transpose(x, [0, 2, 1]));
    for (const [model, operators] of [
      [normalised, "Sub Div Conv"],
      [turned, "Squeeze Transpose Unsqueeze"],
    ] as const) {
      const found = await inspectModel(model, engine);
      expect(
        found.model
          .graph!.node.map(({ opType }) => opType)
          .slice(0, 3)
          .join(" "),
      ).toBe(operators);
      expect(await answer(found.model, [1, 3, 8, 8])).toEqual(await answer(model, [3, 8, 8]));
    }
  });

  it("with open sizes, given without or with the input's name, or by the data", async () => {
    const model = classifier([3, "height", "width"]);
    for (const options of [
      { shape: [3, 8, 8] },
      { shapes: new Map([["image", [3, 8, 8]]]) },
      { proposed: [3, 8, 8] },
      { example: { image: randomTensor([3, 8, 8], "image") } },
    ])
      expect((await inspectModel(model, engine, options)).input.shape).toEqual([3, 8, 8]);
    await expect(inspectModel(model, engine)).rejects.toThrow(/leaves dimension 2 open; give its shape/);
  });

  it("with channels last, and grey, where the data say so", async () => {
    const last = classifier([8, 8, 3], 17, (g, x) => g.transpose(x, [2, 0, 1]));
    expect((await inspectModel(last, engine)).input.shape).toEqual([8, 8, 3]);
    const grey = buildModel((g) => {
      g.input("image", "float32", [1, 8, 8]);
      linear(g, g.op("Flatten", [g.unsqueeze("image", [0])]), "scores", 64, 3);
      g.output("scores");
    });
    expect((await inspectModel(grey, engine, { proposed: [1, 8, 8] })).input.shape).toEqual([1, 8, 8]);
    // A leading 1 alone is a batch: of sequences, say.
    expect((await inspectModel(grey, engine)).input.shape).toEqual([8, 8]);
  });
});

it("sensors [channels, time] and sound [samples] too", async () => {
  for (const dims of [[6, 16], [96]]) {
    const model = buildModel((g) => {
      g.input("x", "float32", dims);
      linear(g, g.reshape(g.op("Tanh", ["x"]), [1, 96]), "scores", 96, 3);
      g.output("scores");
    });
    const found = await inspectModel(model, engine);
    expect([found.unbatched, found.input.shape, found.output.shape]).toEqual([true, dims, [3]]);
  }
});

it("a batch is none of these", async () => {
  const rows = (dims: readonly (number | string)[], output: readonly (number | string)[]): ModelProto =>
    buildModel((g) => {
      g.input("x", "float32", dims);
      g.output(g.opAs("y", "Relu", ["x"]), "float32", output);
    });
  for (const dims of [
    ["N", 3, 8],
    [1, 3, 8],
    [3, 8, 8],
    [3, 8, 8, 8],
  ])
    expect(isPictureAlone(rows(dims, dims))).toBe(false);
  expect(isPictureAlone(rows([3, 8, 8], [3, 8, 8]))).toBe(false);
  expect((await inspectModel(rows(["N", 3, 8], ["N", 3, 8]), engine)).unbatched).toBeUndefined();
  await expect(inspectModel(rows([8, 4], [8, 4]), engine)).rejects.toThrow(/fixed batch of 8/);
});
