/** @file Which of the frames that wait goes next, and which are passed over. */
import type { HostOrder } from "@split-et-impera/core/frames";
import { expect, test } from "vitest";
import { Processor } from "./processor.ts";

/** Frames that enter while one is at work; those that ran behind it, and those that were dropped, in order. */
async function entering(order: HostOrder, frames: readonly number[], frameBytes = 1): Promise<[number[], number[]]> {
  const processor = new Processor(order, frameBytes);
  const gate = Promise.withResolvers<void>();
  const [ran, dropped]: [number[], number[]] = [[], []];
  processor.enter({ frame: -1, run: () => gate.promise, drop: () => dropped.push(-1) });
  for (const frame of frames)
    processor.enter({ frame, run: async () => void ran.push(frame), drop: () => dropped.push(frame) });
  gate.resolve();
  await processor.drained();
  return [ran, dropped];
}

test.each([
  ["oldest", [1, 2, 3], []],
  ["newest", [3, 2, 1], []],
  ["drop", [3], [1, 2]],
] as const)("of frames that wait, order %s", async (order, ran, dropped) => {
  expect(await entering(order, [2, 3, 1])).toEqual([ran, expect.arrayContaining([...dropped])]);
  expect(await entering(order, [1, 2, 3])).toEqual([ran, dropped]);
});

test("with order drop a frame that is older than the one that waits is passed over itself", async () => {
  expect(await entering("drop", [5, 3])).toEqual([[5], [3]]);
});

test.each([
  ["oldest", [1, 2], [3, 4]],
  ["newest", [4, 3], [1, 2]],
] as const)(
  "frames of more bytes than may wait are dropped, those that would go last: %s",
  async (order, ran, dropped) => {
    expect(await entering(order, [1, 2, 3, 4], 2 ** 27)).toEqual([ran, dropped]);
  },
);

test("one frame may wait, however large it is", async () => {
  expect(await entering("oldest", [1, 2], 2 ** 40)).toEqual([[1], [2]]);
});

test("other work goes by turns with frames, and is refused where too much waits", async () => {
  const processor = new Processor("oldest", 1);
  const done: string[] = [];
  const gate = Promise.withResolvers<void>();
  processor.enter({ frame: 0, run: () => gate.promise, drop: () => undefined });
  for (const frame of [1, 2])
    processor.enter({ frame, run: async () => void done.push(`frame ${frame}`), drop: () => undefined });
  for (const guest of [1, 2]) void processor.beside(async () => void done.push(`guest ${guest}`));
  for (let more = 0; more < 254; more++) void processor.beside(async () => undefined);
  expect(processor.beside(async () => undefined)).toBeUndefined();
  gate.resolve();
  await processor.drained();
  expect(done).toEqual(["frame 1", "guest 1", "frame 2", "guest 2"]);
});
