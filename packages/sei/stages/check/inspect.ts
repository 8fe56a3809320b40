/** @file The model of a study, of whatever inputs it is. */
import type { Engine } from "@split-et-impera/core/engine";
import { InputError } from "@split-et-impera/core/errors";
import {
  copyModel,
  inspectModel,
  valueInfo,
  type Inspection,
  type InspectOptions,
  type ModelProto,
} from "@split-et-impera/core/onnx";

/**
 * Surveys a model of any inputs. All samples have one size: what the model leaves open but for the batch is fixed, so that
 * what it computes from sizes is constant, and crosses no cut.
 * @throws InputError where its batch is fixed to several samples: frames come one by one
 */
export async function inspectAny(model: ModelProto, engine: Engine, options: InspectOptions): Promise<Inspection> {
  const open = await inspectModel(model, engine, { ...options, any: true });
  const { batch, rows, input } = open;
  if (!batch && rows > 1)
    throw new InputError(
      "ERR_MODEL_INPUT",
      `the input "${input.name}" has a fixed batch of ${rows}; export the model with a free one, or 1`,
    );
  const fixed = withSizes(model, open);
  return fixed ? inspectModel(fixed, engine, { ...options, any: true }) : open;
}

/** The model with the sizes with which it was run; undefined where only its batch is open. */
function withSizes(model: ModelProto, { inputs, sizes, batch, state }: Inspection): ModelProto | undefined {
  // Of what grows from step to step no size is one.
  if (state.some(({ grows }) => grows.length > 0)) return undefined;
  const isOpen = (dim: number | string): boolean => typeof dim === "string" && dim !== batch?.symbol;
  if (!inputs.some(({ dims }) => dims.some(isOpen))) return undefined;
  const copy = copyModel(model);
  const declared = new Map(inputs.map((one) => [one.name, one]));
  copy.graph!.input = copy.graph!.input.map((info) => {
    const one = declared.get(info.name);
    if (!one?.dims.some(isOpen)) return info;
    return valueInfo(
      one.name,
      one.type,
      one.dims.map((dim) => (isOpen(dim) ? sizes.get(dim as string)! : dim)),
    );
  });
  return copy;
}
