/** @file Which of the curve's candidates a design cuts at. */
import { expect, test } from "vitest";
import { chooseCuts } from "./saliency.ts";

test("of a quantised layer the cut is what is sent for it, and its own tensor where bottlenecks are made too", () => {
  const point = { operator: "Relu", shape: [4], bytes: 16, lo: 0, hi: 9, legal: true, candidate: true };
  const points = [
    { ...point, tensor: "low", cs: 1 },
    { ...point, tensor: "r", sends: "q", cs: 2 },
    { ...point, tensor: "g", cs: 3 },
  ];
  const inspection = { cuts: ["low", "r", "q", "g"].map((tensor) => ({ tensors: [tensor] })) };
  const cuts = (bottlenecks: unknown[]): string[][] => {
    const study = { explore: { candidates: { from: "saliency", most: 2 }, bottlenecks } };
    const [subject, curve] = [{ study, inspection }, { points }] as unknown as Parameters<typeof chooseCuts>;
    return chooseCuts(subject, curve);
  };
  expect(cuts([])).toEqual([["q"], ["g"]]);
  expect(cuts(["any"])).toEqual([["r"], ["q"], ["g"]]);
});
