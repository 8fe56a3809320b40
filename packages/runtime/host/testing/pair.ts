/** @file A camera and a server in one process, over loopback, with an engine that adds up: for tests. */
import type { DeployedTransport, Deployment } from "@split-et-impera/core/deploy";
import type { ClassBinding } from "@split-et-impera/core/task";
import type { Engine } from "@split-et-impera/core/engine";
import { float32, type Tensor } from "@split-et-impera/core/tensor";
import type { LineEvent } from "../neighbours.ts";
import { RunningHost } from "../host.ts";
import type { HostOptions } from "../options.ts";
import type { FrameRecord } from "../record.ts";
import type { Trust } from "../../trust/index.ts";

/** Values that cross. */
export const values = 3000;

const port = (tensor: string, shape: number[]) => {
  const size = shape.reduce((product, dim) => product * dim, 1);
  return { tensor, type: "float32" as const, shape, bytes: 4 * size };
};

/** Head: each value plus 1. Tail: class 1 where their sum is above zero, else 0; class 2 never. */
export const engine: Engine = {
  name: "adds up",
  load: (model) =>
    Promise.resolve({
      inputs: [],
      outputs: [],
      run(feeds) {
        const [input] = Object.values(feeds) as [Tensor<"float32">];
        if (String(model).endsWith("head.onnx"))
          return Promise.resolve({
            middle: float32(
              input.dims,
              input.data.map((value) => value + 1),
            ),
          });
        const sum = input.data.reduce((all, value) => all + value, 0);
        return Promise.resolve({
          scores: float32(
            [1, 3],
            [-sum, sum, -Infinity].map((x) => (x === -Infinity ? -1e9 : x)),
          ),
        });
      },
      release: () => Promise.resolve(),
    }),
};

const transports: Record<"tcp" | "udp", DeployedTransport> = {
  tcp: { kind: "tcp" },
  udp: { kind: "udp", payloadBytes: 1428, timeoutNs: 15_000_000 },
};

export function deploymentOver(kind: "tcp" | "udp", deadlineNs = 200_000_000): Deployment {
  const estimate = { value: 1, lo: 1, hi: 1, n: 1 };
  const between = { links: ["wifi"], transport: transports[kind] };
  const latency = { median: estimate, p95: estimate, p99: estimate, mean: 1, max: 1 };
  return {
    format: 3,
    version: "0",
    study: "pair",
    id: `SC@middle float32 ${kind}`,
    model: { sha256: "0".repeat(64) },
    design: {
      segments: [
        { host: "camera", from: ["input"], to: ["middle"] },
        { host: "server", from: ["middle"], to: ["scores"] },
      ],
      crossings: [{ after: 0, links: ["wifi"], codec: { kind: "float32" }, transport: { kind } }],
      answer: { links: ["wifi"], transport: { kind } },
    },
    task: { kind: "classification", classes: ["a", "b", "c"], output: "scores" },
    classes: ["a", "b", "c"],
    reads: { outputs: ["scores"], decides: ["scores"], scores: "scores", columns: 3, notes: [] } as ClassBinding,
    normalise: { mean: [0], std: [1] },
    layout: "NCHW",
    frames: { host: "camera", rate: 100, order: "oldest", answer: { host: "camera", bytes: 16, mostBytes: 8 } },
    deadlineNs,
    segments: [
      {
        name: "head",
        host: "camera",
        file: "head.onnx",
        bytes: 0,
        sha256: "",
        inputs: [port("input", [1, values])],
        outputs: [port("middle", [1, values])],
      },
      {
        name: "tail",
        host: "server",
        file: "tail.onnx",
        bytes: 0,
        sha256: "",
        inputs: [port("middle", [1, values])],
        outputs: [port("scores", [1, 3])],
      },
    ],
    crossings: [
      {
        after: 0,
        from: "camera",
        to: "server",
        ...between,
        carries: [
          {
            ...port("middle", [1, values]),
            codec: { kind: "float32" },
            concealment: { kind: "mean", values: [0], axis: 1 },
          },
        ],
        mostBytes: 4 * values,
        protection: { kind: "none" },
      },
    ],
    answer: { from: "server", to: "camera", ...between },
    hosts: { camera: {}, server: {} },
    proof: {
      exact: true,
      largestDifference: 0,
      largestOutput: 1,
      finite: true,
      tolerance: 0,
      engine: "",
      runs: [],
      against: "model",
      replay: { images: 1, same: 1 },
    },
    predicted: { quality: { accuracy: estimate }, latency, bytesPerFrame: 4 * values },
  };
}

export const loopback = { host: "127.0.0.1", port: 0 };
export const insecure = (host: string): Trust => ({ kind: "insecure", host, anywhere: false });

/** A host that keeps what it tells. */
export interface Heard {
  host: RunningHost;
  records: FrameRecord[];
  events: LineEvent[];
}

export async function hear(options: Omit<HostOptions, "folder" | "engine"> & Partial<HostOptions>): Promise<Heard> {
  const records: FrameRecord[] = [];
  const events: LineEvent[] = [];
  const host = await RunningHost.open({
    folder: "",
    engine,
    onRecord: (record) => records.push(record),
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { host, records, events };
}

/** A camera with its server, connected. */
export async function pair(
  kind: "tcp" | "udp",
  camera: Partial<HostOptions> = {},
  server: Partial<HostOptions> = {},
): Promise<{ camera: Heard; server: Heard } & AsyncDisposable> {
  const deployment = camera.deployment ?? deploymentOver(kind);
  const there = await hear({ deployment, host: "server", trust: insecure("server"), listen: loopback, ...server });
  const here = await hear({
    deployment,
    host: "camera",
    trust: insecure("camera"),
    addresses: { server: there.host.address! },
    ...camera,
  });
  await until(() => here.host.ready);
  return {
    camera: here,
    server: there,
    async [Symbol.asyncDispose]() {
      await here.host[Symbol.asyncDispose]();
      await there.host[Symbol.asyncDispose]();
    },
  };
}

/** All values of a frame are the same. */
export const frameOf = (value: number) => ({ tensor: float32([1, values], new Float32Array(values).fill(value)) });

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
