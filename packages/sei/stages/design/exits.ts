/** @file Early exits of a study: trained, their thresholds found on samples held back, and what they say of the test images. */
import {
  calibrateExit,
  exitConfidence,
  exitFeatures,
  exitModel,
  trainExit,
  withFeatures,
  type Exit,
  type ExitCalibration,
  type ExitPlan,
  type ExitTrial,
} from "@split-et-impera/core/exits";
import type { ExitResult } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import { serialiseModel, splitSegments, type ModelProto } from "@split-et-impera/core/onnx";
import { randomStream } from "@split-et-impera/core/random";
import type { ExitOptions } from "@split-et-impera/core/study";
import type { Evidence } from "@split-et-impera/core/task";
import { elementBytes, rowsAt, zeros, type Tensor, type Tensors } from "@split-et-impera/core/tensor";
import { examine, inBatches } from "../answers/index.ts";
import { heldSamples } from "../check/index.ts";
import type { Context, Kept, Stage } from "../context.ts";
import { runStage } from "../run-stage.ts";
import { openForward } from "../forward.ts";
import { scoreText } from "../score-text.ts";
import { parts } from "./lessons.ts";
import { fedTo } from "./sent.ts";
import type { Subject } from "./subject.ts";

/** An exit that is ready to be put into designs. */
export interface ReadyExit {
  plan: ExitPlan;
  /** What it depends on, for keys. */
  key: unknown;
  result: ExitResult;
  /** Of one frame, or of any number. */
  model(batch: number | string): ModelProto;
  /** By test image, the exit's answer judged, and how sure it is. */
  answers: readonly Evidence[];
  confidence: Float32Array;
}

/** Most bytes of what exits learn from. */
const keptBytes = 2 ** 29;

interface ExitInput {
  subject: Subject;
  plan: ExitPlan;
  options: Omit<ExitOptions, "at">;
}

interface Learned {
  exit: Exit;
  calibration: ExitCalibration;
}

/** Trains an exit at a cut and finds its threshold, or takes both from the store; then asks it about the test images. */
export async function makeExit(subject: Subject, plan: ExitPlan, context: Context): Promise<Kept<ReadyExit>> {
  const { at: _where, ...options } = subject.study.explore.exits!;
  const input: ExitInput = { subject, plan, options };
  const learned = await runStage(exitStage, input, context);
  const { exit, calibration } = learned.value;
  const key = exitStage.key(input);
  const model = (batch: number | string): ModelProto => exitModel(plan, exit, isSquashed(plan), batch);
  const asked = await runStage(exitAnswersStage, { subject, plan, key, model: () => model(batchOf(subject)) }, context);
  const result: ExitResult = {
    cut: plan.tensor,
    features: plan.features,
    parameters: [...exit.parameters.values()].reduce((sum, { data }) => sum + data.length, 0),
    epochs: exit.history,
    calibration,
  };
  return { value: { plan, key, result, model, ...asked.value }, cached: learned.cached && asked.cached };
}

const isSquashed = ({ scores }: ExitPlan): boolean => scores.logits !== scores.output;

const batchOf = ({ inspection: { batch } }: Subject): number | string => batch?.symbol ?? 1;

/** The head trained on two thirds of the training samples; on the others its threshold is found. */
const exitStage: Stage<ExitInput, Learned> = {
  name: "exit",
  version: 1,
  key: ({ subject: { modelHash, trainKey, study }, plan, options }) => [
    modelHash,
    trainKey,
    plan.tensor,
    options,
    study.seed,
  ],
  async run({ subject, plan, options }, context) {
    const { study, train } = subject;
    const { engine, signal, update } = context;
    const each = elementBytes("float32") * (plan.features + plan.scores.columns);
    const count = Math.min(train.count, Math.max(1, Math.floor(keptBytes / each)));
    const { features, logits } = await seenBy(subject, plan, count, context);
    const labels = labelsOf(subject, logits, count);
    const order = randomStream(study.seed, `exit/${plan.tensor}`).permutation(count);
    const held = order.subarray(0, heldSamples(count));
    const taught = order.subarray(held.length);
    const exit = await trainExit(
      engine,
      plan,
      {
        features: rowsAt(features, taught),
        labels: Array.from(taught, (i) => labels[i]!),
        teacher: rowsAt(logits, taught),
      },
      {
        ...options,
        seed: study.seed,
        signal,
        onProgress: ({ epoch, epochs, secondsLeft, ...score }) =>
          update(`epoch ${epoch + 1}/${epochs}, ${scoreText(score)}, ${Math.ceil(secondsLeft)} s left`),
      },
    );
    const session = await engine.load(serialiseModel(exitModel(plan, exit, isSquashed(plan), "N", "features")));
    try {
      const { output, columns } = plan.scores;
      const trials: ExitTrial[] = [];
      for (const part of parts(held.length, 1024)) {
        const images = part.map((i) => held[i]!);
        const found = await session.run({ [exitFeatures]: rowsAt(features, images) });
        const [scores, confidence] = [found[output]!.data as Float32Array, found[exitConfidence]!.data as Float32Array];
        const level = isSquashed(plan) ? 0.5 : 0;
        images.forEach((image, row) => {
          const truth = labels[image]!;
          const exits = classAt(scores, row, columns, level) === truth;
          const whole = classAt(logits.data, image, columns, 0) === truth;
          trials.push({ confidence: confidence[row]!, exit: exits, whole });
        });
      }
      return { exit, calibration: calibrateExit(trials, options) };
    } finally {
      await session.release();
    }
  },
};

/** What is left of the tensor, and the whole model's logits, of the first training samples. */
async function seenBy(
  { inspection, train }: Subject,
  plan: ExitPlan,
  count: number,
  { engine, signal, update }: Context,
): Promise<{ features: Tensor<"float32">; logits: Tensor<"float32"> }> {
  const { logits: name, columns } = plan.scores;
  const features = zeros("float32", [count, plan.features]);
  const logits = zeros("float32", [count, columns]);
  await using forward = await openForward(engine, withFeatures(inspection.model, plan, [name]), inspection, [
    exitFeatures,
    name,
  ]);
  for (const part of parts(count, train.atOnce)) {
    signal.throwIfAborted();
    const found = await forward.run(train.feeds(part));
    features.data.set(found[exitFeatures]!.data as Float32Array, part[0]! * plan.features);
    logits.data.set(found[name]!.data as Float32Array, part[0]! * columns);
    update(`features of ${part.at(-1)! + 1} of ${count} images`);
  }
  return { features, logits };
}

/** What is true of training samples; where only the test images say, what the whole model says. */
function labelsOf({ taught }: Subject, logits: Tensor<"float32">, count: number): number[] {
  const said = (i: number): number => classAt(logits.data, i, logits.dims[1]!, 0);
  const all = Array.from({ length: count }, (_, i) => i);
  if (!taught) return all.map(said);
  try {
    return all.map((i) => {
      const truth = taught(i) as number | { class: number };
      return typeof truth === "number" ? truth : truth.class;
    });
  } catch (error) {
    if (error instanceof InputError && error.code === "ERR_TASK_TRUTH") return all.map(said);
    throw error;
  }
}

/** The class of a row of scores: the largest one's, or of a single one whether it is above `level`. */
function classAt(scores: Float32Array, row: number, columns: number, level: number): number {
  if (columns === 1) return scores[row]! > level ? 1 : 0;
  let best = 0;
  for (let c = 1; c < columns; c++) if (scores[row * columns + c]! > scores[row * columns + best]!) best = c;
  return best;
}

interface AnswersInput {
  subject: Subject;
  plan: ExitPlan;
  key: unknown;
  model(): ModelProto;
}

/** The exit asked about every test image, behind the head of the model. */
const exitAnswersStage: Stage<AnswersInput, Pick<ReadyExit, "answers" | "confidence">> = {
  name: "exit-answers",
  version: 1,
  key: ({ subject: { testKey }, key }) => [key, testKey],
  async run({ subject, plan, model }, { engine, signal }) {
    const { inspection, test, exam } = subject;
    const [head] = splitSegments(inspection, [[plan.tensor]]).models;
    const front = await engine.load(serialiseModel(head!));
    const back = await engine.load(serialiseModel(model())).catch(async (error: unknown) => {
      await front.release();
      throw error;
    });
    const confidence = new Float32Array(test.count);
    /** The exit answers as the model does; beside that it says how sure it is. */
    const said = (images: readonly number[]) => ({
      ...back,
      async run(feeds: Tensors): Promise<Tensors> {
        const found = await back.run(feeds);
        const sure = found[exitConfidence]!.data as Float32Array;
        images.forEach((image, row) => (confidence[image] = sure[row]!));
        return found;
      },
    });
    try {
      const answers = await inBatches(test.count, test.atOnce, signal, async (images) => {
        const made = await front.run(fedTo(front, test.feeds(images)), [plan.tensor]);
        return examine(exam, said(images), made, images);
      });
      return { answers, confidence };
    } finally {
      await front.release();
      await back.release();
    }
  },
};
