/** @file Single-tensor cuts against their definition. */
import { create } from "@bufbuild/protobuf";
import { AttributeProtoSchema, GraphProtoSchema } from "onnx-buf";
import { describe, expect, it } from "vitest";
import { randomStream } from "../random/index.ts";
import { float32 } from "../tensor/index.ts";
import { buildModel } from "../testing/models.ts";
import { residualNetwork } from "../testing/networks.ts";
import { AttributeType, indexGraph, makeNode, singleTensorCuts, type GraphIndex, type ModelProto } from "./index.ts";

const names = (index: GraphIndex): string[] => singleTensorCuts(index).map(({ tensor }) => tensor);

/** The definition: without the tensor, nothing that is fed reaches any output; only tensors that reach one count. */
function bruteForce(index: GraphIndex): string[] {
  const reachesOutput = (without?: string): boolean => {
    const reached = new Set(index.inputs.filter((name) => name !== without));
    index.nodes.forEach((node, i) => {
      if (!index.reads[i]!.some((name) => reached.has(name))) return;
      for (const name of node.output) if (name !== without) reached.add(name);
    });
    return index.outputs.some((name) => reached.has(name));
  };
  if (!reachesOutput()) return [];
  return index.nodes
    .flatMap(({ output }) => output)
    .filter((name) => name !== "" && !index.outputs.includes(name) && !reachesOutput(name));
}

/** A random graph of up to 14 nodes; most read what was made just before, so that cuts are common. */
function randomGraph(seed: number): ModelProto {
  const random = randomStream(seed, "graph");
  return buildModel((g) => {
    g.input("x", "float32", ["batch", 4]);
    g.initialiser("w", float32([1], [1]));
    const made = ["x"];
    const count = 1 + random.integer(14);
    for (let i = 0; i < count; i++) {
      const pick = (): string => {
        const kind = random.uniform();
        if (kind < 0.05) return "w";
        return kind < 0.75 ? made.at(-1)! : made[random.integer(made.length)]!;
      };
      const inputs = random.uniform() < 0.6 ? [pick()] : [pick(), pick()];
      const outputs = random.uniform() < 0.15 ? [`t${i}`, `u${i}`] : [`t${i}`];
      g.model.graph!.node.push(makeNode("Op", inputs, outputs));
      made.push(...outputs);
    }
    g.output(made.at(-1)!);
    if (random.uniform() < 0.15 && made.length > 3) g.output(made[1 + random.integer(made.length - 2)]!);
    // The file's order need not be one in which the nodes can run.
    const { node } = g.model.graph!;
    if (random.uniform() < 0.3) g.model.graph!.node = [...random.permutation(node.length)].map((i) => node[i]!);
  });
}

describe("singleTensorCuts", () => {
  it("finds exactly the tensors whose removal disconnects inputs from outputs", () => {
    let cuts = 0;
    for (let seed = 0; seed < 3000; seed++) {
      const index = indexGraph(randomGraph(seed).graph!);
      const found = names(index);
      cuts += found.length;
      expect(found.toSorted(), `seed ${seed}`).toEqual(bruteForce(index).toSorted());
    }
    expect(cuts).toBeGreaterThan(3000);
  });

  it("finds the cuts of a residual network in order", () => {
    expect(names(indexGraph(residualNetwork().graph!))).toEqual(["stem", "relu1", "sum", "relu3", "pool", "flat"]);
  });

  it("does not cut through what a body captures from outside", () => {
    const branch = (output: string, reads: string[]) =>
      create(GraphProtoSchema, {
        name: output,
        node: [makeNode("Add", reads, [output])],
        output: [{ name: output }],
      });
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 4]);
      g.opAs("a", "Relu", ["x"]);
      g.opAs("b", "Relu", ["a"]);
      g.opAs("c", "Cast", [g.reduceSum("b", [0, 1], false)], { to: { int: 9 } });
      const node = makeNode("If", ["c"], ["d"]);
      node.attribute.push(
        create(AttributeProtoSchema, { name: "then_branch", type: AttributeType.GRAPH, g: branch("t", ["a", "a"]) }),
        create(AttributeProtoSchema, { name: "else_branch", type: AttributeType.GRAPH, g: branch("e", ["b", "a"]) }),
      );
      g.model.graph!.node.push(node);
      g.opAs("y", "Relu", ["d"]);
      g.output("y");
    });
    const index = indexGraph(model.graph!);
    expect(index.reads[index.producer.get("d")!]!.toSorted()).toEqual(["a", "b", "c"]);
    expect(names(index)).toEqual(["a", "d"]);
  });

  it("constants beside the way do not count", () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 4]);
      const c = g.opAs("c", "Relu", [g.initialiser("w", float32([4], [1, 2, 3, 4]))]);
      g.opAs("a", "Add", ["x", c]);
      g.opAs("y", "Mul", ["a", c]);
      g.output("y");
    });
    expect(names(indexGraph(model.graph!))).toEqual(["a"]);
  });
});
