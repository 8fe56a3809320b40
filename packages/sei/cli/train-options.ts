/** @file The flags of `sei train` that say how, and the settings that they make. */
import { InputError } from "@split-et-impera/core/errors";
import type { OptimiserKind, OptimiserOptions, ScheduleKind } from "@split-et-impera/core/training";
import { datagramPayload } from "@split-et-impera/core/design";
import type { TaskOptions } from "@split-et-impera/core/study";
import { codecKinds, type CodecKind } from "@split-et-impera/core/wire";
import type { ArgsDef } from "citty";
import type { Augmentation } from "../data/index.ts";
import type { TrainSettings } from "../stages/train/index.ts";
import { nearest } from "../nearest.ts";
import { parseDatagram } from "../study/index.ts";
import { wholeNumber } from "./data-options.ts";
import { burstsOf, checkLosses, shares } from "./loss-options.ts";
import { outputFlags } from "./model-options.ts";

/** Only infers the types of the flags. */
const flags = <const T extends ArgsDef>(definitions: T): T => definitions;

export const trainFlags = flags({
  ...outputFlags,
  from: { type: "string", valueHint: "TENSOR", description: "train only what comes after this tensor" },
  lost: {
    type: "string",
    valueHint: "A,B",
    description:
      "with --from: shares of datagrams lost, of which each sample meets one, so that the rest learns to do without",
  },
  bursts: {
    type: "string",
    valueHint: "A,B",
    description: "with --lost: datagrams lost in a row, in the mean; each sample meets one (default: 1,3)",
  },
  codec: {
    type: "enum",
    options: [...codecKinds],
    valueHint: "KIND",
    description: "with --lost: what the tensor is sent as (default: uint8)",
  },
  payload: {
    type: "string",
    valueHint: "BYTES",
    description: `with --lost: most bytes of a message in a datagram (default: ${datagramPayload})`,
  },
  until: { type: "string", valueHint: "TENSOR", description: "train only what leads to this tensor" },
  only: { type: "string", valueHint: "NAME,NAME", description: "train only weights of these names; * for anything" },
  initialise: { type: "boolean", description: "begin with fresh weights instead of the model's" },
  epochs: { type: "string", valueHint: "N", description: "times through the training images", default: "10" },
  batch: { type: "string", valueHint: "N", description: "images at once", default: "64" },
  accumulate: { type: "string", valueHint: "N", description: "batches whose gradients make one step", default: "1" },
  optimiser: {
    type: "enum",
    valueHint: "sgd|adam|adamw",
    options: ["sgd", "adam", "adamw"],
    description: "how weights move",
    default: "adamw",
  },
  "learning-rate": {
    type: "string",
    valueHint: "R",
    description: "the largest step size (default: sgd 0.05, adam and adamw 0.002)",
  },
  momentum: { type: "string", valueHint: "M", description: "of sgd", default: "0.9" },
  nesterov: { type: "boolean", description: "sgd looks one step ahead" },
  "weight-decay": {
    type: "string",
    valueHint: "D",
    description: "of kernels and matrices (default: sgd 0.0005, adam 0, adamw 0.01)",
  },
  schedule: {
    type: "enum",
    valueHint: "constant|cosine|one-cycle",
    options: ["constant", "cosine", "one-cycle"],
    description: "how the step size changes",
    default: "one-cycle",
  },
  "warm-up": {
    type: "string",
    valueHint: "EPOCHS",
    description: "epochs in which the step size rises (default: one-cycle 30 % of all, else 0)",
  },
  clip: { type: "string", valueHint: "NORM", description: "largest norm of all gradients together (default: none)" },
  loss: {
    type: "enum",
    valueHint: "KIND",
    options: ["cross-entropy", "mse", "distillation", "task", "outputs"],
    description:
      "what is made small: cross-entropy, mse or distillation of classes, the task's own, or the distance of all outputs from the teacher's, or from the model's own as it came (default: cross-entropy of classes, else task)",
  },
  task: {
    type: "string",
    valueHint: "KIND",
    description:
      "what the model is for: a word, or what a study can say of its task (default: classification where the data have classes, else agreement)",
  },
  smoothing: {
    type: "string",
    valueHint: "SHARE",
    description: "of the target, spread over all classes",
    default: "0",
  },
  teacher: {
    type: "string",
    valueHint: "MODEL",
    description: "whose scores or outputs are learned (distillation, mse, outputs)",
  },
  temperature: { type: "string", valueHint: "T", description: "softens the scores in distillation", default: "4" },
  "teacher-weight": {
    type: "string",
    valueHint: "SHARE",
    description: "of the teacher in distillation; the labels have the rest",
    default: "0.9",
  },
  augment: {
    type: "string",
    valueHint: "flip,crop,colour",
    description: "how training images vary, or none",
    default: "none",
  },
  "hold-back": {
    type: "string",
    valueHint: "SHARE",
    description: "of the training images, for the accuracy after each epoch",
    default: "0.1",
  },
  patience: {
    type: "string",
    valueHint: "EPOCHS",
    description: "stop after so many without a better result on images held back; keep the best",
  },
  seed: { type: "string", valueHint: "N", description: "of everything random", default: "1" },
});

/** Usual values of what depends on the optimiser. */
const usual: Record<OptimiserKind, { rate: number; decay: number }> = {
  sgd: { rate: 0.05, decay: 5e-4 },
  adam: { rate: 0.002, decay: 0 },
  adamw: { rate: 0.002, decay: 0.01 },
};

/** By the words of the command line. */
const augmentations: Record<string, Augmentation> = { flip: "mirror", crop: "shift", colour: "colour" };

type Text = "epochs" | "batch" | "accumulate" | "momentum" | "smoothing" | "temperature" | "teacher-weight";
type Optional =
  | "teacher"
  | "learning-rate"
  | "weight-decay"
  | "warm-up"
  | "clip"
  | "patience"
  | "from"
  | "lost"
  | "bursts"
  | "payload"
  | "until"
  | "output";

export interface TrainFlags
  extends Record<Text | "augment" | "hold-back" | "seed", string>, Partial<Record<Optional, string | undefined>> {
  optimiser: OptimiserKind;
  schedule: ScheduleKind;
  loss?: TrainSettings["loss"]["kind"] | undefined;
  task?: TaskOptions | undefined;
  codec?: CodecKind | undefined;
  nesterov?: boolean | undefined;
  initialise?: boolean | undefined;
  /** As written, each time that the flag was given. */
  only: readonly string[];
}

/** Throws `InputError` naming the flag, what was expected and what was given. */
export function trainSettings(args: TrainFlags): TrainSettings {
  const { optimiser: kind, from, until, only, output, task } = args;
  const lossy = lossyOf(args);
  const given = <K extends Optional>(flag: K, read: (flag: K, text: string) => number): number | undefined =>
    args[flag] === undefined ? undefined : read(flag, args[flag]);
  const epochs = wholeNumber("epochs", args.epochs);
  const warmUp = given("warm-up", between(0, epochs));
  const clip = given("clip", above(0));
  const patience = given("patience", wholeNumber);
  const holdBack = between(0, 0.9)("hold-back", args["hold-back"]);
  if (patience !== undefined && holdBack === 0)
    throw new InputError("ERR_USAGE", "--patience: expected images that are held back, got --hold-back 0");
  return {
    epochs,
    batch: wholeNumber("batch", args.batch),
    accumulate: wholeNumber("accumulate", args.accumulate),
    learningRate: given("learning-rate", above(0)) ?? usual[kind].rate,
    optimiser: optimiserOf(args, given("weight-decay", between(0, 1)) ?? usual[kind].decay),
    schedule: { kind: args.schedule, ...(warmUp !== undefined && { warmUp: warmUp / epochs }) },
    ...(clip !== undefined && { clip }),
    loss: lossOf(args),
    augment: augmentOf(args.augment),
    ...(patience !== undefined && { patience }),
    holdBack,
    ...(task && { task }),
    ...(output !== undefined && { output }),
    ...(from !== undefined && { from }),
    ...(lossy && { lossy }),
    ...(until !== undefined && { until }),
    ...(only.length > 0 && { only }),
    initialise: args.initialise === true,
    seed: wholeNumber("seed", args.seed),
  };
}

function optimiserOf({ optimiser: kind, momentum, nesterov }: TrainFlags, weightDecay: number): OptimiserOptions {
  if (kind === "sgd")
    return { kind, weightDecay, momentum: between(0, 0.999)("momentum", momentum), nesterov: nesterov === true };
  if (nesterov === true) throw new InputError("ERR_USAGE", `--nesterov: expected --optimiser sgd, got ${kind}`);
  return { kind, weightDecay };
}

function lossOf(args: TrainFlags): TrainSettings["loss"] {
  const { task, teacher } = args;
  const kind = args.loss ?? ((task?.kind ?? "classification") === "classification" ? "cross-entropy" : "task");
  const smoothing = between(0, 0.999)("smoothing", args.smoothing);
  if (kind === "mse") return { kind, teacher: teacher !== undefined };
  if (kind === "distillation") {
    if (teacher === undefined)
      throw new InputError("ERR_USAGE", "--loss distillation: expected --teacher with the model to learn from");
    const weight = between(0, 1)("teacher-weight", args["teacher-weight"]);
    return { kind, temperature: above(0)("temperature", args.temperature), weight, smoothing };
  }
  if (kind === "outputs" || (kind === "task" && teacher === undefined)) return { kind };
  if (teacher !== undefined)
    throw new InputError("ERR_USAGE", `--teacher: expected --loss distillation, mse or outputs, got ${kind}`);
  return { kind: "cross-entropy", smoothing };
}

function lossyOf(args: TrainFlags): TrainSettings["lossy"] {
  const { from, lost, bursts: said = "1,3", codec = "uint8", payload: most = String(datagramPayload) } = args;
  if (lost === undefined) {
    const idle = (["bursts", "codec", "payload"] as const).find((flag) => args[flag] !== undefined);
    if (idle !== undefined) throw new InputError("ERR_USAGE", `--${idle}: expected --lost, which it is about`);
    return undefined;
  }
  if (from === undefined)
    throw new InputError("ERR_USAGE", "--lost: expected --from with the tensor that crosses the link");
  const payload = parseDatagram(most);
  if (typeof payload === "string") throw new InputError("ERR_USAGE", `--payload: ${payload}`);
  const link = { losses: shares("lost", lost), bursts: burstsOf("bursts", said) };
  checkLosses("--lost", link);
  return { codec, ...link, payload };
}

function augmentOf(text: string): Augmentation[] {
  if (text === "none") return [];
  return text.split(",").map((word) => {
    const kind = Object.hasOwn(augmentations, word) ? augmentations[word] : undefined;
    if (kind === undefined) {
      const known = Object.keys(augmentations);
      throw new InputError(
        "ERR_USAGE",
        `--augment: expected ${known.join(", ")} or none, got "${word}"${nearest(word, known)}`,
      );
    }
    return kind;
  });
}

function number(flag: string, text: string, fits: (value: number) => boolean, expected: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || !fits(value))
    throw new InputError("ERR_USAGE", `--${flag}: expected a number ${expected}, got "${text}"`);
  return value;
}

const between =
  (low: number, high: number) =>
  (flag: string, text: string): number =>
    number(flag, text, (value) => value >= low && value <= high, `from ${low} to ${high}`);

const above =
  (low: number) =>
  (flag: string, text: string): number =>
    number(flag, text, (value) => value > low, `above ${low}`);
