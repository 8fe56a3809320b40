/** @file Pieces between cuts of several tensors: they make up the model, and no large part of it is left whole. */
import { nodeMacs, proofFeeds, proveSegments, serialiseModel, splitSegments } from "@split-et-impera/core/onnx";
import { engine } from "@split-et-impera/ort";
import { describe, expect, it, test } from "vitest";
import { residualNetwork, twoInputNetwork, unetNetwork } from "../../../core/testing/networks.ts";
import { captured, takeApart, type Apart } from "./pieces.ts";

const unet = unetNetwork();
const twoInputs = twoInputNetwork();

const total = (list: readonly number[]): number => list.reduce((sum, x) => sum + x, 0);

/** Multiply-accumulates of every piece, as shares of the model's. */
function shares({ survey: { index, seen }, nodes }: Apart): number[] {
  const macs = nodes.map((list) => total(list.map((i) => (index.live[i] ? nodeMacs(index, i, seen) : 0))));
  return macs.map((one) => one / total(macs));
}

describe.each([
  ["a shortcut", residualNetwork()],
  ["the shape of a U", unet],
  ["two inputs", twoInputs],
])("a model with %s", (_, model) => {
  it("is its pieces one after the other, bit for bit", async () => {
    const { survey, pieces } = await takeApart(model, undefined);
    const cuts = pieces.slice(0, -1).map(({ tensors }) => tensors);
    const parts = splitSegments(survey, cuts).models.map(serialiseModel);
    expect(parts).toHaveLength(pieces.length);
    const feeds = proofFeeds(survey, "pieces").map((one) => one.feeds);
    const { proof } = await proveSegments(engine, serialiseModel(survey.model), parts, survey.index.outputs, feeds);
    expect(proof.exact).toBe(true);
  });

  it("has pieces that add up in operators, and bytes of all that crosses", async () => {
    const { survey, pieces, nodes } = await takeApart(model, undefined);
    const { index, one } = survey;
    expect(new Set(nodes.flat().filter((i) => index.live[i])).size).toBe(index.live.filter(Boolean).length);
    for (const { tensors, bytes } of pieces)
      expect(bytes).toBe(4 * total(tensors.map((name) => one.get(name)!.dims.reduce((a, b) => a * b, 1))));
  });
});

test("no large part of a U is left whole: no piece has more than two convolutions", async () => {
  const apart = await takeApart(unet, undefined);
  const { nodes } = apart.survey.index;
  expect(apart.pieces.some(({ tensors }) => tensors.length > 2)).toBe(true);
  for (const list of apart.nodes) expect(list.filter((i) => nodes[i]!.opType === "Conv").length).toBeLessThan(3);
  // The largest is the last convolution but one, at full size.
  expect(Math.max(...shares(apart))).toBeLessThan(0.42);
});

test("an input that is read late crosses every cut before", async () => {
  const apart = await takeApart(twoInputs, undefined);
  expect(apart.pieces[0]!.tensors).toContain("pose");
  // The picture as pixels, the numbers as they are.
  expect(captured(apart, [3, 8, 8])).toBe(3 * 64 + 24);
  expect(captured(apart, undefined)).toBe(4 * (3 * 64 + 6));
});
