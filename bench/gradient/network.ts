/** @file The benchmark's network: a VGG16 of half width for 32 x 32 images, trained (from a file) or with random weights. */
import { existsSync } from "node:fs";
import { readModel } from "split-et-impera";
import type { ModelProto } from "../../packages/core/onnx/index.ts";
import { buildModel } from "../../packages/core/testing/models.ts";
import { convolution, dense, type LayerContext } from "../../packages/core/training/index.ts";

/** Channels of convolutions; 0 is a pooling. */
const layers = [32, 32, 0, 64, 64, 0, 128, 128, 128, 0, 256, 256, 256, 0, 256, 256, 256, 0];

/** Input `image` [batch, 3, 32, 32], output `logits` [batch, 10]. */
export async function network(file: string): Promise<{ model: ModelProto; from: string }> {
  if (existsSync(file)) return { model: await readModel(file), from: file };
  const model = buildModel((g) => {
    const c: LayerContext = { g, parameters: new Map(), seed: 1, mode: "infer", updates: new Map() };
    let x = g.input("image", "float32", ["batch", 3, 32, 32]);
    let inputs = 3;
    layers.forEach((outputs, i) => {
      if (outputs === 0) x = g.op("MaxPool", [x], { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } });
      else {
        x = convolution(c, x, `layer${i}`, { inputs, outputs, kernel: 3, pad: 1, normalised: false });
        inputs = outputs;
      }
    });
    const hidden = g.op("Relu", [dense(c, g.op("Flatten", [x]), "hidden", 256, 256)]);
    g.opAs("logits", "Identity", [dense(c, hidden, "classes", 256, 10)]);
    g.output("logits", "float32", ["batch", 10]);
  });
  return { model, from: "random weights" };
}
