/** @file What is left out, in words. */
import { expect, test } from "vitest";
import { leftOutText } from "./left-out.ts";

test("every reason has its words, cuts of one host together", () => {
  const camera = { because: "memory", host: "camera", has: 512e3 } as const;
  expect(
    leftOutText([
      { ...camera, what: { kind: "LC" }, needs: 684e3 },
      { ...camera, what: { kind: "SC", cut: "b" }, needs: 650e3 },
      { ...camera, what: { kind: "SC", cut: "a" }, needs: 600e3 },
      { because: "bottleneck", compressions: [8, 64] },
      { because: "coding", inputs: ["png", "jpeg 90"] },
      { because: "many", cuts: 1 },
      { because: "several", cuts: 14 },
    ]),
  ).toBe(
    "Left out: LC (camera has 512 kB of memory and would need 684 kB); " +
      "2 cuts (camera has 512 kB of memory and would need 600 kB or more); " +
      "designs with a bottleneck (8x, 64x: other networks, which are simulated); " +
      "RC with png, jpeg 90 (what coding takes is simulated, not added up); " +
      "1 more cut (evenly chosen ones were timed); " +
      "14 cuts of several tensors (alternatives to those that are; a study can name them).",
  );
  expect(leftOutText([])).toBe("");
  expect(leftOutText()).toBe("");
});
