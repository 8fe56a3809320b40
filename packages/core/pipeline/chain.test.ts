/** @file A chain gives what its parts give one after another, whatever their operator sets, and says what does not fit. */
import { describe, expect, it } from "vitest";
import { engine } from "../testing/engine.ts";
import { inspectModel, proveSegments, serialiseModel, headAndTail, type ModelProto } from "../onnx/index.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";
import { float32, type Tensor, type Tensors } from "../tensor/index.ts";
import { chainModels } from "./index.ts";

/** [batch, 1, 8] to [batch, 8], as sets before 13 write it: the axes are an attribute. */
const front = (): ModelProto =>
  buildModel((g) => {
    g.input("sound", "float32", ["batch", 1, 8]);
    const flat = g.squeeze("sound", [1]);
    g.opAs("features", "Mul", [flat, g.initialiser("weight", float32([8], [1, 2, 3, 4, 5, 6, 7, 8]))]);
    g.output("features", "float32", ["batch", 8]);
  }, 11);

/** Two outputs, of weights that have the names of the front's. */
const back = (opset = 17): ModelProto =>
  buildModel((g) => {
    g.input("x", "float32", ["N", 8]);
    g.opAs("scores", "MatMul", ["x", g.initialiser("weight", randomTensor([8, 3], "back"))]);
    g.opAs("sum", "Relu", ["scores"]);
    g.output("scores", "float32", ["N", 3]);
    g.output("sum", "float32", ["N", 3]);
  }, opset);

async function run(model: ModelProto, feeds: Tensors): Promise<Tensors> {
  const session = await engine.load(serialiseModel(model), { optimisation: "none" });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

const sound = randomTensor([3, 1, 8], "sound");

describe("chainModels", () => {
  it.each([11, 17, 21])("gives what the parts give, the second of operator set %i", async (opset) => {
    const { features } = await run(front(), { sound });
    const apart = await run(back(opset), { x: features as Tensor });
    const chain = chainModels([
      { name: "front", model: front() },
      { name: "back", model: back(opset) },
    ]);
    const together = await run(chain, { "front/sound": sound });
    expect(together).toEqual({ "back/scores": apart["scores"], "back/sum": apart["sum"] });
  });

  it("is split as one graph, also where the parts meet", async () => {
    const chain = chainModels([
      { name: "front", model: front() },
      { name: "back", model: back() },
    ]);
    const inspection = await inspectModel(chain, engine);
    expect(inspection.cuts.map(({ tensors }) => tensors[0])).toContain("front/features");
    const { head, tail } = headAndTail(inspection, "front/features");
    const feeds = [{ "front/sound": sound }];
    const parts = [head, tail].map(serialiseModel);
    const { proof } = await proveSegments(engine, serialiseModel(chain), parts, inspection.index.outputs, feeds);
    expect(proof).toMatchObject({ exact: true, finite: true });
  });

  it("takes a model twice, leaves the models as they were, and feeds several inputs by name", async () => {
    const [one, pair] = [front(), back()];
    const join = buildModel((g) => {
      g.input("a", "float32", ["N", 3]);
      g.input("b", "float32", ["N", 3]);
      g.opAs("y", "Sub", ["a", "b"]);
      g.output("y", "float32", ["N", 3]);
    });
    const chain = chainModels([
      { name: "front", model: one },
      { name: "left", model: pair, feeds: { x: "front/features" } },
      { name: "right", model: pair, feeds: { x: "front/features" } },
      { name: "join", model: join, feeds: { a: "left/scores", b: "right/scores" } },
    ]);
    const made = await run(chain, { "front/sound": sound });
    expect(Object.keys(made)).toEqual(["left/sum", "right/sum", "join/y"]);
    expect([...(made["join/y"]!.data as Float32Array)].every((value) => value === 0)).toBe(true);
    expect(pair.graph!.initializer.map(({ name }) => name)).toContain("weight");
    expect(serialiseModel(one)).toEqual(serialiseModel(front()));
  });

  it("says which part and tensor do not fit, and what there is", () => {
    const parts =
      (feeds?: Record<string, string>, second = back()) =>
      () =>
        chainModels([
          { name: "front", model: front() },
          { name: "back", model: second, ...(feeds && { feeds }) },
        ]);
    expect(parts({ x: "front/feature" })).toThrow(
      'back: expected its input "x" to be fed one of "front/features", got "front/feature"',
    );
    expect(parts({ y: "front/features" })).toThrow('back: expected feeds for its inputs "x", got "y"');
    expect(parts({})).toThrow("back: expected it to be fed by an earlier part");
    const other = buildModel((g) => {
      g.input("x", "int64", ["N", 8]);
      g.opAs("y", "Identity", ["x"]);
      g.output("y", "int64", ["N", 8]);
    });
    expect(parts(undefined, other)).toThrow(
      'back: its input "x" takes int64 [N, 8], "front/features" is float32 [batch, 8]',
    );
    const two = buildModel((g) => {
      for (const name of ["p", "q"]) g.input(name, "float32", ["N", 8]);
      g.opAs("y", "Add", ["p", "q"]);
      g.output("y", "float32", ["N", 8]);
    });
    expect(parts(undefined, two)).toThrow(/back: its inputs are "p", "q", .* "front\/features"; say which feeds which/);
    expect(() => chainModels([])).toThrow("expected a model or more, got none");
    expect(() => chainModels([{ name: "a/b", model: front() }])).toThrow(
      'expected a part\'s name without "/", got "a/b"',
    );
    const same = [front(), back()].map((model) => ({ name: "a", model }));
    expect(() => chainModels(same)).toThrow('got "a" twice');
  });

  it("names an operator that a newer set reads otherwise", () => {
    const grid = buildModel((g) => {
      g.input("x", "float32", [1, 1, 4, 4]);
      g.input("at", "float32", [1, 2, 2, 2]);
      g.opAs("y", "GridSample", ["x", "at"]);
      g.output("y", "float32", [1, 1, 2, 2]);
    }, 16);
    const next = buildModel((g) => {
      g.input("y", "float32", [1, 1, 2, 2]);
      g.opAs("z", "Relu", ["y"]);
      g.output("z", "float32", [1, 1, 2, 2]);
    }, 21);
    const parts = [grid, next].map((model, i) => ({ name: `part${i}`, model }));
    expect(() => chainModels(parts)).toThrow(/part0: .*GridSample.* means something else in operator set 21/);
  });
});
