import { readFile, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openData } from "../../sei/data/index.ts";
import { parseNpy } from "../../sei/data/npy.ts";
import { openZip } from "../../sei/data/zip.ts";
import { engine } from "../../ort/index.ts";
import { readModel } from "../../sei/model/index.ts";
import { copyModel, createBuilder, inspectModel, randomInput, serialiseModel } from "../onnx/index.ts";
import { saliencyCurve } from "../saliency/index.ts";
import { int64 } from "../tensor/index.ts";
import { crossEntropy } from "../training/index.ts";
import { differentiate } from "./index.ts";

// Gradients of trained networks from another framework, in float64. They are not part of the repository.
const shared = fileURLToPath(new URL("../../../../shared/", import.meta.url));
const there = (path: string): Promise<boolean> =>
  stat(shared + path).then(
    () => true,
    () => false,
  );

test.each(["vgg16-cifar10", "resnet20-cifar10"])("gradients of %s agree with another framework", async (name) => {
  const file = `truth/gradient/${name}.npz`;
  if (!(await there(file))) {
    console.log(`skipped: no ${file}`);
    return;
  }
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

  const data = await openData(
    {
      format: "cifar10",
      path: `${shared}data/cifar-10-batches-bin`,
      normalise: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
      layout: "NCHW",
      limit: { test: 8, train: 8 },
    },
    "test",
  );
  const first = Array.from({ length: 8 }, (_, i) => i);
  const session = await engine.load(serialiseModel(found.model));
  const labels = int64(
    [8],
    first.map((i) => data.label(i)),
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
    if (key === "loss" || key === "logits") compare(result[key === "loss" ? loss : key]!.data as Float32Array, wanted);
    else {
      const got = result[`grad/${key.slice(5)}`]!.data as Float32Array;
      if (key.startsWith("grad/")) compare(got, wanted);
      else compare([Math.hypot(...chunks(got))], wanted);
    }
    compared++;
  }
  console.log(`${name}: ${compared} arrays, worst relative error ${worst.toExponential(1)}`);
  expect(worst).toBeLessThan(1e-3);
});

test.each(["squeezenet", "inception_v1", "resnet50"])("%s of operator set 9 has a saliency curve", async (name) => {
  const file = `models/light/${name}.onnx`;
  if (!(await there(file))) {
    console.log(`skipped: no ${file}`);
    return;
  }
  const inspection = await inspectModel(await readModel(shared + file), engine);
  const input = randomInput([1, ...inspection.input.shape], "image");
  const { points } = await saliencyCurve(engine, inspection, [{ input, labels: [0] }], "predicted");
  expect(points.length).toBeGreaterThan(50);
  expect(points.every(({ cs }) => cs > 0)).toBe(true);
});

/** Norms of parts, since a call takes only so many arguments. */
function chunks(values: Float32Array): number[] {
  const norms: number[] = [];
  for (let i = 0; i < values.length; i += 4096) norms.push(Math.hypot(...values.subarray(i, i + 4096)));
  return norms;
}
