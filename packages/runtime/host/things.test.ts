/** @file Answers that are no class: things, as many as are found, from the answering host to the one that captures. */
import type { Deployment } from "@split-et-impera/core/deploy";
import type { Engine } from "@split-et-impera/core/engine";
import type { InputError } from "@split-et-impera/core/errors";
import type { DetectionBinding } from "@split-et-impera/core/task";
import { float32, type Tensor } from "@split-et-impera/core/tensor";
import { describe, expect, test } from "vitest";
import { deploymentOver, engine, frameOf, pair, values } from "./testing/pair.ts";

const rows = 60;
const row = 6;

/** Its tail finds as many things as the first value of a frame says, a tenth of the surest less sure each. */
const finds: Engine = {
  ...engine,
  async load(model, options) {
    const session = await engine.load(model, options);
    if (!String(model).endsWith("tail.onnx")) return session;
    return {
      ...session,
      run(feeds) {
        const [{ data }] = Object.values(feeds) as [Tensor<"float32">];
        const found = Array.from({ length: rows }, (_, i) => [i, i, i + 5, i + 5, i < data[0]! ? 0.9 - i / 100 : 0, 1]);
        return Promise.resolve({ scores: float32([1, rows, row], found.flat()) });
      },
    };
  },
};

function detecting(kind: "tcp" | "udp", mostBytes: number): Deployment {
  const deployment = deploymentOver(kind, 1_000_000_000);
  const [head, tail] = deployment.segments as [Deployment["segments"][0], Deployment["segments"][0]];
  const place = { outputs: ["scores"], decides: ["scores"], classes: 3, firstClass: 0 };
  const reads = { outputs: ["scores"], decides: ["scores"], notes: [], layout: "yolo-end", place } as DetectionBinding;
  return {
    ...deployment,
    task: { kind: "detection", classes: ["a", "b", "c"] },
    reads,
    frames: { ...deployment.frames, answer: { host: "camera", bytes: 16, mostBytes } },
    segments: [
      head,
      { ...tail, outputs: [{ tensor: "scores", type: "float32", shape: [1, rows, row], bytes: 4 * rows * row }] },
    ],
  };
}

describe.each(["tcp", "udp"] as const)("over %s", (kind) => {
  test.each([
    ["all of them", 100_000, 50],
    ["the surest, where there is room for no more", 400, 7],
  ])("%s", async (_, mostBytes, most) => {
    const deployment = detecting(kind, mostBytes);
    await using hosts = await pair(kind, { deployment, engine: finds }, { deployment, engine: finds });
    const { host, records } = hosts.camera;
    for (const count of [0, 3, 50]) {
      // The head adds 1.
      host.capture(frameOf(count - 1));
      await host.drained();
    }
    const found = records.map(({ answer }) => answer?.says as { class: number; score: number }[]);
    expect(found.map(({ length }) => length)).toEqual([0, 3, most]);
    expect(found[1]![0]).toEqual({ class: 1, score: expect.closeTo(0.9, 6) as number, box: [0, 0, 5, 5] });
    expect(found[2]!.map(({ score }) => score)).toEqual(found[2]!.map(({ score }) => score).toSorted((a, b) => b - a));
  });
});

test("an answer that is too long and has no order is none; why is told where it was made", async () => {
  const deployment = deploymentOver("tcp", 1_000_000_000);
  const [, tail] = deployment.segments;
  const bound = { outputs: ["scores"], decides: ["scores"], notes: [], output: "scores", scores: "scores" };
  const size = { height: 1, width: 1 };
  const reads = { ...bound, form: "logits", channels: 3, last: false, ...size, picture: size, labels: [0, 1, 2] };
  const map: Deployment = {
    ...deployment,
    task: { kind: "segmentation", classes: ["a", "b", "c"] },
    reads,
    frames: { ...deployment.frames, answer: { host: "camera", bytes: 0, mostBytes: 20 } },
    segments: [deployment.segments[0]!, tail!],
  };
  const told: [number, InputError][] = [];
  const onUnreadable = (frame: number, error: InputError): unknown => told.push([frame, error]);
  await using hosts = await pair("tcp", { deployment: map }, { deployment: map, onUnreadable });
  hosts.camera.host.capture(frameOf(values));
  await hosts.camera.host.drained();
  expect(hosts.camera.records).toMatchObject([{ why: "unreadable" }]);
  expect(told).toMatchObject([[0, { code: "ERR_ANSWER", message: expect.stringContaining("more than the 20") }]]);
  expect(hosts.server.host.counters.unreadable).toBe(1);
});
