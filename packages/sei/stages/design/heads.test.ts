/** @file Which cuts the optimum adds up: a row of them, those that the study names in any case. */
import { inspectModel, type ModelProto } from "@split-et-impera/core/onnx";
import { engine } from "@split-et-impera/ort";
import { expect, test } from "vitest";
import { buildModel } from "../../../core/testing/models.ts";
import { conv, residualNetwork, unetNetwork } from "../../../core/testing/networks.ts";
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

test("of models of much work fewer heads are priced, since each is run many times", async () => {
  const deep = (size: number): ModelProto =>
    buildModel((g) => {
      g.input("x", "float32", ["batch", 4, size, size]);
      let x = "x";
      for (let i = 0; i < 60; i++) x = conv(g, x, `c${i}`, 4, 4);
      g.output(x, "float32", ["batch", 4, size, size]);
    });
  expect((await row(deep(8))).cuts).toHaveLength(47);
  const inspection = await inspectModel(deep(8), engine);
  // The same as of a picture of 4000 x 4000, which nobody needs to run here.
  const wide = new Map(
    [...inspection.seen].map(([name, one]) => [
      name,
      one.dims.length === 4 && one.dims[2] === 8 ? { ...one, dims: [...one.dims.slice(0, 2), 4000, 4000] } : one,
    ]),
  );
  const { cuts, skipped } = pricedCuts({ inspection: { ...inspection, seen: wide } }, []);
  expect(cuts).toHaveLength(8);
  expect(skipped.many).toBeGreaterThan(40);
});
