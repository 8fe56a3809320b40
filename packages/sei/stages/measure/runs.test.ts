/** @file What is run when work is timed, and how its runs are sorted; times themselves are not asserted. */
import { doubtsOf, fewestRuns, mostSamples } from "@split-et-impera/core/cost";
import { expect, it } from "vitest";
import { disturbed } from "./disturbance.ts";
import { picturesWork } from "./pictures.ts";
import { timeWorks, type Work } from "./runs.ts";

it("works are timed by turns, with what their calls take apart", async () => {
  const order: string[] = [];
  const work = (name: string): Work["run"] => {
    return async () => {
      if (order.at(-1) !== name) order.push(name);
      await Promise.resolve();
    };
  };
  const call = { name: "call", run: work("call") };
  const works = new Map<string, Work>([
    ["whole", { run: work("whole"), call }],
    ["head", { run: work("head"), call }],
    ["codec", { run: () => order.length }],
    ["picture", { run: work("picture"), many: { run: work("many"), times: 8 } }],
  ]);
  const costs = await timeWorks(works);
  expect(Object.keys(costs)).toEqual([...works.keys()]);
  for (const { seconds, lo, hi, n, samples } of Object.values(costs)) {
    expect(seconds).toBeGreaterThan(0);
    expect(lo <= seconds && seconds <= hi).toBe(true);
    expect(n).toBeGreaterThanOrEqual(fewestRuns);
    expect(samples!.length).toBeLessThanOrEqual(mostSamples);
  }
  expect(costs["whole"]!.call).toBeGreaterThan(0);
  expect(costs["codec"]!.call).toBeUndefined();
  // A shared call is timed once per round, and every round comes to every work.
  const turns = (name: string): number => order.filter((one) => one === name).length;
  for (const name of ["whole", "head", "call", "picture", "many"]) {
    expect(turns(name)).toBeGreaterThanOrEqual(12);
    expect(turns(name)).toBeLessThanOrEqual(26);
  }
});

it("where the time is up every work still gets its first few turns, and so few runs are doubtful", async () => {
  const turns = { slow: 0, quick: 0 };
  const wait = async (): Promise<void> => {
    turns.slow++;
    await new Promise((done) => setTimeout(done, 10));
  };
  const said: string[] = [];
  const works = new Map<string, Work>([
    ["whole", { run: wait }],
    ["quick", { run: () => turns.quick++ }],
  ]);
  const costs = await timeWorks(works, undefined, (status) => said.push(status), 0);
  expect(said).toEqual(["round 1 of 12", "round 2 of 12", "round 3 of 12", "3 rounds, which took all the time for it"]);
  expect(costs["whole"]!.n).toBe(3);
  expect(costs["quick"]!.n).toBeGreaterThan(3);
  expect(doubtsOf(costs)).toContainEqual(expect.objectContaining({ kind: "runs", work: "whole", n: 3 }));
});

it("stops between turns", async () => {
  const stopped = AbortSignal.abort(new Error("stopped"));
  await expect(timeWorks(new Map([["whole", { run: () => 1 }]]), stopped)).rejects.toThrow("stopped");
});

it("a run is disturbed that was preempted, or waited for a processor", () => {
  const at = (preemptions: number, cpu: number) => ({ preemptions, cpu });
  expect(disturbed(at(5, 1), at(5, 1.001), 0.001)).toBe(false);
  expect(disturbed(at(5, 1), at(6, 1.001), 0.001)).toBe(true);
  // Once in a tenth of a second is what an idle machine does too.
  expect(disturbed(at(5, 1), at(6, 1.1), 0.1)).toBe(false);
  expect(disturbed(at(5, 1), at(5, 1.001), 0.01)).toBe(true);
});

it("pictures are coded alone and many at a time, as far as a format is high", async () => {
  const shape = { height: 4, width: 6, channels: 3 };
  const { encode, decode } = await picturesWork(new Uint8Array(72), shape, { format: "png" });
  expect([encode.many!.times, decode.many!.times]).toEqual([64, 64]);
  expect(await decode.many!.run()).toHaveLength(64 * 72);
  const tall = await picturesWork(new Uint8Array(9000), { height: 9000, width: 1, channels: 1 }, { format: "png" });
  expect(tall.encode.many).toBeUndefined();
});
