import { expect, test } from "vitest";
import { engine } from "../testing/engine.ts";
import { residualNetwork, unetNetwork } from "../testing/networks.ts";
import { twoStageDetector } from "../testing/structures.ts";
import { modelGraph, surveyModel, type GraphBlock, type ModelGraph, type ModelProto } from "./index.ts";

const graphOf = async (model: ModelProto): Promise<ModelGraph> => modelGraph(await surveyModel(model, engine));

test("a graph says what crosses at each cut, and which operators come before it", async () => {
  const graph = await graphOf(residualNetwork());
  const { operators, tensors, cuts, blocks } = graph;
  const names = (list: readonly number[]): string[] => list.map((at) => tensors[at]!.name);
  const singles = cuts.filter((cut) => cut.tensors.length === 1);
  expect(singles.flatMap((cut) => names(cut.tensors))).toEqual(["stem", "relu1", "sum", "relu3", "pool", "flat"]);
  expect(singles.map(({ head }) => head)).toEqual([1, 2, 6, 7, 8, 9].map((to) => [[0, to]]));
  const relu = tensors.find(({ name }) => name === "relu1")!;
  expect(relu).toEqual({ name: "relu1", shape: [8, 8, 8], bytes: 2048 });
  expect(tensors.find(({ name }) => name === "image")).toMatchObject({ end: "input", shape: [3, 8, 8] });
  expect(operators[0]).toMatchObject({ type: "Conv", parameters: 8 * 3 * 9 + 8, macs: 8 * 3 * 9 * 64 });
  // Weights are no tensors that flow.
  expect(names(operators[0]!.reads)).toEqual(["image"]);
  expect(blocks.at(-1)).toMatchObject({ to: operators.length });
});

test.each([
  ["residual", residualNetwork()],
  ["U", unetNetwork()],
  ["two stages", twoStageDetector()],
])("of a %s, blocks are stretches of operators, and heads need nothing from behind", async (_, model) => {
  const { operators, blocks, cuts, tensors } = await graphOf(model);
  const within = (list: readonly GraphBlock[], from: number, to: number): void => {
    expect([list[0]!.from, list.at(-1)!.to]).toEqual([from, to]);
    for (const [i, block] of list.entries()) {
      if (i > 0) expect(block.from).toBe(list[i - 1]!.to);
      if (block.blocks) within(block.blocks, block.from, block.to);
      else expect(block.to).toBe(block.from + 1);
    }
  };
  within(blocks, 0, operators.length);
  const makers = new Map(operators.flatMap(({ makes }, i) => makes.map((tensor) => [tensor, i] as const)));
  expect(cuts.length).toBeGreaterThan(0);
  for (const { head, tensors: crossing } of cuts) {
    const inside = new Set(head.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i)));
    for (const operator of inside) {
      for (const read of operators[operator]!.reads) {
        expect(tensors[read]!.end === "input" || inside.has(makers.get(read)!)).toBe(true);
      }
    }
    for (const tensor of crossing)
      expect(tensors[tensor]!.end === "input" || inside.has(makers.get(tensor)!)).toBe(true);
  }
});
