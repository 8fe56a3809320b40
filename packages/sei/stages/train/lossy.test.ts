import { float32, type Tensor } from "@split-et-impera/core/tensor";
import { randomStream } from "@split-et-impera/core/random";
import type { LossyLink } from "@split-et-impera/core/study";
import { expect, test } from "vitest";
import { lossyLink } from "./lossy.ts";

const random = randomStream(7, "features");
const size = 4 * 6 * 6;
const features: Tensor<"float32"> = float32(
  [8, 4, 6, 6],
  Float32Array.from({ length: 8 * size }, () => Math.max(0, random.uniform() - 0.4)),
);
const indices = Uint32Array.of(0, 1, 2, 3, 4, 5, 6, 7);
const link: LossyLink = { codec: "uint8", losses: [0.3], bursts: [1], payload: 16 };
const changed = (found: Tensor): number[] =>
  [...indices].map((i) => {
    let count = 0;
    for (let k = i * size; k < (i + 1) * size; k++)
      if (Math.abs((found.data[k] as number) - features.data[k]!) > 0.01) count++;
    return count;
  });

test("every sample loses datagrams of its own, the same by seed and sample, wherever it stands in a batch", () => {
  const damage = lossyLink("cut", link, [features]);
  const found = damage(features, indices, 1);
  expect(found).toEqual(damage(features, indices, 1));
  expect(found).not.toEqual(damage(features, indices, 2));
  expect(new Set(changed(found)).size).toBeGreaterThan(2);
  expect(Math.max(...changed(found))).toBeGreaterThan(16);
  const alone = damage(float32([1, 4, 6, 6], features.data.slice(5 * size, 6 * size)), Uint32Array.of(5), 1);
  expect([...alone.data]).toEqual([...found.data].slice(5 * size, 6 * size));
});

test("where nothing is lost it is what the codec makes of it; of several shares each sample meets one", () => {
  expect(changed(lossyLink("cut", { ...link, losses: [0] }, [features])(features, indices, 1))).toEqual(
    Array.from(indices, () => 0),
  );
  const some = changed(lossyLink("cut", { ...link, losses: [0, 0.6] }, [features])(features, indices, 1));
  expect(some).toContain(0);
  expect(Math.max(...some)).toBeGreaterThan(0);
});
