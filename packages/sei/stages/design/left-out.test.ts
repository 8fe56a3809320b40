/** @file A bottleneck that cannot be built is left out, and the study goes on. */
import { expect, it } from "vitest";
import { design, said, useFolder, variant } from "../../cli/testing/harness.ts";

useFolder();

it("a bottleneck at a tensor that is no feature map is left out by name; the plain cut stays", async () => {
  const name = await variant("flat.yaml", ["candidates: [pool1]", "candidates: [flat]"]);
  const { designs, optimum } = await design(name, "out");
  expect(said.stderr).toMatch(/the bottleneck 16x at "flat" is left out: .*got \[64\]/);
  expect(designs.some(({ id }) => id.includes("flat"))).toBe(true);
  expect(designs.some(({ id }) => id.includes("16x"))).toBe(false);
  // Nor is it said that it is simulated.
  expect(optimum!.leftOut!.map(({ because }) => because)).not.toContain("bottleneck");
});
