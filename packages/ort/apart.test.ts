/** @file First runs of models that end the process that runs them, take all memory, or never end. */
import { create } from "@bufbuild/protobuf";
import { AttributeProtoSchema, GraphProtoSchema } from "onnx-buf";
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, expect, it, vi } from "vitest";
import { AttributeType, makeNode, surveyModel, valueInfo, type ModelProto } from "../core/onnx/index.ts";
import { int64, tensor } from "../core/tensor/index.ts";
import { buildModel } from "../core/testing/models.ts";
import { engine } from "./index.ts";

afterEach(() => void vi.unstubAllEnvs());

/** A block of 2^33 pixels: the runtime divides by a number that is zero in 32 bits. */
const crashing = (): ModelProto =>
  buildModel((g) => {
    g.input("image", "float32", ["batch", 2, 4, 4]);
    g.opAs("y", "DepthToSpace", ["image"], { blocksize: { int: 2 ** 33 } });
    g.output("y");
  });

const greedy = (): ModelProto =>
  buildModel((g) => {
    g.input("image", "float32", ["batch", 4]);
    g.initialiser("size", int64([1], [2 ** 31]));
    const zeros = g.op("ConstantOfShape", ["size"]);
    g.opAs("y", "Add", ["image", g.reduceSum(zeros, [0], false)]);
    g.output("y");
  });

const endless = (): ModelProto =>
  buildModel((g) => {
    g.input("image", "float32", ["batch", 4]);
    g.initialiser("count", int64([], [Number.MAX_SAFE_INTEGER]));
    g.initialiser("yes", tensor("bool", [], Uint8Array.of(1)));
    const body = create(GraphProtoSchema, {
      name: "body",
      node: [makeNode("Identity", ["going"], ["on"]), makeNode("Sigmoid", ["x"], ["next"])],
      input: [valueInfo("i", "int64", []), valueInfo("going", "bool", []), valueInfo("x", "float32")],
      output: [valueInfo("on", "bool", []), valueInfo("next", "float32")],
    });
    const loop = makeNode("Loop", ["count", "yes", "image"], ["last"]);
    loop.attribute.push(create(AttributeProtoSchema, { name: "body", type: AttributeType.GRAPH, g: body }));
    g.model.graph!.node.push(loop);
    g.opAs("y", "Relu", ["last"]);
    g.output("y");
  });

const plain = (): ModelProto =>
  buildModel((g) => {
    g.input("x", "float32", ["batch", 4]);
    g.opAs("y", "Tanh", [g.opAs("r", "Relu", ["x"])]);
    g.output("y");
  });

it("a crash is the model's, and the next model is run as if nothing had been", async () => {
  await expect(surveyModel(crashing(), engine)).rejects.toMatchObject({
    code: "ERR_MODEL_CRASH",
    message: expect.stringMatching(/^the engine crashed on this model \(SIG/) as string,
  });
  expect((await surveyModel(plain(), engine)).seen.get("r")!.dims).toEqual([2, 4]);
});

it.runIf(process.platform === "linux")("a process that ended before it heard of a model is replaced", async () => {
  await surveyModel(plain(), engine);
  const field = (pid: string, at: number): string =>
    readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /, "")
      .split(" ")[at]!;
  const children = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && field(pid, 1) === String(process.pid));
  const [helper] = children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("ort/child"));
  process.kill(Number(helper), "SIGKILL");
  // Gone, and this process has had no turn to hear of it.
  while (field(helper!, 0) !== "Z");
  expect((await surveyModel(plain(), engine)).seen.get("r")!.dims).toEqual([2, 4]);
});

it("memory has a bound", async () => {
  vi.stubEnv("SEI_MODEL_MEMORY", "0.5");
  await expect(surveyModel(greedy(), engine)).rejects.toMatchObject({ code: "ERR_MODEL_MEMORY" });
});

it("time has a bound, and a signal ends it at once", async () => {
  vi.stubEnv("SEI_MODEL_TIME", "1");
  await expect(surveyModel(endless(), engine)).rejects.toMatchObject({ code: "ERR_MODEL_TIME" });
  vi.stubEnv("SEI_MODEL_TIME", "100");
  const stop = new AbortController();
  const began = performance.now();
  setTimeout(() => stop.abort(new Error("enough")), 300);
  await expect(surveyModel(endless(), engine, { signal: stop.signal })).rejects.toThrow("enough");
  expect(performance.now() - began).toBeLessThan(5000);
});

it("several at once wait for each other", async () => {
  const found = await Promise.all(Array.from({ length: 5 }, () => surveyModel(plain(), engine)));
  expect(found.map(({ rows }) => rows)).toEqual([2, 2, 2, 2, 2]);
});
