import type { GraphBlock, ModelGraph } from "@split-et-impera/core/onnx";
import { expect, test } from "vitest";
import { arcsOf, firstOpen, isBefore, places, rowsOf } from "./rows.ts";

const leaf = (label: string, from: number): GraphBlock => ({ label, alike: 0, from, to: from + 1 });

/** x -> a -> b -> c -> add(c, a) -> y, where b and c are a block. */
const graph: ModelGraph = {
  tensors: [{ name: "x", end: "input" }, { name: "a" }, { name: "b" }, { name: "c" }, { name: "y", end: "output" }],
  operators: [
    ["A", [0], [1]],
    ["B", [1], [2]],
    ["C", [2], [3]],
    ["Add", [3, 1], [4]],
  ].map(([type, reads, makes]) => ({
    type: type as string,
    name: "",
    reads: reads as number[],
    makes: makes as number[],
    parameters: 0,
    macs: 0,
  })),
  blocks: [
    leaf("A", 0),
    { label: "inner", alike: 1, from: 1, to: 3, blocks: [leaf("B", 1), leaf("C", 2)] },
    leaf("Add", 3),
  ],
  cuts: [
    { tensors: [1], bytes: 8, head: [[0, 1]] },
    { tensors: [1, 3], bytes: 16, head: [[0, 3]] },
  ],
};

test("a block makes what is read behind it; opened, its parts stand behind it", () => {
  const closed = rowsOf(graph, new Set());
  expect(closed.map(({ block, makes }) => [block.label, makes])).toEqual([
    ["A", [1]],
    ["inner", [3]],
    ["Add", [4]],
  ]);
  const open = rowsOf(graph, new Set(["1"]));
  expect(open.map(({ id, depth, open: is }) => [id, depth, is])).toEqual([
    ["0", 0, false],
    ["1", 0, true],
    ["1.0", 1, false],
    ["1.1", 1, false],
    ["2", 0, false],
  ]);
});

test("what is read further on than by the next row is an arc past those between", () => {
  expect(arcsOf(graph, rowsOf(graph, new Set()))).toEqual([{ from: 0, to: 2, lane: 0 }]);
  expect(arcsOf(graph, rowsOf(graph, new Set(["1"])))).toEqual([{ from: 0, to: 4, lane: 0 }]);
});

test("the line stands where one tensor crosses; sets of several say what lies before them", () => {
  expect(places(graph)).toEqual([{ cut: 0, after: 1 }]);
  expect([0, 1, 2, 3].map((operator) => isBefore(graph.cuts[1]!, operator))).toEqual([true, true, true, false]);
});

test("a person first sees as many levels as fit", () => {
  expect(firstOpen(graph)).toEqual(["1"]);
  expect(firstOpen(graph, 4)).toEqual([]);
});

test("2,000 operators in blocks of blocks are rows at every level, with arcs in few lanes", () => {
  const count = 2000;
  const operators = Array.from({ length: count }, (_, i) => ({
    type: "Add",
    name: "",
    reads: i >= 7 && i % 7 === 0 ? [i, i - 6] : [i],
    makes: [i + 1],
    parameters: 0,
    macs: 0,
  }));
  const blocks = Array.from({ length: 40 }, (_, b): GraphBlock => ({
    label: `block${b}`,
    alike: 0,
    from: 50 * b,
    to: 50 * b + 50,
    blocks: Array.from({ length: 50 }, (_, i) => leaf("Add", 50 * b + i)),
  }));
  const tensors = Array.from({ length: count + 1 }, (_, i) => ({ name: `t${i}` }));
  const large: ModelGraph = { tensors, operators, blocks, cuts: [] };
  expect(rowsOf(large, new Set())).toHaveLength(40);
  const rows = rowsOf(large, new Set(blocks.map((_, i) => `${i}`)));
  expect(rows).toHaveLength(2040);
  const arcs = arcsOf(large, rows);
  expect(arcs.length).toBeGreaterThan(200);
  for (const one of arcs) {
    const meets = arcs.filter(
      (other) => other !== one && other.lane === one.lane && other.from < one.to && one.from < other.to,
    );
    expect(meets).toEqual([]);
  }
});
