/**
 * @file Trains parts.onnx, the small network that the conveyor study splits, with the project's own trainer:
 *
 *     npm run example:model
 *
 * Everything random comes from one seed; another version or machine may round differently. Give epochs and the number
 * of training images to change them: `npm run example:model -- 16 8000`. A third word is which network: `parts`, or `glance`,
 * which is half as wide and less sure, for the cameras of ../production that only count.
 */
import { create } from "@bufbuild/protobuf";
import { createBuilder, serialiseModel, type GraphBuilder, type ModelProto } from "@split-et-impera/core/onnx";
import { classification } from "@split-et-impera/core/task";
import { buildStep, convolution, crossEntropy, dense, train, type LayerContext, type Parameters } from "@split-et-impera/core/training";
import { GraphProtoSchema, ModelProtoSchema, OperatorSetIdProtoSchema } from "onnx-buf";
import { rename, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { engine, openData } from "split-et-impera";
import { augmentedBatch, labelOf } from "split-et-impera/data";

const seed = 1;
const epochs = Number(process.argv[2] ?? 16);
const options = {
  format: "conveyor" as const,
  normalise: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  layout: "NCHW" as const,
  limit: { test: 2000, train: Number(process.argv[3] ?? 8000) },
};
const [training, testing] = await Promise.all([openData(options, "train"), openData(options, "test")]);
const classes = training.classes.length;
const widths = { parts: [16, 32, 64], glance: [8, 16, 32] };
const name = (process.argv[4] ?? "parts") as keyof typeof widths;
if (!(name in widths)) throw new Error(`expected one of ${Object.keys(widths).join(", ")}, got "${name}"`);
const last = widths[name].at(-1)!;

/** Three blocks of two convolutions and a pooling, then two dense layers: a VGG in small. */
function network(c: LayerContext, image: string): string {
  let x = image;
  let inputs = 3;
  for (const [i, outputs] of widths[name].entries()) {
    x = convolution(c, x, `block${i + 1}/conv1`, { inputs, outputs, kernel: 3, pad: 1 });
    x = convolution(c, x, `block${i + 1}/conv2`, { inputs: outputs, outputs, kernel: 3, pad: 1 });
    c.g.scope(`block${i + 1}/`);
    x = c.g.op("MaxPool", [x], { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } });
    inputs = outputs;
  }
  c.g.scope("");
  const hidden = dense(c, c.g.op("Flatten", [x]), "dense1", last * 4 * 4, last);
  return dense(c, c.g.op("Relu", [hidden]), "dense2", last, classes);
}

function emptyModel(): { model: ModelProto; g: GraphBuilder } {
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: "split-et-impera",
    opsetImport: [create(OperatorSetIdProtoSchema, { version: 17n })],
    graph: create(GraphProtoSchema, { name }),
    metadataProps: [{ key: "classes", value: training.classes.join(",") }],
  });
  const g = createBuilder(model);
  g.input("image", "float32", ["batch", 3, 32, 32]);
  return { model, g };
}

const parameters: Parameters = new Map();
const forward = emptyModel();
forward.g.input("labels", "int64", ["batch"]);
const context: LayerContext = { g: forward.g, parameters, seed, mode: "train", updates: new Map() };
const { loss, correct } = crossEntropy(forward.g, network(context, "image"), "labels", classes, 0.05);
forward.g.output(loss);
forward.g.output(correct);
const feeds = (indices: Uint32Array, epoch: number) => ({
  image: augmentedBatch(training, indices, options, seed + epoch),
  labels: { type: "int64" as const, dims: [indices.length], data: BigInt64Array.from(indices, (i) => BigInt(labelOf(training, i))) },
});
const step = await buildStep(engine, {
  forward: forward.model,
  loss,
  figures: { accuracy: correct },
  trained: [...parameters.keys()].filter((name) => !context.updates.has(name)),
  updates: context.updates,
  example: feeds(Uint32Array.of(0, 1), 0),
  optimiser: { kind: "adamw", weightDecay: 1e-4 },
});
let shown = -1;
const trained = await train(engine, step, parameters, {
  epochs,
  batch: 64,
  learningRate: 2e-3,
  seed,
  count: training.count,
  feeds,
  onProgress({ epoch, loss, accuracy = 0, secondsLeft, done }) {
    if (Math.floor(done * epochs * 4) === shown) return;
    shown = Math.floor(done * epochs * 4);
    console.log(`epoch ${epoch + 1}/${epochs}: loss ${loss.toFixed(3)}, accuracy ${(100 * accuracy).toFixed(1)} %, ${Math.ceil(secondsLeft)} s left`);
  },
});

const exported = emptyModel();
const scores = network({ g: exported.g, parameters: trained.parameters, seed, mode: "infer", updates: new Map() }, "image");
exported.g.opAs("scores", "Identity", [scores]);
exported.g.output("scores", "float32", ["batch", classes]);
const bytes = serialiseModel(exported.model);
const task = classification({ kind: "classification", classes: training.classes });
const read = { outputs: ["scores"], decides: ["scores"], scores: "scores", columns: classes, notes: [] };
const session = await engine.load(bytes);
const confusion = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));
let right = 0;
for (let from = 0; from < testing.count; from += 100) {
  const indices = Array.from({ length: 100 }, (_, i) => from + i);
  const { scores } = await session.run({ image: testing.batch(indices) });
  const answers = task.answers(read, { scores: scores! }) as number[];
  for (const [row, i] of indices.entries()) {
    const said = answers[row]!;
    confusion[labelOf(testing, i)]![said]!++;
    if (said === labelOf(testing, i)) right++;
  }
}
console.log(`accuracy on ${testing.count} test images: ${((100 * right) / testing.count).toFixed(1)} %, ${bytes.length} bytes`);
console.table(Object.fromEntries(confusion.map((row, i) => [training.classes[i], Object.fromEntries(row.map((count, j) => [training.classes[j], count]))])));
const file = fileURLToPath(new URL(`${name}.onnx`, import.meta.url));
await writeFile(`${file}.tmp`, bytes);
await rename(`${file}.tmp`, file);
