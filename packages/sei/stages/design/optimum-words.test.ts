/** @file The optimum beside simulated designs, in words: an order that the simulation turns round is explained. */
import { designsAt, type DesignResult } from "@split-et-impera/core/design";
import { expect, test } from "vitest";
import { syntheticResult } from "../../../charts/testing/fixture.ts";
import { withDesigns } from "./optimum-words.ts";

test("where the simulation puts placements in another order, it says what it adds to each", () => {
  const { optimum, designs } = syntheticResult();
  const made = (placement: NonNullable<typeof optimum>["best"]): DesignResult[] => designsAt(placement, designs);
  const best = optimum!.placements.find(({ kind, ...one }) => kind !== "SC" && made({ kind, ...one }).length > 0)!;
  const split = optimum!.placements.find((one) => one.kind === "SC" && one.candidate && made(one).length > 0)!;
  const at = (design: DesignResult, median: number, encode: number): DesignResult => ({
    ...design,
    latency: { ...design.latency, median: { ...design.latency.median, value: median } },
    parts: { ...design.parts, encode, decode: 0, queue: 0 },
  });
  const { sentence: _, ...priceless } = optimum!;
  const name = { kind: best.kind, ...(best.codec !== undefined && { codec: best.codec }) };
  const priced = [
    { ...best, seconds: 0.1, over: 0 },
    { ...split, seconds: 0.11, over: 0.01 },
  ];
  const say = (medians: [number, number]): string =>
    withDesigns(
      { ...priceless, placements: priced, best: name, value: 0.1 },
      [at(made(best)[0]!, medians[0], 0.02), at(made(split)[0]!, medians[1], 0.001)],
      false,
      { capturing: "camera", other: "server" },
    ).sentence;
  expect(say([0.13, 0.111])).toMatch(
    /medians are 130 ms and 111 ms, the other way round: to what is added up the simulation adds 20 ms of coding, 10 ms of sending \(.*\) and nothing\.$/,
  );
  expect(say([0.12, 0.2])).toMatch(/medians are 120 ms and 200 ms\.$/);
});

test("what is given up inside what the times may be off is said to be", () => {
  const { optimum, designs } = syntheticResult();
  const { sentence: _, ...priceless } = optimum!;
  const split = optimum!.placements.find((one) => one.kind === "SC" && one.candidate)!;
  const placements = [
    { kind: "LC" as const, seconds: 0.1, over: 0, candidate: true },
    { ...split, seconds: 0.102, over: 0.002 },
  ];
  const say = (unsure: number): string => {
    const given = { ...priceless, placements, best: { kind: "LC" as const }, value: 0.1, unsure };
    return withDesigns(given, designs, false, { capturing: "camera", other: "server" }).sentence;
  };
  expect(say(0.003)).toContain("gives up 2 ms (2 %), no more than the times that are added up may be off (3 ms)");
  expect(say(0.001)).not.toContain("may be off");
});
