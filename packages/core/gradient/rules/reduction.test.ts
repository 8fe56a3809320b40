import { expect, test } from "vitest";
import { operatorError, tolerance, type OperatorCase } from "../../testing/gradient-check.ts";

const operators = [
  "ReduceL1",
  "ReduceL2",
  "ReduceLogSum",
  "ReduceLogSumExp",
  "ReduceMax",
  "ReduceMean",
  "ReduceMin",
  "ReduceProd",
  "ReduceSum",
  "ReduceSumSquare",
];
const cases: OperatorCase[] = operators.flatMap((operator): OperatorCase[] => {
  const one = { operator, inputs: [[2, 3, 4]], range: [0.5, 2] as [number, number], step: 1e-3 };
  return [
    { ...one, note: "all" },
    { ...one, attributes: { keepdims: { int: 0 } }, more: (g) => [g.ints([1, -1])], note: "two axes" },
    { ...one, more: (g) => [g.ints([0])] },
    { ...one, attributes: { noop_with_empty_axes: { int: 1 } }, note: "none" },
    { ...one, attributes: { axes: { ints: [-2] } }, opset: 9, note: "old" },
  ];
});

test.each(cases)("$operator $note", async (one) => {
  // A small step exchanges no extremum; elsewhere rounding asks for a larger one.
  const step = /Max|Min/.test(one.operator) ? 2e-3 : 2e-2;
  expect(await operatorError({ ...one, step }, "float32")).toBeLessThan(tolerance.float32);
  const has64 = !/LogSumExp|LogSum$/.test(one.operator) || one.note !== "none";
  if (has64) expect(await operatorError(one, "float64")).toBeLessThan(tolerance.float64);
});
