/** @file The sample of an accuracy is the image: on a link that loses nothing, equal answers have equal accuracies. */
import type { Estimate } from "@split-et-impera/core/statistics";
import { expect, it } from "vitest";
import { design, useFolder, variant } from "../../cli/testing/harness.ts";

useFolder();

const lossless: [string, string][] = [
  [", loss: 2 %", ""],
  ["losses: [0 %, 5 %]", "losses: [0 %]"],
  [
    "bottlenecks: [{ compression: 16, epochs: { frozen: 2, joint: 1 }, batch: 8, augment: [mirror] }]",
    "bottlenecks: []",
  ],
];

// 40 images: less than once, not a whole number of times, many times each.
it.each([30, 60, 400])("with %d frames", { timeout: 60_000 }, async (count) => {
  const name = await variant(`${count}.yaml`, ...lossless, ["count: 60", `count: ${count}`]);
  const { designs, whole } = await design(name, `out${count}`);
  const local = designs.find(({ kind }) => kind === "LC")!;
  expect(local.quality).toEqual(whole.quality);
  expect(whole.quality["accuracy"]!.n).toBe(40);
  for (const { id, framesLost, quality, clean, drop } of designs) {
    expect(framesLost, id).toBe(0);
    expect(quality, id).toEqual(clean);
    const twin = designs.find((one) => one.id === id.replace(/udp$/, "tcp"))!;
    expect(drop, id).toEqual(twin.drop);
    const same: Estimate = { value: 0, lo: 0, hi: 0, n: 40 };
    if (/^RC raw|^SC@pool1 float32/.test(id)) {
      expect(quality, id).toEqual(whole.quality);
      expect(drop, id).toEqual(Object.fromEntries(Object.keys(whole.quality).map((metric) => [metric, same])));
    }
  }
});
