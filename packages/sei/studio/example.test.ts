/** @file The example that every studio has: a result as this version writes it, from which a page tells what a study would. */
import { canSimulate, whatIf, type Result } from "@split-et-impera/core/design";
import { withLoss, withUplink } from "@split-et-impera/core/study";
import { readFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import { parseResult } from "../result/index.ts";

let result: Result;

beforeAll(async () => {
  const file = new URL("../../studio/public/example.json", import.meta.url);
  result = parseResult("example.json", await readFile(file, "utf8"));
});

/** What a page recommends for a study. */
function recommended(study: Result["study"]): string | null {
  if (!canSimulate(result)) throw new Error("the example keeps no basis");
  const { design, verdict } = whatIf(result, study);
  return verdict(result.designs.map(({ id }) => design(id))).recommended ?? null;
}

test("it has a verdict", () => {
  expect(result.designs.map(({ id }) => id)).toContain(result.verdict.recommended);
});

test("at every loss of the study, designs and verdict are those of the study", () => {
  if (!canSimulate(result)) throw new Error("the example keeps no basis");
  for (const { loss, designs, verdict } of result.sweep) {
    const { design, verdict: match } = whatIf(result, withLoss(result.study, loss));
    const found = result.designs.map(({ id }) => design(id));
    for (const point of designs) {
      const one = found.find(({ id }) => id === point.id)!;
      // The page sends designs to and fro between its workers: what each frame met would be most of them.
      expect(one).not.toHaveProperty("frames");
      const { latency, quality, holes, known } = one;
      expect([loss, one.id, latency.p95.value, quality, holes, known]).toEqual([
        loss,
        point.id,
        point.p95,
        point.quality,
        point.holes,
        "measured",
      ]);
    }
    expect([loss, match(found).recommended]).toEqual([loss, verdict.recommended]);
  }
});

test("at another rate it recommends what the study found there", () => {
  const { rates, losses, recommended: found } = result.lossMap;
  for (const place of [2, 5, 7]) {
    const study = withLoss(
      withUplink(result.study, () => ({ rate: rates[place]! })),
      losses[1]!,
    );
    expect([rates[place], recommended(study)]).toEqual([rates[place], found[1]![place]]);
  }
});
