/**
 * @file Trains belt.onnx, the detector that the belt study splits, with the project's own trainer:
 *
 *     npm run example:belt
 *
 * Everything random comes from one seed; another version or machine may round differently. Give epochs and the number
 * of training images to change them: `npm run example:belt -- 16 2500`.
 */
import { create } from "@bufbuild/protobuf";
import { createBuilder, serialiseModel, type GraphBuilder, type ModelProto } from "@split-et-impera/core/onnx";
import { buildStep, train, type LayerContext, type Parameters } from "@split-et-impera/core/training";
import { GraphProtoSchema, ModelProtoSchema, OperatorSetIdProtoSchema } from "onnx-buf";
import { rename, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { engine, openData } from "split-et-impera";
import { cells, detectionLoss, detections, heads, truthsOf, type Truths } from "./detector.ts";

const seed = 1;
const epochs = Number(process.argv[2] ?? 16);
const options = {
  format: "belt" as const,
  normalise: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  layout: "NCHW" as const,
  limit: { test: 1, train: Number(process.argv[3] ?? 2500) },
};
const training = await openData(options, "train");
const classes = training.classes.length;

function emptyModel(): { model: ModelProto; g: GraphBuilder } {
  const names = `{${training.classes.map((name, i) => `${i}: '${name}'`).join(", ")}}`;
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: "split-et-impera",
    opsetImport: [create(OperatorSetIdProtoSchema, { version: 17n })],
    graph: create(GraphProtoSchema, { name: "belt" }),
    // In Ultralytics' words.
    metadataProps: [
      { key: "task", value: "detect" },
      { key: "names", value: names },
    ],
  });
  const g = createBuilder(model);
  g.input("image", "float32", ["batch", 3, 64, 64]);
  return { model, g };
}

const parameters: Parameters = new Map();
const { model: forward, g } = emptyModel();
const places = cells * cells;
const truth: Record<keyof Truths, string> = {
  heat: g.input("heat", "float32", ["batch", classes, places]),
  boxes: g.input("truth", "float32", ["batch", 4, places]),
  known: g.input("known", "float32", ["batch", 1, places]),
};
const context: LayerContext = { g, parameters, seed, mode: "train", updates: new Map() };
const loss = detectionLoss(g, heads(context, "image", classes), truth);
g.output(loss);
const feeds = (indices: ArrayLike<number>) => {
  const { heat, boxes, known } = truthsOf(
    Array.from(indices, (i) => training.annotation(i).objects!),
    classes,
  );
  return { image: training.batch(indices), heat, truth: boxes, known };
};
const step = await buildStep(engine, {
  forward,
  loss,
  figures: {},
  trained: [...parameters.keys()].filter((name) => !context.updates.has(name)),
  updates: context.updates,
  example: feeds([0, 1]),
  optimiser: { kind: "adamw", weightDecay: 1e-4 },
});
let shown = -1;
const trained = await train(engine, step, parameters, {
  epochs,
  batch: 32,
  learningRate: 4e-3,
  seed,
  count: training.count,
  feeds,
  onProgress({ epoch, loss, secondsLeft }) {
    if (epoch === shown) return;
    shown = epoch;
    console.log(`epoch ${epoch + 1}/${epochs}: loss ${loss.toFixed(3)}, ${Math.ceil(secondsLeft)} s left`);
  },
});

const exported = emptyModel();
const found = heads({ g: exported.g, parameters: trained.parameters, seed, mode: "infer", updates: new Map() }, "image", classes);
exported.g.output(detections(exported.g, found), "float32", ["batch", 4 + classes, places]);
const bytes = serialiseModel(exported.model);
const file = fileURLToPath(new URL("belt.onnx", import.meta.url));
await writeFile(`${file}.tmp`, bytes);
await rename(`${file}.tmp`, file);
console.log(`belt.onnx: ${bytes.length} bytes; how good it is: sei score examples/belt/belt.onnx --data belt --limit 500`);
