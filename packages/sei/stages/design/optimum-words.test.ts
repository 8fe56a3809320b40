/** @file The optimum beside simulated designs: an order that the simulation turns round is explained. */
import { designsAt, type DesignResult, type Phrase } from "@split-et-impera/core/design";
import { expect, test } from "vitest";
import { syntheticResult } from "../../testing/fixture.ts";
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
  const { says: _, ...priceless } = optimum!;
  const name = { kind: best.kind, ...(best.codec !== undefined && { codec: best.codec }) };
  const priced = [
    { ...best, seconds: 0.1, over: 0 },
    { ...split, seconds: 0.11, over: 0.01 },
  ];
  const say = (medians: [number, number]): Phrase | undefined =>
    withDesigns(
      { ...priceless, placements: priced, best: name, value: 0.1 },
      {
        designs: [at(made(best)[0]!, medians[0], 0.02), at(made(split)[0]!, medians[1], 0.001)],
        added: false,
        candidates: 1,
        hosts: { capturing: "camera", other: "server" },
      },
    ).says.find(({ kind }) => kind === "simulated");
  const turned = say([0.13, 0.111]) as Extract<Phrase, { kind: "simulated" }>;
  expect(turned.medians).toEqual([0.13, 0.111]);
  expect(turned.added!.map(({ coding }) => coding)).toEqual([0.02, 0.001]);
  expect(turned.added![0]!.sending).toBeCloseTo(0.01, 12);
  expect(turned.added![1]!.sending).toBeCloseTo(0, 12);
  expect(say([0.12, 0.2])).toEqual({ kind: "simulated", medians: [0.12, 0.2] });
});

test("what is given up inside what the times may be off is said to be", () => {
  const { optimum, designs } = syntheticResult();
  const { says: _, ...priceless } = optimum!;
  const split = optimum!.placements.find((one) => one.kind === "SC" && one.candidate)!;
  const placements = [
    { kind: "LC" as const, seconds: 0.1, over: 0, candidate: true },
    { ...split, seconds: 0.102, over: 0.002 },
  ];
  const say = (unsure: number): Phrase => {
    const given = { ...priceless, placements, best: { kind: "LC" as const }, value: 0.1, unsure };
    const context = { designs, added: false, candidates: 1, hosts: { capturing: "camera", other: "server" } };
    return withDesigns(given, context).says.find(({ kind }) => kind === "gives-up")!;
  };
  expect(say(0.003)).toMatchObject({ seconds: 0.002, unsure: 0.003 });
  expect(say(0.001)).not.toHaveProperty("unsure");
});

test("no candidates at all are another thing than hosts without room for them", () => {
  const { optimum, designs } = syntheticResult();
  const { says: _, ...priceless } = optimum!;
  const placements = [{ kind: "LC" as const, seconds: 0.1, over: 0, candidate: true }];
  const say = (candidates: number): string[] =>
    withDesigns(
      { ...priceless, placements, best: { kind: "LC" as const }, value: 0.1 },
      { designs, added: false, candidates, hosts: { capturing: "camera", other: "server" } },
    ).says.map(({ kind }) => kind);
  expect(say(0)).toContain("none-tried");
  expect(say(2)).toContain("no-candidate");
});
