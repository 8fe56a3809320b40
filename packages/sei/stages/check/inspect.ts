/** @file The model of a study, of whatever inputs it is. */
import type { Engine } from "@split-et-impera/core/engine";
import { InputError } from "@split-et-impera/core/errors";
import { inspectModel, type Inspection, type InspectOptions, type ModelProto } from "@split-et-impera/core/onnx";

/**
 * Surveys a model of any inputs.
 * @throws InputError where its batch is fixed to several samples: frames come one by one
 */
export async function inspectAny(model: ModelProto, engine: Engine, options: InspectOptions): Promise<Inspection> {
  const inspection = await inspectModel(model, engine, { ...options, any: true });
  const { batch, rows, input, state } = inspection;
  if (state.length > 0)
    throw new InputError(
      "ERR_MODEL_STATE",
      `the model carries state from step to step (${state.map((one) => `"${one.input}"`).join(", ")}), which studies do not do yet; sei split and sei place do`,
    );
  if (!batch && rows > 1)
    throw new InputError(
      "ERR_MODEL_INPUT",
      `the input "${input.name}" has a fixed batch of ${rows}; export the model with a free one, or 1`,
    );
  return inspection;
}
