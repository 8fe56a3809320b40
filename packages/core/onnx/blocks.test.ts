import { describe, expect, test } from "vitest";
import { float32 } from "../tensor/index.ts";
import { residualNetwork, unetNetwork } from "../testing/networks.ts";
import { buildModel } from "../testing/models.ts";
import { manyHeads, twoStageDetector } from "../testing/structures.ts";
import { blocksOf, indexGraph, type Block, type GraphBuilder, type GraphIndex, type ModelProto } from "./index.ts";
import { repeatsIn } from "./repeats.ts";
import { scopeOf } from "./scopes.ts";
import { makeNode } from "./proto.ts";

const blocks = (model: ModelProto): Block[] => blocksOf(indexGraph(model.graph!));
const labels = (list: readonly Block[]): string[] => list.map(({ label }) => label);

/** A model of one input `x` and one output, made by `fill`. */
const chain = (fill: (g: GraphBuilder, x: string) => string): ModelProto =>
  buildModel((g) => {
    g.initialiser("w", float32([4, 4, 1, 1], new Float32Array(16)));
    g.output(fill(g, g.input("x", "float32", ["batch", 4, 64, 64])));
  });

const convs = (g: GraphBuilder, given: string, count: number): string => {
  let x = given;
  for (let i = 0; i < count; i++) x = g.op("Relu", [g.op("Conv", [x, "w"])]);
  return x;
};
const pool = (g: GraphBuilder, x: string): string => g.op("MaxPool", [x], { kernel_shape: { ints: [2, 2] } });

const each = (list: readonly Block[], see: (block: Block) => void): void => {
  for (const block of list) {
    see(block);
    each(block.blocks, see);
  }
};

/** Every block can be run as a whole, and what is in it stands in it once. */
function expectWhole(index: GraphIndex, list: readonly Block[]): void {
  const order = list.flatMap(({ operators }) => operators);
  const place = new Map(order.map((operator, at) => [operator, at]));
  expect(place.size).toBe(order.length);
  for (const operator of order) {
    for (const name of index.reads[operator]!) {
      const maker = place.get(index.producer.get(name)!);
      if (maker !== undefined) expect(maker).toBeLessThan(place.get(operator)!);
    }
  }
  each(list, (block) => {
    const first = place.get(block.operators[0]!)!;
    expect(block.operators).toEqual(order.slice(first, first + block.operators.length));
    if (block.blocks.length === 0) expect(block.operators).toHaveLength(1);
    else expect(block.blocks.flatMap(({ operators }) => operators)).toEqual(block.operators);
    expect(block.blocks.length).not.toBe(1);
  });
}

test("a scope is the name's way, without what its parts repeat", () => {
  const scope = (name: string, output = "y") => scopeOf(makeNode("Conv", ["x"], [output], {}, name));
  expect(scope("/layer1/layer1.0/conv1/Conv")).toEqual(["layer1", "0", "conv1"]);
  expect(scope("Conv_12")).toEqual([]);
  expect(scope("", "block1/conv1/Conv")).toEqual(["block1", "conv1"]);
  expect(scope("/".repeat(1000) + "a/".repeat(1000))).toHaveLength(12);
});

test("exporters' scopes are blocks, and the same ones are alike", () => {
  const model = chain((g, x) => {
    let y = x;
    for (const layer of ["layer1", "layer2", "layer3"]) {
      g.scope(`/net/${layer}/`);
      y = g.op("Add", [convs(g, y, 2), y]);
    }
    return y;
  });
  const found = blocks(model);
  expect(labels(found)).toEqual(["layer1", "layer2", "layer3"]);
  expect(new Set(found.map(({ alike }) => alike)).size).toBe(1);
  expect(found[1]!.blocks.map(({ id, label }) => [id, label])).toContainEqual(["1.4", "Add"]);
});

test("parallel scopes that an exporter wrote by turns are one block each", () => {
  const model = chain((g, x) => {
    const [left, right] = [["left", x] as const, ["right", x] as const].map(([side, y]) => ({ side, y }));
    for (let i = 0; i < 4; i++) {
      for (const one of [left!, right!]) {
        g.scope(`${one.side}/`);
        one.y = g.op("Relu", [one.y]);
      }
    }
    g.scope("");
    return g.op("Add", [left!.y, right!.y]);
  });
  expect(labels(blocks(model))).toEqual(["left", "right", "Add"]);
});

test("without names, stages end where pictures become smaller", () => {
  const model = chain((g, x) => {
    let y = x;
    for (const count of [2, 2, 3, 3]) y = pool(g, convs(g, y, count));
    return y;
  });
  const found = blocks(model);
  expect(labels(found)).toEqual([
    "Conv ×2 Relu ×2 MaxPool",
    "Conv ×2 Relu ×2 MaxPool",
    "Conv ×3 Relu ×3 MaxPool",
    "Conv ×3 Relu ×3 MaxPool",
  ]);
  expect(found.map(({ alike }) => alike === found[0]!.alike)).toEqual([true, true, false, false]);
  expect(labels(found[0]!.blocks)).toEqual(["Conv Relu", "Conv Relu", "MaxPool"]);
});

test("without names, what repeats itself between cuts of one tensor is a block", () => {
  const model = chain((g, x) => {
    let y = g.op("Relu", [x]);
    for (let i = 0; i < 16; i++) {
      y = g.op("Add", [g.op("Sigmoid", [g.op("Conv", [y, "w"])]), y]);
      y = g.op("Add", [g.op("Tanh", [g.op("Conv", [g.op("Conv", [y, "w"]), "w"])]), y]);
    }
    return y;
  });
  const found = blocks(model);
  const alike = found.filter(({ operators }) => operators.length === 7);
  expect(alike).toHaveLength(16);
  expect(new Set(alike.map((one) => one.alike)).size).toBe(1);
});

test("repetitions do not overlap, and the longest come first", () => {
  expect(repeatsIn("xababababy".split(""))).toEqual([{ start: 1, period: 2, times: 4 }]);
  expect(repeatsIn("aabaabcc".split(""))).toEqual([
    { start: 0, period: 3, times: 2 },
    { start: 6, period: 1, times: 2 },
  ]);
  expect(repeatsIn("abc".split(""))).toEqual([]);
});

describe.each([
  ["residual", residualNetwork()],
  ["U", unetNetwork()],
  ["two stages", twoStageDetector()],
  ["many heads", manyHeads()],
])("%s", (_, model) => {
  test("every block can be run as a whole", () => {
    const index = indexGraph(model.graph!);
    expectWhole(index, blocksOf(index));
  });
});

test("2,000 operators without names or cuts are few at a time at every level", () => {
  const random = (i: number): string => ["Relu", "Sigmoid", "Tanh", "Conv"][((i * 7919) % 13) % 4]!;
  const model = chain((g, x) => {
    let y = x;
    for (let i = 0; i < 1999; i++) y = random(i) === "Conv" ? g.op("Conv", [y, "w"]) : g.op(random(i), [y]);
    return g.op("Add", [y, x]);
  });
  const index = indexGraph(model.graph!);
  const found = blocksOf(index);
  let widest = found.length;
  each(found, (block) => (widest = Math.max(widest, block.blocks.length)));
  expect(widest).toBeLessThanOrEqual(64);
  expectWhole(index, found);
});
