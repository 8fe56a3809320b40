/** @file What is done in a page and in Node alike: a simulation, a placement, a gradient. */
import type { Engine } from "../../packages/core/engine/index.ts";
import { differentiate } from "../../packages/core/gradient/index.ts";
import { simulateMessages } from "../../packages/core/network/index.ts";
import { serialiseModel } from "../../packages/core/onnx/index.ts";
import { place } from "../../packages/core/placement/index.ts";
import { randomStream } from "../../packages/core/random/index.ts";
import { float32 } from "../../packages/core/tensor/index.ts";
import { buildModel } from "../../packages/core/testing/models.ts";

export interface Work {
  /** ns of messages over TCP with losses. */
  oneWay: number[];
  /** Of three layers on two hosts: seconds, and which host runs which. */
  placed: { value: number; assignment: number[] };
  /** Of the squared activations of a small convolution by its input. */
  gradient: number[];
}

export async function work(engine: Engine): Promise<Work> {
  const { oneWay } = simulateMessages({
    link: { rate: 10e6, delay: 5e6, loss: { rate: 0.02, burst: 1 }, queue: { packets: 1000 }, header: 14 },
    transport: { kind: "tcp" },
    bytes: 20_000,
    count: 50,
    seed: 1,
  });
  const placed = place({
    nodes: [0.01, 0.02, 0.005].map((seconds, i) => ({ name: `layer${i}`, seconds: [20 * seconds, seconds] })),
    tensors: [400_000, 20_000, 5_000].map((bytes, i) => ({ producer: i === 0 ? null : i - 1, consumers: [i], bytes })),
    hosts: [{ name: "camera" }, { name: "server" }],
    links: [{ between: [0, 1], secondsPerByte: 8e-7, delaySeconds: 0.005 }],
    source: 0,
    answer: { host: 0, outputs: [{ node: 2, bytes: 16 }] },
    objective: "latency",
  });
  const values = (name: string, count: number): Float32Array => {
    const random = randomStream(1, name);
    return Float32Array.from({ length: count }, () => random.uniform() - 0.5);
  };
  const model = buildModel((g) => {
    g.input("image", "float32", [1, 3, 8, 8]);
    g.initialiser("weight", float32([4, 3, 3, 3], values("weight", 108)));
    const relu = g.op("Relu", [g.op("Conv", ["image", "weight"])]);
    g.opAs("energy", "ReduceSumSquare", [relu], { keepdims: { int: 0 } });
    g.output("energy", "float32", []);
  });
  const found = await differentiate(engine, model, { of: "energy", wrt: ["image"] });
  const session = await engine.load(serialiseModel(found.model));
  const output = found.gradients["image"]!;
  const { [output]: gradient } = await session.run({ image: float32([1, 3, 8, 8], values("image", 192)) }, [output]);
  await session.release();
  return {
    oneWay,
    placed: { value: placed.value, assignment: [...placed.assignment] },
    gradient: Array.from(gradient!.data as Float32Array),
  };
}
