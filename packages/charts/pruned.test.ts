/** @file Designs that were not evaluated, in words: those ruled out at every rate, and those that left a race. */
import { expect, it } from "vitest";
import { prunedText } from "./pruned.ts";

const [late, large] = ["latency p95 <= 50 ms", "memory on camera <= 512 kB"];

it("counts designs by requirement, those of a race apart", () => {
  expect(prunedText({})).toBe("");
  const bounded = [{ design: "a", misses: [large] }];
  const raced = [
    { design: "b", misses: [late, large], after: {} },
    { design: "c", misses: [late], after: { frames: 125 } },
  ];
  expect(prunedText({ pruned: bounded })).toBe(
    `Not simulated: 1 design, of which bounds say that no rate told of here lets them meet ${large} (1 design).`,
  );
  expect(prunedText({ pruned: [...bounded, ...raced] })).toBe(
    `${prunedText({ pruned: bounded })} Left the race over the links as they are: 2 designs, which surely do not meet ` +
      `${late} (2 designs), ${large} (1 design); other rates and losses are told of those that stayed.`,
  );
});
