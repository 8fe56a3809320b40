/** @file A bottleneck at a vector is a design like any other. */
import { expect, it } from "vitest";
import { design, useFolder, variant } from "../../cli/testing/harness.ts";

useFolder();

it("stands beside the plain cut, and sends fewer bytes", async () => {
  const name = await variant("flat.yaml", ["candidates: [pool1]", "candidates: [flat]"]);
  const { designs } = await design(name, "out");
  const bytesOf = (id: string): number => designs.find((one) => one.id === id)!.bytes;
  expect(bytesOf("SC@flat uint8 16x udp")).toBeLessThan(bytesOf("SC@flat uint8 udp"));
});
