/** @file Work on several frames at once: which is timed, on what it runs, and how times of other sizes follow. */
import { batchSizes, timesTogether } from "@split-et-impera/core/cost";
import { servingOf } from "@split-et-impera/core/design";
import type { Tensors } from "@split-et-impera/core/tensor";
import { expect, test } from "vitest";
import { checkBatches } from "../check/index.ts";
import type { Context } from "../context.ts";
import type { EmptyCalls } from "../measure/index.ts";
import { batchWorks } from "./batched.ts";

test("a batch is timed in doubles and at its largest, and is straight between", () => {
  expect([1, 2, 6, 8].map(batchSizes)).toEqual([[], [2], [2, 4, 6], [2, 4, 8]]);
  const known: Record<string, number> = { whole: 2, "whole x2": 3, "whole x4": 5, "whole x6": 4 };
  // Six that were quicker than four are noise: they take as long.
  expect(timesTogether("whole", 6, (work) => known[work]!)).toEqual([1, 1.5, 2, 2.5, 2.5, 2.5]);
});

test("what a host does in batches is timed on so many copies of a sample, however it is opened", async () => {
  const study = { hosts: { camera: { speed: 1 }, server: { speed: 1, batch: { size: 3, timeout: 0 } } } };
  const design = { segments: [{ host: "server", from: ["x"], to: ["y"] }], crossings: [] };
  const fed: number[][] = [];
  const session = {
    inputs: ["x"],
    outputs: ["y"],
    run: ({ x }: Tensors) => {
      fed.push([...(x!.data as Float32Array)]);
      return Promise.resolve({ y: x! });
    },
    release: () => Promise.resolve(),
  };
  const engine = { name: "fake", load: () => Promise.resolve(session) };
  const x = { type: "float32" as const, dims: [1, 2], data: Float32Array.of(1, 2) };
  const whole = {
    name: "whole",
    key: [],
    bytes: 0,
    async open(context: Context) {
      const front = await context.engine.load("front");
      const { y } = await front.run({ x });
      const back = await context.engine.load("back");
      return { run: () => back.run({ x: y! }) };
    },
  };
  const works = batchWorks(study, [design], [whole, { ...whole, name: "encode uint8@x" }]);
  expect(works.map(({ name }) => name)).toEqual(["whole x2", "whole x3"]);
  const opened = await works[1]!.open({ engine } as unknown as Context, {} as EmptyCalls);
  await opened.run();
  expect(fed).toEqual([
    [1, 2, 1, 2, 1, 2],
    [1, 2, 1, 2, 1, 2],
  ]);
});

test("a model that takes one sample at a time, or carries state, is refused", () => {
  const study = { hosts: { server: { speed: 1, batch: { size: 8, timeout: 0 } } } };
  expect(() => checkBatches(study, { atOnce: 1 })).toThrow("hosts.server.batch: expected a model that takes several");
  expect(() => checkBatches(study, { atOnce: 64, stream: {} as never })).toThrow("carries state");
  checkBatches(study, { atOnce: 64 });
  checkBatches({ hosts: { server: { speed: 1 } } }, { atOnce: 1 });
});

test("hosts of one core without batches are as they were, the others what the simulator takes", () => {
  expect(servingOf({ hosts: { a: { speed: 1 }, b: { speed: 2, cores: 1 } } })).toBeUndefined();
  const b = { speed: 1, cores: 4, batch: { size: 8, timeout: 0.002 } };
  expect(servingOf({ hosts: { a: { speed: 1 }, b } })).toEqual({ b: { cores: 4, batch: { size: 8, timeout: 2e6 } } });
});
