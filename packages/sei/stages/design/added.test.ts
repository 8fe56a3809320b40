/** @file An optimum that is no candidate becomes a design of its own; one that the study tries anyway adds nothing. */
import { wordsOf } from "@split-et-impera/core/design";
import { expect, it } from "vitest";
import { design, useFolder, variant } from "../../cli/testing/harness.ts";

useFolder();

const slow: [string, string] = ["rate: 10 Mbit/s", "rate: 200 kbit/s"];
const splits: [string, string] = ["explore:\n", "explore:\n  scenarios: [SC]\n"];
const plain: [string, string] = [
  "bottlenecks: [{ compression: 16, epochs: { frozen: 2, joint: 1 }, batch: 8, augment: [mirror] }]",
  "bottlenecks: []",
];

it("simulates the optimum beside the candidates and says what they give up", { timeout: 120_000 }, async () => {
  const study = await variant("added.yaml", slow, splits, plain);
  const result = await design(study, "added");
  const { best, added, designs, says, value, placements } = result.optimum!;
  // Of the cuts behind the second convolution the pooled tensor is by far the smallest.
  expect(best).toEqual({ kind: "SC", cut: "pool2", codec: "uint8" });
  expect(added).toBe(true);
  expect(designs.toSorted()).toEqual(["SC@pool2 uint8 tcp", "SC@pool2 uint8 udp"]);
  const cuts = Object.groupBy(result.designs, (one) => wordsOf(one).cut!);
  // Each with two codecs over two transports.
  expect([cuts["pool1"]!.length, cuts["pool2"]!.length, result.designs.length]).toEqual([4, 4, 8]);
  const candidate = placements.find(({ cut, codec }) => cut === "pool1" && codec === "uint8")!;
  expect(candidate.seconds - value).toBeCloseTo(candidate.over, 12);
  expect(says).toContainEqual({
    kind: "gives-up",
    placement: { kind: "SC", cut: "pool1", codec: "uint8" },
    seconds: candidate.over,
    share: candidate.over / value,
  });
  expect(result.stages.map(({ name }) => name)).toContain("split at pool2");
});

it("adds nothing where a candidate is the optimum", { timeout: 120_000 }, async () => {
  const study = await variant("own.yaml", slow, splits, plain, ["candidates: [pool1]", "candidates: [pool2]"]);
  const { optimum, designs } = await design(study, "own");
  expect(optimum).toMatchObject({ best: { cut: "pool2" }, added: false });
  expect(optimum!.says).toContainEqual({ kind: "candidate" });
  expect(designs).toHaveLength(4);
});
