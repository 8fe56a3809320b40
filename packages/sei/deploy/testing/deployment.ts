/** @file A deployment made by hand: one of a model cut in two at a pair of tensors, over UDP, for tests of who reads it. */
import type { Deployment } from "@split-et-impera/core/deploy";
import type { ClassBinding } from "@split-et-impera/core/task";
import { createHash } from "node:crypto";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const estimate = { value: 0.9, lo: 0.85, hi: 0.93, n: 200 };
const never = { value: Infinity, lo: Infinity, hi: Infinity, n: 200 };

/** @param files bytes of head and tail, whatever they hold */
export function deploymentOf(files: { head: Uint8Array; tail: Uint8Array }): Deployment {
  const input = { tensor: "image", type: "float32" as const, shape: [1, 3, 8, 8], bytes: 768 };
  const middle = { tensor: "pool", type: "float32" as const, shape: [1, 2, 4, 4], bytes: 128 };
  const beside = { tensor: "skip", type: "float32" as const, shape: [1, 2], bytes: 8 };
  const output = { tensor: "scores", type: "float32" as const, shape: [1, 3], bytes: 12 };
  const between = { from: "camera", to: "server", links: ["wifi"] };
  return {
    format: 3,
    version: "0.1.0",
    study: "belt",
    id: "SC@pool,skip uint8 udp",
    model: { sha256: sha256(new Uint8Array(3)) },
    design: {
      segments: [
        { host: "camera", from: ["image"], to: ["pool", "skip"] },
        { host: "server", from: ["pool", "skip"], to: ["scores"] },
      ],
      crossings: [{ after: 0, links: ["wifi"], codec: { kind: "uint8" }, transport: { kind: "udp" } }],
      answer: { links: ["wifi"], transport: { kind: "udp" } },
    },
    task: { kind: "classification", classes: ["a", "b", "c"], output: "scores" },
    classes: ["a", "b", "c"],
    reads: { outputs: ["scores"], decides: ["scores"], scores: "scores", columns: 3, notes: [] } as ClassBinding,
    normalise: { mean: [0.5], std: [0.25] },
    layout: "NCHW",
    frames: { host: "camera", rate: 30, order: "oldest", answer: { host: "camera", bytes: 16, mostBytes: 8 } },
    deadlineNs: 50_000_000,
    segments: [
      {
        name: "head",
        host: "camera",
        file: "head.onnx",
        ...fileOf(files.head),
        inputs: [input],
        outputs: [middle, beside],
      },
      {
        name: "tail",
        host: "server",
        file: "tail.onnx",
        ...fileOf(files.tail),
        inputs: [middle, beside],
        outputs: [output],
      },
    ],
    crossings: [
      {
        after: 0,
        ...between,
        transport: { kind: "udp", payloadBytes: 1428, timeoutNs: 12_000_000 },
        carries: [
          {
            ...middle,
            codec: { kind: "uint8", scale: [0.1, 0.2], zero: [0, 7], axis: 1 },
            concealment: { kind: "mean", values: [0.4, 0.6], axis: 1 },
          },
          { ...beside, codec: { kind: "float16" }, concealment: { kind: "mean", values: [0.1], axis: 1 } },
        ],
        mostBytes: 36,
        protection: { kind: "none" },
      },
    ],
    answer: {
      from: "server",
      to: "camera",
      links: ["wifi"],
      transport: { kind: "udp", payloadBytes: 1428, timeoutNs: 12_000_000 },
    },
    hosts: { camera: {}, server: { address: "10.0.0.2:7000" } },
    proof: {
      exact: true,
      largestDifference: 0,
      largestOutput: 5.5,
      finite: true,
      tolerance: 1e-4,
      engine: "onnxruntime 1.23.2",
      runs: [{ inputs: "data", rows: 8 }],
      against: "model",
      replay: { images: 100, same: 100 },
    },
    predicted: {
      quality: { accuracy: estimate },
      latency: { median: estimate, p95: estimate, p99: never, mean: Infinity, max: Infinity },
      bytesPerFrame: 36,
    },
  };
}

const fileOf = (bytes: Uint8Array): { bytes: number; sha256: string } => ({
  bytes: bytes.length,
  sha256: sha256(bytes),
});
