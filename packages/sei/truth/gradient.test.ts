/** @file Gradients of trained networks against another framework's, in float64; old networks of other families. */
import { differentiate } from "@split-et-impera/core/gradient";
import { copyModel, createBuilder, inspectModel, randomInput, serialiseModel } from "@split-et-impera/core/onnx";
import { classAim, saliencyCurve } from "@split-et-impera/core/saliency";
import { int64 } from "@split-et-impera/core/tensor";
import { crossEntropy } from "@split-et-impera/core/training";
import { engine } from "@split-et-impera/ort";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { labelOf } from "../data/index.ts";
import { parseNpy } from "../data/npy.ts";
import { openZip } from "../data/zip.ts";
import { readModel } from "../model/index.ts";
import { cifar10, needs, shared } from "./testing/shared.ts";

test.for(["vgg16-cifar10", "resnet20-cifar10"])(
  "gradients of %s agree with another framework",
  async (name, context) => {
    const file = `truth/gradient/${name}.npz`;
    needs(context, file, `models/${name}.onnx`, "data/cifar-10-batches-bin");
    const zip = openZip(await readFile(shared + file), file);
    const arrays = new Map(zip.names.map((entry) => [entry.replace(/\.npy$/, ""), parseNpy(zip.read(entry), entry)]));
    const model = copyModel(await readModel(`${shared}models/${name}.onnx`));
    const g = createBuilder(model);
    g.input("label", "int64", ["batch"]);
    const { loss } = crossEntropy(g, "logits", "label", 10);
    g.output(loss, "float32", []);
    const wrt = [...arrays.keys()].filter((key) => /^(grad|norm)\//.test(key)).map((key) => key.slice(5));
    const found = await differentiate(engine, model, { of: loss, wrt });
    expect(found.seed).toBeUndefined();

    const data = await cifar10(8);
    const first = Array.from({ length: 8 }, (_, i) => i);
    const session = await engine.load(serialiseModel(found.model));
    const labels = int64(
      [8],
      first.map((i) => labelOf(data, i)),
    );
    const result = await session.run({ image: data.batch(first), label: labels });
    await session.release();

    let worst = 0;
    const compare = (got: ArrayLike<number>, wanted: ArrayLike<number>): void => {
      expect(got.length).toBe(wanted.length);
      const largest = Array.from(wanted).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      for (let i = 0; i < got.length; i++) worst = Math.max(worst, Math.abs(got[i]! - wanted[i]!) / largest);
    };
    let compared = 0;
    for (const [key, { data: wanted }] of arrays) {
      if (key === "loss" || key === "logits")
        compare(result[key === "loss" ? loss : key]!.data as Float32Array, wanted);
      else {
        const got = result[`grad/${key.slice(5)}`]!.data as Float32Array;
        if (key.startsWith("grad/")) compare(got, wanted);
        else compare([Math.hypot(...chunks(got))], wanted);
      }
      compared++;
    }
    console.log(`${name}: ${compared} arrays, worst relative error ${worst.toExponential(1)}`);
    expect(worst).toBeLessThan(1e-3);
  },
);

test.for(["squeezenet", "inception_v1", "resnet50"])(
  "%s of operator set 9 has a saliency curve",
  async (name, context) => {
    const file = `models/light/${name}.onnx`;
    needs(context, file);
    const inspection = await inspectModel(await readModel(shared + file), engine);
    const input = randomInput([1, ...inspection.input.shape], "image");
    const classes = Array.from({ length: inspection.output.shape[0]! }, (_, i) => `${i}`);
    const aim = classAim(inspection, classes, "predicted");
    const { points } = await saliencyCurve(
      engine,
      inspection,
      [{ feeds: { [inspection.input.name]: input }, truths: [0] }],
      aim,
    );
    expect(points.length).toBeGreaterThan(50);
    expect(points.every(({ cs }) => cs > 0)).toBe(true);
  },
);

/** Norms of parts, since a call takes only so many arguments. */
function chunks(values: Float32Array): number[] {
  const norms: number[] = [];
  for (let i = 0; i < values.length; i += 4096) norms.push(Math.hypot(...values.subarray(i, i + 4096)));
  return norms;
}
