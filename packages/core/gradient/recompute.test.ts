import { expect, test } from "vitest";
import { engine } from "../testing/engine.ts";
import { indexGraph, serialiseModel, type GraphBuilder, type ModelProto } from "../onnx/index.ts";
import { float32, type Tensors } from "../tensor/index.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";
import { conv, linear } from "../testing/networks.ts";
import { differentiate } from "./index.ts";

async function run(model: ModelProto, feeds: Tensors, optimisation: "all" | "none" = "none"): Promise<Tensors> {
  const session = await engine.load(serialiseModel(model), { optimisation });
  const found = await session.run(feeds);
  await session.release();
  return found;
}

/** Eight blocks [batch, 3, 8, 8], each made by `block`, and a linear layer: image to logits [batch, 4]. */
function deep(block: (g: GraphBuilder, x: string, i: number) => string): ModelProto {
  return buildModel((g) => {
    g.input("image", "float32", ["batch", 3, 8, 8]);
    let x = "image";
    for (let i = 0; i < 8; i++) x = block(g, x, i);
    linear(g, g.op("Flatten", [x]), "logits", 3 * 64, 4);
    g.output("logits", "float32", ["batch", 4]);
  });
}

const networks: Record<string, ModelProto> = {
  chain: deep((g, x, i) => g.op("Sigmoid", [conv(g, x, `conv${i}`, 3, 3)])),
  residual: deep((g, x, i) => g.op("Relu", [g.op("Add", [conv(g, g.op("Tanh", [x]), `conv${i}`, 3, 3), x])])),
  branches: deep((g, x, i) => {
    const one = conv(g, x, `one${i}`, 3, 2);
    const pooled = g.op("MaxPool", [x], { kernel_shape: { ints: [3, 3] }, pads: { ints: [1, 1, 1, 1] } });
    return g.op("Tanh", [g.op("Concat", [one, conv(g, pooled, `two${i}`, 3, 1)], { axis: { int: 1 } })]);
  }),
  "long shortcut": deep((g, x, i) => g.op("Add", [g.op("Tanh", [conv(g, x, `conv${i}`, 3, 3)]), "image"])),
  sizes: deep((g, x) => g.op("Reshape", [g.op("Tanh", [g.op("Exp", [g.op("Neg", [x])])]), g.op("Shape", ["image"])])),
};

const weightsOf = (model: ModelProto): string[] =>
  model.graph!.initializer.map(({ name }) => name).filter((name) => /weight|bias/.test(name));

const copies = (model: ModelProto): number =>
  model.graph!.node.filter(({ output }) => output[0]!.startsWith("again/")).length;

test.each(Object.entries(networks))("%s: the same gradients, for another batch too", async (_, network) => {
  const wrt = ["image", ...weightsOf(network)];
  const kept = await differentiate(engine, network, { of: "logits", wrt });
  const again = await differentiate(engine, network, { of: "logits", wrt, recompute: true });
  expect(again.free).toEqual(kept.free);
  expect(copies(again.model)).toBeGreaterThan(0);
  expect(indexGraph(again.model.graph!).nodes).toEqual(again.model.graph!.node);
  const feeds = { image: randomTensor([5, 3, 8, 8], "image"), "seed/logits": randomTensor([5, 4], "seed") };
  const expected = await run(kept.model, feeds);
  expect(await run(again.model, feeds)).toEqual(expected);
  for (const [name, { data }] of Object.entries(await run(again.model, feeds, "all"))) {
    const plain = expected[name]!.data as Float32Array;
    const worst = Math.max(...(data as Float32Array).map((value, i) => Math.abs(value - plain[i]!)));
    expect(worst).toBeLessThan(1e-5 * Math.max(1, ...plain.map(Math.abs)));
  }
});

test("the backward part reads no stored activation inside a segment, and copies run after a gradient", async () => {
  const network = networks["chain"]!;
  const { model } = await differentiate(engine, network, { of: "logits", wrt: weightsOf(network), recompute: true });
  const index = indexGraph(model.graph!);
  const [first] = index.nodes.flatMap(({ output }, i) => (/^(grad|again)\//.test(output[0]!) ? [i] : []));
  const readBackward = (name: string): boolean =>
    index.consumers.get(name)!.some((i) => i >= first! && !index.nodes[i]!.output[0]!.startsWith("again/"));
  const entries = index.nodes.filter(({ opType, input: [x], output: [y] }) => {
    return opType === "Reshape" && y!.startsWith("again/") && !/^(grad|seed)\//.test(x!);
  });
  expect(entries.length).toBeGreaterThan(1);
  for (const { input, output } of entries) {
    // In a chain, the copied nodes are those that follow what enters.
    const scope = output[0]!.slice(0, output[0]!.lastIndexOf("/") + 1);
    const copied = index.nodes.filter((node) => /Conv|Sigmoid/.test(node.opType) && node.output[0]!.startsWith(scope));
    const place = index.producer.get(input[0]!) ?? -1;
    const inside = index.nodes.slice(place + 1, place + 1 + copied.length);
    expect(inside.map(({ opType }) => opType)).toEqual(copied.map(({ opType }) => opType));
    expect(inside.flatMap((node) => node.output).filter(readBackward)).toEqual([]);
  }
  const after = new Set(["seed/logits"]);
  index.nodes.forEach((node, i) => {
    if (index.reads[i]!.some((name) => after.has(name))) for (const name of node.output) after.add(name);
  });
  const early = index.nodes.filter(({ output: [y] }) => y!.startsWith("again/") && !after.has(y!));
  expect(new Set(early.map(({ opType }) => opType))).toEqual(new Set(["Shape"]));
});

test("what is drawn is kept", async () => {
  const network = deep((g, x, i) => {
    const on = g.constant({ type: "bool", dims: [], data: Uint8Array.of(1) });
    const noisy = g.op("Mul", [x, g.op("RandomUniformLike", [x])]);
    const [dropped] = g.ops("Dropout", [g.op("Tanh", [noisy]), g.scalar(0.25), on], 2);
    return conv(g, g.op("Exp", [dropped!]), `conv${i}`, 3, 3);
  });
  const { model } = await differentiate(engine, network, { of: "logits", wrt: ["image"], recompute: true });
  expect(copies(model)).toBeGreaterThan(0);
  const count = (operator: string): number => model.graph!.node.filter(({ opType }) => opType === operator).length;
  expect([count("RandomUniformLike"), count("Dropout")]).toEqual([8, 8]);
});

test("one number, twice differentiable", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", []);
    let x = "x";
    for (let i = 0; i < 6; i++) x = g.op("Sin", [g.op("Mul", [x, "x"])]);
    g.opAs("y", "Identity", [x]);
    g.output("y", "float32", []);
  });
  const second = async (recompute: boolean): Promise<Tensors> => {
    const first = await differentiate(engine, model, { of: "y", wrt: ["x"], recompute });
    const { model: twice } = await differentiate(engine, first.model, { of: "grad/x", wrt: ["y"], recompute });
    return run(twice, { x: float32([], [0.9]) });
  };
  expect(await second(true)).toEqual(await second(false));
});
