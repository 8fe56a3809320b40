/** @file The page's script: the same work with ONNX Runtime for the web. */
import * as ort from "onnxruntime-web/wasm";
import type { Engine } from "../../packages/core/engine/index.ts";
import type { Tensor, Tensors } from "../../packages/core/tensor/index.ts";
import { work, type Work } from "./work.ts";

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = "/runtime/";

const engine: Engine = {
  name: "onnxruntime-web",
  async load(model) {
    const session = await ort.InferenceSession.create(model as Uint8Array);
    return {
      inputs: session.inputNames,
      outputs: session.outputNames,
      async run(feeds, fetches = session.outputNames) {
        const inputs = Object.entries(feeds).map(([name, { type, data, dims }]) => {
          const tensor = new ort.Tensor(type as "float32", data as Float32Array, dims);
          return [name, tensor] as const;
        });
        const outputs = await session.run(Object.fromEntries(inputs), [...fetches]);
        const entries = Object.entries(outputs).map(([name, { type, dims, data }]) => [name, { type, dims, data }]);
        return Object.fromEntries(entries) as Tensors;
      },
      release: () => session.release(),
    };
  },
};

declare global {
  // What the test calls.
  var done: Promise<Work>;
}

globalThis.done = work(engine);
export type { Tensor };
