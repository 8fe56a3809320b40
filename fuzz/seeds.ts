/** @file Sound inputs, from which the changed ones are made. */
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { serialiseModel } from "../packages/core/dist/onnx/index.js";
import { main } from "../packages/sei/dist/cli/main.js";
import { withExit } from "../packages/charts/testing/early.ts";
import { chartResult } from "../packages/charts/testing/fixture.ts";
import { buildModel } from "../packages/core/testing/models.ts";
import { residualNetwork } from "../packages/core/testing/networks.ts";

/** A file of the conveyor's example. */
export const example = (file: string): string =>
  fileURLToPath(new URL(`../examples/conveyor/${file}`, import.meta.url));

const text = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");

export const studies = (): unknown[] => {
  const small = {
    model: "model.onnx",
    data: { format: "conveyor", limit: { test: 10, train: 10 } },
    hosts: {
      camera: { speed: "1/20", memory: "64 MB", power: "4 W", only: [{ from: "input", to: "pool" }] },
      server: {},
    },
    links: [{ between: ["camera", "server"], rate: "9600 bit/s", delay: "500 ms", loss: { rate: "1 %", burst: 3 } }],
    requirements: ["latency p95 <= 50 ms", "memory on camera <= 1 MB"],
    explore: {
      candidates: ["pool", ["relu1", "conv2"], "sum"],
      inputs: ["raw", "jpeg 80"],
      bottlenecks: [{ compression: 8 }],
    },
  };
  return [parse(text("../examples/conveyor/study.yaml")), parse(text("../examples/three-hosts/study.yaml")), small];
};

/** The manifest of a real split. */
export async function manifests(): Promise<unknown[]> {
  const folder = await mkdtemp(join(tmpdir(), "manifest-"));
  try {
    const file = join(folder, "model.onnx");
    await writeFile(file, models()[0]!);
    await main(["split", file, "--at", "sum", "--out", join(folder, "parts"), "--json"]);
    return [JSON.parse(await readFile(join(folder, "parts", "manifest.json"), "utf8"))];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Results of a few designs; one of which nothing fits, and one with an early exit. */
export const results = (): unknown[] => {
  const made = [{ designs: 6 }, { designs: 4, impossible: true }].map((options) =>
    chartResult({ ...options, saliency: false, losses: [0.01] }),
  );
  // As a file has it, without what is undefined.
  return [...made, withExit(made[0]!).result].map((one) => JSON.parse(JSON.stringify(one)) as unknown);
};

export const profiles = (): unknown[] => {
  const machine = { engine: "onnxruntime-node 1.30.0", platform: "linux x64", cpu: "some", threads: 2 };
  const work = { seconds: 0.01, lo: 0.009, hi: 0.012, n: 20, call: 0.0001, samples: [0.009, 0.01, 0.011] };
  return [
    { format: 2, source: "sei 0.1.0", machine, model: "0".repeat(64), works: { whole: work, "head@pool": work } },
    { format: 1, machine, model: "0".repeat(64), timings: { whole: { median: 0.01, lo: 0.009, hi: 0.02, n: 10 } } },
  ];
};

/** What other tools write of times: text, or a tree. */
export interface OtherTimes {
  from: "onnxruntime_perf_test" | "trtexec" | "csv";
  text?: string;
  tree?: unknown;
}

export const otherTimes = (): OtherTimes[] => [
  { from: "onnxruntime_perf_test", text: "parts.onnx,0.0101,36696064,96,0\nparts.onnx,0.0102,36696064,96,1\n" },
  {
    from: "onnxruntime_perf_test",
    text:
      "Average inference time cost: 1.9 ms\nRuns:100\nMin Latency: 0.0018 s\nMax Latency: 0.002 s\nP50 Latency: 0.0019 s\n" +
      "P90 Latency: 0.0019 s\nP95 Latency: 0.002 s\nP99 Latency: 0.002 s\n",
  },
  { from: "trtexec", tree: [{ latencyMs: 0.93, computeMs: 0.47 }, { latencyMs: 0.94 }] },
  { from: "trtexec", tree: [{ count: 500 }, { name: "conv + relu", timeMs: 100, averageMs: 0.2, percentage: 40 }] },
  { from: "csv", text: 'work,ms\nwhole,10\nwhole,11\n"encode jpeg-90",0.5\n' },
];

/** The placement format of published workloads: a chain, and a graph whose paths part and meet. */
export const workloads = (): unknown[] => {
  const node = (id: number): unknown => {
    const times = { cpuLatency: 10 * id, fpgaLatency: id, supportedOnFpga: 1 };
    return { id, name: `n${id}`, ...times, isBackwardNode: 0, colorClass: id, size: 1000 * id };
  };
  const edge = (sourceId: number, destId: number): unknown => ({ sourceId, destId, cost: 0.1 });
  const head = { maxSizePerFPGA: 1e5, maxFPGAs: 2, maxCPUs: 1 };
  return [
    { ...head, nodes: [1, 2, 3].map(node), edges: [edge(1, 2), edge(2, 3)] },
    { ...head, nodes: [1, 2, 3, 4].map(node), edges: [edge(1, 2), edge(1, 3), edge(2, 4), edge(3, 4)] },
    { ...head, maxFPGAs: 0, nodes: [node(1)], edges: [] },
  ];
};

/** Convolutions with a shortcut; sizes from shapes and a branch; old operators. */
export const models = (): Uint8Array[] => {
  const sizes = buildModel((g) => {
    g.input("image", "float32", ["batch", 4, "height", 8]);
    const flat = g.op("Reshape", [
      "image",
      g.op("Concat", [g.sizes("image", [0]), g.ints([-1])], { axis: { int: 0 } }),
    ]);
    g.opAs("relu1", "Relu", [g.op("Transpose", [flat], { perm: { ints: [1, 0] } })]);
    g.opAs("logits", "Softmax", ["relu1"], { axis: { int: 0 } });
    g.output("logits", "float32", ["values", "batch"]);
  });
  return [
    serialiseModel(residualNetwork()),
    serialiseModel(residualNetwork({ opset: 9, batch: 1 })),
    serialiseModel(sizes),
  ];
};

export const texts = (): string[] => [
  ..."5 ms|1.5 s|100 Mbit/s|9600 bit/s|20 kB|64 MiB|1 %|5 ‰|20 fps|90/min|1/20|64x|4 W|50 nJ/bit".split("|"),
  ..."0.40 EUR/h|$0.40/h|12 EUR/month|0.09 EUR/GB|1000 packets|1e3|0x10|½".split("|"),
  ..."latency p95 <= 50 ms|accuracy >= 96 %|memory on camera <= 64 MB|deadline-misses <= 3 %".split("|"),
];
