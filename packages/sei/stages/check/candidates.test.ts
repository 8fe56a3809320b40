/** @file Every pair of tensors named as a cut: what is taken splits the model, and what is proposed instead is taken. */
import { InputError } from "@split-et-impera/core/errors";
import {
  inspectModel,
  proveSegments,
  serialiseModel,
  splitSegments,
  type Inspection,
} from "@split-et-impera/core/onnx";
import type { NamedCut, Study } from "@split-et-impera/core/study";
import { engine } from "@split-et-impera/ort";
import { expect, test } from "vitest";
import { buildModel } from "../../../core/testing/models.ts";
import { conv, residualNetwork, unetNetwork } from "../../../core/testing/networks.ts";
import { checkCandidates, cutAt, namedCuts } from "./candidates.ts";

/** Undefined where the names are taken, else what is said. */
function said(inspection: Inspection, ...names: NamedCut[]): string | undefined {
  try {
    checkCandidates({ explore: { candidates: { from: "names", names } } } as unknown as Study, inspection);
    return undefined;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
}

test.each([
  ["a residual network", residualNetwork()],
  ["a U", unetNetwork()],
])("pairs of tensors of %s", async (_, model) => {
  const inspection = await inspectModel(model, engine);
  const { index } = inspection;
  const names = [...index.inputs, ...index.producer.keys()];
  const whole = serialiseModel(inspection.model);
  const feeds = [inspection.feeds(2, "pairs")];
  let [taken, mended] = [0, 0];
  for (const [i, a] of names.entries()) {
    for (const b of names.slice(0, i)) {
      const message = said(inspection, [a, b]);
      if (message === undefined) {
        taken++;
        const [cut] = namedCuts([[a, b]], inspection);
        const parts = splitSegments(inspection, [cut!]).models.map((part) => serialiseModel(part));
        const { proof } = await proveSegments(engine, whole, parts, index.outputs, feeds);
        expect(proof.exact, `${a}, ${b}`).toBe(true);
      } else {
        const proposed = /; expected \[?([^\]]*)\]?; `/.exec(message)?.[1]?.split(", ");
        if (!proposed) expect(message).toMatch(/superfluous: nothing behind|leaves nothing behind|output/);
        else {
          mended++;
          expect(said(inspection, proposed.length > 1 ? proposed : proposed[0]!), message).toBeUndefined();
        }
      }
    }
  }
  expect(taken).toBeGreaterThan(2);
  expect(mended).toBeGreaterThan(2);
});

test("the model's input may cross beside what is made of it; what is no number with a batch may not", async () => {
  const model = buildModel((g) => {
    g.input("image", "float32", ["batch", 3, 8, 8]);
    const noise = conv(g, g.opAs("relu", "Relu", [conv(g, "image", "c1", 3, 4)]), "noise", 4, 3);
    const clean = g.opAs("clean", "Sub", ["image", noise]);
    const mask = g.opAs("mask", "Greater", [g.opAs("mean", "ReduceMean", [clean]), g.scalar(0)]);
    g.opAs("out", "Where", [mask, clean, noise]);
    g.output("out", "float32", ["batch", 3, 8, 8]);
  });
  const inspection = await inspectModel(model, engine);
  expect(said(inspection, ["relu", "image"])).toBeUndefined();
  expect(
    namedCuts(
      [
        ["relu", "image"],
        ["noise", "clean"],
      ],
      inspection,
    ),
  ).toEqual([
    ["image", "relu"],
    ["noise", "clean"],
  ]);
  expect(said(inspection, "relu")).toContain('"relu" is no legal cut: "image" is missing; expected [image, relu]');
  expect(said(inspection, ["mask", "clean", "noise"])).toMatch(
    /^explore\.candidates: "mask" holds bool \[.*\]; expected numbers with the batch as first dimension/,
  );
  expect(said(inspection, ["relu", "image"], ["image", "relu"])).toContain("is the same cut as one before it");
});

test("sizes that are constants in a study, where `sei inspect` lists them beside what crosses, are left out", async () => {
  const model = buildModel((g) => {
    // As a study has it: with the length that its samples have.
    g.input("x", "float32", ["batch", 5, 4]);
    g.opAs("r", "Relu", ["x"]);
    g.opAs("length", "Slice", [g.op("Shape", ["x"]), g.ints([1]), g.ints([2])]);
    g.opAs("row", "Concat", [g.ints([0]), "length", g.ints([2, 2])], { axis: { int: 0 } });
    g.opAs("y", "Reshape", ["r", "row"]);
    g.output("y");
  });
  const inspection = await inspectModel(model, engine);
  expect(said(inspection, ["r", "length"])).toBeUndefined();
  expect(namedCuts([["length", "r"]], inspection)).toEqual([["r"]]);
  expect(cutAt("r,length", inspection, "m.onnx")).toEqual(["r"]);
  expect(said(inspection, "length")).toMatch(/"length"/);
});

test("a tensor of bytes is a cut by its name, as it is for a design; what is none is told with one that is", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", ["batch", 3, 8, 8]);
    const [scale, zero] = [g.scalar(0.1), g.constant({ type: "uint8", dims: [], data: Uint8Array.of(0) })];
    conv(g, "x", "a", 3, 3);
    g.opAs("bytes", "QuantizeLinear", ["a", scale, zero]);
    g.opAs("y", "DequantizeLinear", ["bytes", scale, zero]);
    g.output("y");
  });
  const inspection = await inspectModel(model, engine);
  expect(cutAt("bytes", inspection, "m.onnx")).toEqual(["bytes"]);
  expect(() => cutAt("byte", inspection, "m.onnx")).toThrow(/--at: "byte" is no cut of m.onnx; did you mean "bytes"\?/);
});
