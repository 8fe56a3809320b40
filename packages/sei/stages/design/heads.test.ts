/** @file Which cuts the optimum adds up: a row of them, those that the study names in any case. */
import { inspectModel, type ModelProto } from "@split-et-impera/core/onnx";
import { engine } from "@split-et-impera/ort";
import { expect, test } from "vitest";
import { residualNetwork, unetNetwork } from "../../../core/testing/networks.ts";
import { pricedCuts } from "./heads.ts";

async function row(model: ModelProto, ...candidates: string[][]) {
  const { cuts, skipped } = pricedCuts({ inspection: await inspectModel(model, engine) }, candidates);
  return { cuts: cuts.map((cut) => cut.join()), skipped };
}

test("of several tensors those with the fewest bytes, one behind the other; no views", async () => {
  const { cuts } = await row(unetNetwork());
  expect(cuts.filter((cut) => cut.includes(","))).toEqual([
    "top,c2",
    "top,middle,c3",
    "top,middle,c4",
    "top,s1",
    "top,c5",
  ]);
  expect((await row(residualNetwork())).cuts).toEqual(["stem", "relu1", "relu1,relu2", "sum", "relu3", "pool"]);
});

test("a cut that the study names comes first: what lies across it, or does nothing more, is left out and counted", async () => {
  expect(await row(residualNetwork(), ["relu1", "conv2"], ["flat"])).toEqual({
    cuts: ["stem", "relu1", "relu1,conv2", "sum", "relu3", "pool", "flat"],
    skipped: { many: 0, several: 1 },
  });
});
