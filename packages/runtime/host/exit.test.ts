/** @file Early exits at work: who leaves, what is sent then, and whose answer stands where none comes in time. */
import type { Deployment } from "@split-et-impera/core/deploy";
import type { Engine } from "@split-et-impera/core/engine";
import { float32, type Tensor } from "@split-et-impera/core/tensor";
import { expect, test } from "vitest";
import { deploymentOver, engine, frameOf, hear, insecure, pair, until, values } from "./testing/pair.ts";

/** Beside head and tail, an exit that says always class 0, the surer the larger the first number. */
const early: Engine = {
  ...engine,
  async load(model, options) {
    const session = await engine.load(model, options);
    if (!String(model).endsWith("exit.onnx")) return session;
    return {
      ...session,
      run(feeds) {
        const [first] = (feeds["middle"] as Tensor<"float32">).data;
        return Promise.resolve({ scores: float32([1, 3], [2, 0, 0]), sure: float32([1], [first! / 10]) });
      },
    };
  },
};

function deploymentWith(deadlineNs: number): Deployment {
  const given = deploymentOver("tcp", deadlineNs);
  const [head, tail] = given.segments as [Deployment["segments"][number], Deployment["segments"][number]];
  const sure = { tensor: "sure", type: "float32" as const, shape: [1], bytes: 4 };
  return {
    ...given,
    design: { ...given.design, exits: [{ after: 0, head: "exit", threshold: 0.5 }] },
    exits: [
      {
        ...head,
        name: "exit",
        file: "exit.onnx",
        inputs: head.outputs,
        outputs: [...tail.outputs, sure],
        after: 0,
        confidence: "sure",
        threshold: 0.5,
      },
    ],
  };
}

test("what the exit is sure of is not sent; the rest is the other host's to answer", async () => {
  const deployment = deploymentWith(2_000_000_000);
  await using hosts = await pair("tcp", { deployment, engine: early }, { engine: early });
  const { camera, server } = hosts;
  // The head adds 1: 5 is just sure enough.
  for (const value of [9, 3, 4, 3.9]) camera.host.capture(frameOf(value));
  await camera.host.drained();
  const records = camera.records.toSorted((a, b) => a.frame - b.frame);
  expect(records.map(({ exit, bytes, answer }) => [exit, bytes, answer!.says])).toEqual([
    [true, 0, 0],
    [undefined, 4 * values, 1],
    [true, 0, 0],
    [undefined, 4 * values, 1],
  ]);
  expect(records.every(({ deadlineMet, fallback }) => deadlineMet && fallback === undefined)).toBe(true);
  expect(server.host.counters.frames).toBe(2);
});

test("its answer stands where the other host is not there, though it was not sure", async () => {
  const { host, records } = await hear({
    deployment: deploymentWith(2_000_000_000),
    host: "camera",
    trust: insecure("camera"),
    addresses: { server: { host: "127.0.0.1", port: 9 } },
    engine: early,
  });
  host.capture(frameOf(3));
  host.capture(frameOf(9));
  await host.drained();
  expect(records.map(({ exit, fallback, answer }) => [exit, fallback, answer!.says])).toEqual([
    [undefined, "exit", 0],
    [true, undefined, 0],
  ]);
  await host[Symbol.asyncDispose]();
});

test("its answer stands before the deadline where the other host is slow", async () => {
  const deployment = deploymentWith(300_000_000);
  // Its tail takes longer than there is.
  const pace = (work: string): number | undefined => (work.startsWith("tail") ? 600_000_000 : undefined);
  await using hosts = await pair("tcp", { deployment, engine: early }, { engine: early, pace });
  const { host, records } = hosts.camera;
  host.capture(frameOf(3));
  await until(() => records.length === 1);
  expect(records[0]).toMatchObject({ fallback: "exit", answer: { says: 0 }, bytes: 4 * values });
  expect(records[0]).not.toHaveProperty("exit");
  await host.drained();
});
