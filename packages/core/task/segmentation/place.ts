/** @file Where a model's outputs say the class of each pixel. */
import { InputError } from "../../errors/index.ts";
import { listOutputs, logitsBefore, namedOutput, sigmoids, softmaxes } from "../outputs.ts";
import { pictureSize } from "../picture.ts";
import type { ModelFacts } from "../task.ts";
import type { SegmentationSpec } from "./spec.ts";

/** The forms of outputs. */
export type MapForm = "logits" | "labels" | "probability";

/** How the classes of pixels are read: plain data. */
export interface MapPlace {
  form: MapForm;
  output: string;
  /** Numbers that saliency and training look at: one per class and pixel, or one per pixel. */
  scores: string;
  /** Classes of `scores`; 1 for a probability. */
  channels: number;
  /** Whether the classes of `scores` are its last dimension; else its second. */
  last: boolean;
  /** Whether a sigmoid makes a probability of `scores`. */
  squashed: boolean;
  height: number;
  width: number;
  /** What boxes of regions are in. */
  picture: { height: number; width: number };
}

/** The output with maps: by its name, or the first that fits, scores of the data's classes before others. */
export function mapPlace(facts: ModelFacts, { output, outputs: form, classes }: SegmentationSpec): MapPlace {
  const names = output === undefined ? facts.index.outputs : [namedOutput(facts, output).name];
  const found = names.flatMap((name) => {
    const place = placeIn(facts, name, classes.length);
    return place && (form === undefined || place.form === form) ? [place] : [];
  });
  const fits = ({ form, channels }: MapPlace): boolean =>
    form !== "logits" || channels === classes.length || channels === classes.length + 1;
  const chosen = found.find(fits) ?? found[0];
  if (chosen) return chosen;
  throw new InputError(
    "ERR_TASK_OUTPUT",
    `expected ${form ?? "logits"} of pixels: logits [N, ${classes.length}, height, width] for the ${classes.length} ` +
      `classes of the data, labels [N, height, width] or a probability [N, 1, height, width]; got ${listOutputs(facts)}`,
  );
}

function placeIn(facts: ModelFacts, output: string, classes: number): MapPlace | undefined {
  const seen = facts.seen.get(output);
  if (!seen) return undefined;
  const { type, dims } = seen;
  const whole = /^u?int/.test(type);
  if (!whole && !type.startsWith("float")) return undefined;
  if (dims.length !== 4 && !(dims.length === 3 && (whole || facts.rows === dims[0]))) return undefined;
  const last = dims.length === 4 && !fitsClasses(dims[1]!, classes) && fitsClasses(dims[3]!, classes);
  const [channels, height, width] =
    dims.length === 3
      ? [1, dims[1]!, dims[2]!]
      : last
        ? [dims[3]!, dims[1]!, dims[2]!]
        : [dims[1]!, dims[2]!, dims[3]!];
  const plain = { output, scores: output, channels, last, squashed: false };
  const place = { ...plain, height, width, picture: pictureSize(facts) };
  if (!whole && channels > 1) return { ...place, form: "logits", scores: logitsBefore(facts, output, softmaxes).name };
  if (channels !== 1) return undefined;
  if (!whole) {
    const { name: scores, squashed } = logitsBefore(facts, output, sigmoids);
    return { ...place, form: "probability", scores, squashed };
  }
  return { ...place, form: "labels", ...scoresOfLabels(facts, output) };
}

const fitsClasses = (size: number, classes: number): boolean => size === classes || size === classes + 1 || size === 1;

/** What an ArgMax chose labels from. */
function scoresOfLabels(facts: ModelFacts, output: string): Partial<MapPlace> {
  const { index, seen } = facts;
  let name = output;
  for (;;) {
    const node = index.nodes[index.producer.get(name) ?? -1];
    const before = node?.input[0];
    const dims = before === undefined ? undefined : seen.get(before)?.dims;
    if (!node || before === undefined || !dims) return {};
    if (node.opType === "ArgMax") {
      const axis = Number(node.attribute.find((one) => one.name === "axis")?.i ?? 0n);
      const last = axis === 3 || axis === -1;
      if (dims.length !== 4 || !(last || axis === 1 || axis === -3)) return {};
      return { scores: before, channels: dims[last ? 3 : 1]!, last };
    }
    if (!["Cast", "Squeeze", "Unsqueeze", "Identity", "Reshape"].includes(node.opType)) return {};
    name = before;
  }
}
