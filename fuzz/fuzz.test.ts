/** @file A small run of the fuzz driver: about a thousand inputs for every reader, fewer for whole commands. */
import { expect, test } from "vitest";
import { fuzz } from "./fuzz.ts";
import { targets } from "./targets/index.ts";

test("no changed input is uncaught, kills a process or breaks a bound", { timeout: 600_000 }, async () => {
  const counts = new Map(targets.map(({ name, share }) => [name, Math.min(1000, Math.ceil(share / 3))]));
  const { faults, accepted } = await fuzz({ seed: 1, counts });
  expect(faults).toEqual([]);
  // Changes that every reader refuses, or none, would show nothing.
  for (const [name, count] of accepted) expect([name, count]).toEqual([name, expect.toSatisfy((n: number) => n > 0)]);
});
