/** @file Which tensor holds the class scores of a model: before a softmax, and before what only moves or retypes them. */
import { InputError } from "../errors/index.ts";
import type { Inspection } from "../onnx/index.ts";
import { sizeOf } from "../tensor/index.ts";

const softmaxes = new Set(["Softmax", "LogSoftmax"]);
/** Operators that give the numbers of their first input again, under another shape or type. */
const movers = new Set(["Cast", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"]);

/**
 * The tensor of class scores, float32 [batch, classes] or with ones behind: Grad-CAM differentiates the logit before a final
 * softmax, not the probability.
 *
 * @throws InputError `ERR_MODEL_OUTPUT` where the output is none of class scores
 */
export function logitsTensor(inspection: Inspection): string {
  const { index, output, seen } = inspection;
  let found = isScores(inspection, output.name) ? output.name : undefined;
  let name = output.name;
  for (;;) {
    const node = index.nodes[index.producer.get(name) ?? -1];
    const [before = ""] = node?.input ?? [];
    const softmax = node !== undefined && softmaxes.has(node.opType);
    if (!node || !seen.has(before) || !(softmax || movers.has(node.opType))) break;
    if (sizeOf(seen.get(before)!.dims) !== sizeOf(seen.get(name)!.dims)) break;
    name = before;
    if (isScores(inspection, name) && (softmax || !found || !isScores(inspection, found))) found = name;
  }
  if (found !== undefined) return found;
  throw new InputError("ERR_MODEL_OUTPUT", refusal(inspection));
}

function isScores({ seen, batch }: Inspection, name: string): boolean {
  const { type, dims } = seen.get(name)!;
  const [rows, classes = 0, ...rest] = dims;
  return type === "float32" && rows === (batch?.size ?? 1) && classes > 1 && rest.every((size) => size === 1);
}

function refusal({ index, output, seen, batch }: Inspection): string {
  const { type, dims } = seen.get(output.name)!;
  const others = index.outputs.filter((name) => name !== output.name && seen.has(name));
  const choice = others.length > 0 ? `; the model's other outputs are ${others.join(", ")}` : "";
  const shape = `the output "${output.name}" has the shape [${dims.join(", ")}]`;
  if (!type.startsWith("float")) return `${shape} and holds ${type}; expected float32 scores${choice}`;
  if (dims.length === 2 && dims[1] === 1 && dims[0] === (batch?.size ?? 1))
    return `${shape}, one score per image; expected one per class (a single logit, whose sign tells two classes, is not taken)${choice}`;
  if (type !== "float32") return `${shape} and holds ${type}; expected float32 scores${choice}`;
  return `${shape}; expected class scores, [batch, classes]${choice}`;
}
