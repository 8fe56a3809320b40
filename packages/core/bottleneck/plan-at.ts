/** @file The plan of a bottleneck at a cut of a model, or why there can be none. */
import { InputError, internal } from "../errors/index.ts";
import { describe, isSizedByValues, type Inspection } from "../onnx/index.ts";
import { channelAxes } from "../saliency/index.ts";
import type { BottleneckOptions } from "../study/index.ts";
import { planLinear } from "./plan-linear.ts";
import { planBottleneck, type BottleneckPlan } from "./plan.ts";

/**
 * The plan at a legal cut of a model. Throws `InputError` ERR_BOTTLENECK where it holds no float32 numbers per image, so
 * that a study knows before it computes anything for it.
 */
export function planAt(
  inspection: Inspection,
  tensor: string,
  { kind, compression }: Pick<BottleneckOptions, "kind" | "compression">,
): BottleneckPlan {
  const { cuts, seen, batch, index, state } = inspection;
  const cut = cuts.find(({ tensors }) => tensors[0] === tensor);
  if (!cut) throw internal(`"${tensor}" is no legal cut`);
  const { type, dims } = seen.get(tensor)!;
  if (type !== "float32" || dims[0] !== (batch?.size ?? 1))
    throw new InputError(
      "ERR_BOTTLENECK",
      `"${tensor}" holds ${type} [${dims.join(", ")}]; expected float32 with the batch as first dimension`,
    );
  if (state.length > 0)
    throw new InputError(
      "ERR_BOTTLENECK",
      "the model carries state from step to step, through which nothing is trained",
    );
  const varying = index.nodes.find(
    ({ output }, i) => index.live[i] && output.some((name) => isSizedByValues(inspection, name)),
  );
  if (varying)
    throw new InputError(
      "ERR_BOTTLENECK",
      `${describe(varying)} gives more or fewer numbers from image to image, which training does not follow`,
    );
  // Where no operator tells, three dimensions are tokens and more are a map.
  const axis = channelAxes(index, seen).get(tensor) ?? (dims.length === 3 ? 2 : 1);
  const plan = kind === "pca" ? planLinear : planBottleneck;
  return plan(dims.slice(1), compression, axis - 1);
}
