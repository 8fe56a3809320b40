/** @file Inputs that are given as values: the model without them gives what it gives with them fed. */
import { create } from "@bufbuild/protobuf";
import { AttributeProtoSchema, GraphProtoSchema } from "onnx-buf";
import { describe, expect, it } from "vitest";
import { engine } from "../testing/engine.ts";
import { buildModel } from "../testing/models.ts";
import { int64 } from "../tensor/index.ts";
import { constantTensors, withConstants } from "./constants.ts";
import { AttributeType, makeNode, runChain, serialiseModel, singleCuts, surveyModel, valueInfo } from "./index.ts";

const branch = (name: string, nodes: [op: string, input: string, output: string][]) =>
  create(AttributeProtoSchema, {
    name,
    type: AttributeType.GRAPH,
    g: create(GraphProtoSchema, {
      name,
      node: nodes.map(([op, input, output]) => makeNode(op, [input], [output])),
      output: [valueInfo(nodes.at(-1)![2], "float32")],
    }),
  });

/** y = tanh(relu(x)) at a rate of 16000, -x at any other; `mask` multiplies. */
const rated = () =>
  buildModel((g) => {
    g.input("x", "float32", ["batch", 4]);
    g.input("rate", "int64", []);
    g.input("mask", "float32", [1, 4]);
    g.opAs("fast", "Equal", ["rate", g.constant(int64([], [16000]))]);
    const node = makeNode("If", ["fast"], ["z"]);
    node.attribute.push(
      branch("then_branch", [
        ["Relu", "x", "r"],
        ["Tanh", "r", "t"],
      ]),
      branch("else_branch", [["Neg", "x", "n"]]),
    );
    g.model.graph!.node.push(node);
    g.opAs("y", "Mul", ["z", "mask"]);
    g.output("y");
  });

const constants = (values: Record<string, number[]>) => ({ constants: new Map(Object.entries(values)) });

describe("constants", () => {
  it("decide branches, and the model is cut inside them; it is still fed as it came", async () => {
    const model = rated();
    const survey = await surveyModel(model, engine, constants({ rate: [16000], mask: [0.5] }));
    expect(survey.inputs.map(({ name }) => name)).toEqual(["x"]);
    expect(singleCuts(survey).map(({ operators }) => operators[0])).toEqual(["Relu", "Tanh", "Identity"]);
    const feeds = survey.feeds(3, "test");
    expect(feeds["rate"]).toEqual({ type: "int64", dims: [], data: BigInt64Array.of(16000n) });
    const whole = await runChain(engine, [serialiseModel(model)], ["y"], feeds);
    expect(await runChain(engine, [serialiseModel(survey.model)], ["y"], { x: feeds["x"]! })).toEqual(whole);
    const other = await surveyModel(model, engine, constants({ rate: [8000], mask: [0.5] }));
    expect(singleCuts(other).map(({ operators }) => operators[0])).toEqual(["Neg", "Identity"]);
  });

  it("may be the condition itself", async () => {
    const model = rated();
    const graph = model.graph!;
    graph.node.splice(0, 1);
    graph.input.find(({ name }) => name === "rate")!.name = "fast";
    graph.input.find(({ name }) => name === "fast")!.type = valueInfo("fast", "bool", [1]).type;
    const survey = await surveyModel(model, engine, constants({ fast: [1], mask: [0.5] }));
    expect(singleCuts(survey).map(({ operators }) => operators[0])).toEqual(["Relu", "Tanh", "Identity"]);
  });

  it("fill a shape with one number, or give all of its elements", () => {
    const model = rated();
    expect([...constantTensors(model, constants({ mask: [2] }))["mask"]!.data]).toEqual([2, 2, 2, 2]);
    expect([...constantTensors(model, constants({ mask: [1, 2, 3, 4] }))["mask"]!.data]).toEqual([1, 2, 3, 4]);
  });

  it("that fit no input are refused, with what was expected", () => {
    const refused = (values: Record<string, number[]>): string => {
      try {
        withConstants(rated(), constants(values));
      } catch (error) {
        return (error as Error).message;
      }
      return "taken";
    };
    expect(refused({ rat: [1] })).toBe(
      'the model has no input "rat" to be a constant; its inputs are "x", "rate", "mask"',
    );
    expect(refused({ mask: [1, 2] })).toBe('the constant "mask": expected [1, 4], one number or 4, got 2');
    expect(refused({ rate: [0.5] })).toBe('the constant "rate": expected numbers of int64, got 0.5 at 0');
    expect(refused({ x: [1], rate: [1], mask: [1] })).toMatch(/every input is given as a constant/);
  });
});
