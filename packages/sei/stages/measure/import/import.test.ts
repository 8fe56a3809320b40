/** @file Times of other tools: what is read, and how it is refused. */
import { indexGraph } from "@split-et-impera/core/onnx";
import { describe, expect, it } from "vitest";
import { buildModel } from "../../../../core/testing/models.ts";
import { csv } from "./csv.ts";
import type { Importer } from "./importer.ts";
import { onnxruntime } from "./onnxruntime.ts";
import { trtexec } from "./trtexec.ts";

/** a -> b -> c -> y, with names for nodes and tensors. */
const model = buildModel((g) => {
  g.input("x", "float32", ["batch", 4]);
  g.opAs("a", "Relu", ["x"]);
  g.opAs("b", "Sigmoid", ["a"]);
  g.opAs("c", "Tanh", ["b"]);
  g.opAs("y", "Abs", ["c"]);
  g.output("y", "float32", ["batch", 4]);
});
model.graph!.node.forEach((node, i) => (node.name = `node${i}`));
const index = indexGraph(model.graph!);

const read = (importer: Importer, text: string, work = "whole") => importer.read({ file: "times", text, work, index });

describe("onnxruntime_perf_test", () => {
  const rows = Array.from({ length: 40 }, (_, i) => `parts,v2.onnx,${0.01 + 1e-5 * i},36696064,96,${i}`).join("\n");

  it("result file: a run per line, statistics below passed over", () => {
    const text = `${rows}\n\nMin Latency is 0.01sec\nP50 Latency is 0.0102sec\n`;
    const { whole } = read(onnxruntime, text).works;
    expect(whole).toMatchObject({ n: 40, seconds: expect.closeTo(0.01013, 5) });
    expect(whole!.samples).toHaveLength(40);
    expect(read(onnxruntime, text, "head@b").works).toHaveProperty("head@b");
    expect(read(onnxruntime, `${rows}\nother.onnx,0.5,1,1,0`).notes.join()).toMatch(/2 models/);
  });

  it("what it prints: percentiles, or the mean alone", () => {
    const printed = `Session creation time cost: 0.0102016 s
Average inference time cost: 1.85739 ms
Avg CPU usage:96
Runs:100
Min Latency: 0.00183404 s
Max Latency: 0.00190312 s
P50 Latency: 0.00185674 s
P90 Latency: 0.00187215 s
P95 Latency: 0.00187393 s
P99 Latency: 0.00190312 s
P999 Latency: 0.00190312 s`;
    const { whole } = read(onnxruntime, printed).works;
    expect(whole!.n).toBe(100);
    expect(whole!.seconds).toBeGreaterThan(0.00183404);
    expect(whole!.seconds).toBeLessThan(0.00185674);
    expect(whole!.samples![94]).toBeCloseTo(0.00187393, 5);
    const mean = read(onnxruntime, "Total inference requests: 8\nAverage inference time cost total: 17.735 ms\n");
    expect(mean.works["whole"]).toEqual({ seconds: 0.017735, lo: 0.017735, hi: 0.017735, n: 8 });
    expect(mean.notes.join()).toMatch(/only the mean/);
  });

  it.each([
    ["nothing", "", /expected lines/],
    ["a time that is none", "m,x,1,1,0", /times:1: seconds: expected a time above 0, got "x"/],
    ["a time of 0", `${rows}\nm,0,1,1,40`, /times:41: seconds/],
    [
      "percentiles that fall",
      "Runs:9\nMin Latency: 2 s\nMax Latency: 1 s\nP50 Latency: 1 s\nP90 Latency: 1 s\nP95 Latency: 1 s\nP99 Latency: 1 s",
      /rise/,
    ],
  ])("%s is refused", (_, text, says) => {
    expect(() => read(onnxruntime, text)).toThrow(says);
  });
});

describe("trtexec", () => {
  it("exportTimes: latency of every run", () => {
    const runs = Array.from({ length: 20 }, (_, i) => ({ startEnqMs: i, computeMs: 0.4, latencyMs: 0.9 + 0.001 * i }));
    const { whole } = read(trtexec, JSON.stringify(runs)).works;
    expect(whole).toMatchObject({ n: 20, seconds: expect.closeTo(0.000906, 6) });
  });

  it("exportProfile: layers add up to heads, but for cuts inside a fused layer", () => {
    const layers = [
      { count: 500 },
      { name: "Reformatting CopyNode for Input Tensor 0", timeMs: 5, averageMs: 0.01, percentage: 1 },
      { name: "node0 + node1", timeMs: 100, averageMs: 0.2, medianMs: 0.2, percentage: 40 },
      { name: "PWN(node2)", timeMs: 100, averageMs: 0.3, percentage: 40 },
      { name: "node3", timeMs: 45, averageMs: 0.09, percentage: 19 },
    ];
    const { works, notes } = read(trtexec, JSON.stringify(layers));
    expect(Object.keys(works)).toEqual(["whole", "head@b", "head@c"]);
    expect(works["whole"]!.seconds).toBeCloseTo(0.0006, 9);
    expect(works["head@b"]!.seconds).toBeCloseTo(0.00021, 9);
    expect(works["head@c"]).toMatchObject({ seconds: expect.closeTo(0.00051, 9), n: 500 });
    expect(notes.join()).toMatch(/1 of 3 cuts are left out/);
  });

  it.each([
    ["no JSON", "{", /expected JSON/],
    ["no list", "{}", /expected a list/],
    ["another list", '[{"a":1}]', /expected latencyMs or count, got a/],
    ["a run without a time", '[{"latencyMs":1},{}]', /\[1\].latencyMs/],
    ["a layer without a name", '[{"count":1},{"averageMs":1}]', /\[1\].name/],
    ["layers without time", '[{"count":1}]', /layers that take time/],
  ])("%s is refused", (_, text, says) => {
    expect(() => read(trtexec, text)).toThrow(says);
  });
});

describe("CSV", () => {
  it("a line per run, in the header's unit", () => {
    const { works } = read(csv, 'work,ms\nwhole,10\nwhole,11\r\n"head@b",4\nencode jpeg-90,0.5\n\n');
    expect(works["whole"]).toMatchObject({ n: 2, seconds: 0.01 });
    expect(works["head@b"]!.seconds).toBeCloseTo(0.004, 12);
    expect(Object.keys(works)).toEqual(["whole", "head@b", "encode jpeg-90"]);
  });

  it.each([
    ["no header", "whole,10", /times:1: expected the header/],
    ["no runs", "work,seconds\n", /expected a line per run/],
    ["no comma", "work,seconds\nwhole 1", /times:2: expected a work and a time/],
    ["a negative time", "work,seconds\nwhole,-1", /times:2: seconds: expected a time above 0/],
    ["endless time", "work,seconds\nwhole,Infinity", /times:2/],
    ["a tensor that the model lacks", "work,seconds\nhead@bb,1", /no tensor "bb"; did you mean "b"/],
    ["another work", "work,seconds\nhalf,1", /times:2: expected whole, head@TENSOR/],
  ])("%s is refused", (_, text, says) => {
    expect(() => read(csv, text)).toThrow(says);
  });
});
