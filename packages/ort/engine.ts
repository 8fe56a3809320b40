/** @file ONNX Runtime behind core's interface of an engine. This is the only module that imports it. */
import type { Engine, EngineOptions, Session } from "@split-et-impera/core/engine";
import { InputError } from "@split-et-impera/core/errors";
import type { Tensor, Tensors } from "@split-et-impera/core/tensor";
import { createRequire } from "node:module";
import type * as Ort from "onnxruntime-node";

const ort = loadRuntime();
ort.env.logLevel = "error";

/** The engine in this process. */
export const localEngine: Engine = {
  name: `onnxruntime-node ${ort.env.versions.node ?? "unknown"}`,

  async load(model, options: EngineOptions = {}) {
    const sessionOptions: Ort.InferenceSession.SessionOptions = {
      executionProviders: ["cpu"],
      graphOptimizationLevel: options.optimisation === "none" ? "disabled" : "all",
      ...(options.threads !== undefined && { intraOpNumThreads: options.threads }),
      logSeverityLevel: 4,
      extra: {
        session: {
          // Moments and statistics of dead channels decay to denormal numbers, with which processors compute a hundred times slower.
          set_denormal_as_zero: "1",
          // Else threads spin for some 50 ms after the last run: a processor burnt between two frames, and taken from what runs then.
          force_spinning_stop: "1",
          ...(options.spin === false && { intra_op: { allow_spinning: "0" } }),
        },
      },
    };
    try {
      return wrap(await ort.InferenceSession.create(model as string, sessionOptions));
    } catch (error) {
      throw new InputError("ERR_MODEL_REJECTED", `the engine cannot load the model: ${reason(error)}`, {
        cause: error,
      });
    }
  },
};

/**
 * Loads the runtime as if there were no Float16Array: this version's binding counts zero bytes in one. It looks for it when
 * the first tensor is made, and takes and gives Uint16Array of the bits where there is none.
 */
function loadRuntime(): typeof Ort {
  const known = Object.getOwnPropertyDescriptor(globalThis, "Float16Array");
  try {
    if (known) Reflect.deleteProperty(globalThis, "Float16Array");
    // The package's ES entry re-exports CommonJS; requiring it keeps one copy and loads it only here.
    const runtime = createRequire(import.meta.url)("onnxruntime-node") as typeof Ort;
    void new runtime.Tensor("float32", Float32Array.of(0), [1]);
    return runtime;
  } finally {
    if (known) Object.defineProperty(globalThis, "Float16Array", known);
  }
}

function wrap(session: Ort.InferenceSession): Session {
  // The runtime hands out no sequences and maps; of a scikit-learn classifier, say, the tensors before them.
  const tensors = session.outputMetadata.filter(({ isTensor }) => isTensor).map(({ name }) => name);
  return {
    inputs: session.inputNames,
    outputs: tensors,
    async run(feeds, fetches = tensors) {
      const inputs = Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, toOrt(value)]));
      let outputs: Ort.InferenceSession.ReturnType;
      try {
        outputs = await session.run(inputs, fetches);
      } catch (error) {
        throw new InputError("ERR_MODEL_RUN", `the engine cannot run the model: ${reason(error)}`, { cause: error });
      }
      const result: Tensors = {};
      for (const name of fetches) result[name] = fromOrt(outputs[name]!);
      return result;
    },
    release: () => session.release(),
  };
}

function toOrt(value: Tensor): Ort.Tensor {
  return new ort.Tensor(value.type as "float32", value.data as Float32Array, value.dims);
}

function fromOrt(value: Ort.OnnxValue): Tensor {
  const { type, dims, data } = value;
  return { type, dims, data } as Tensor;
}

/** The runtime's message on one line, without the source positions in front. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\s+/g, " ").trim().slice(0, 400);
}
