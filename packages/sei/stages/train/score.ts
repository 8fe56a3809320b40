/** @file How good a model is on images, and parameters on those held back. */
import { serialiseModel, type Inspection } from "@split-et-impera/core/onnx";
import { areProbabilities, scoresBy, type ClassBinding } from "@split-et-impera/core/task";
import type { Tensors } from "@split-et-impera/core/tensor";
import { fed, type Score, type TrainableNetwork } from "@split-et-impera/core/training";
import type { Dataset } from "../../data/index.ts";
import { examineWhole, examOf, taskOf, type Exam } from "../answers/index.ts";
import { engine } from "@split-et-impera/ort";
import { openForward } from "../forward.ts";
import { labelsOf } from "./images.ts";
import type { Inputs } from "./inputs.ts";

/** Images at once where nothing is learned. */
const evaluationBatch = 100;

/** How good parameters are on the images held back: the network in inference, its weights from outside. */
export async function openEvaluator(
  { network: { evaluation, input, parameters: own }, training }: { network: TrainableNetwork; training: Dataset },
  inputs: Inputs,
  held: Uint32Array,
  signal: AbortSignal,
): Promise<{ score(parameters: Tensors): Promise<Score>; release(): Promise<void> }> {
  const session = await engine.load(serialiseModel(evaluation.model));
  return {
    async score(parameters) {
      const weights = Object.fromEntries([...own.keys()].map((name) => [name, parameters[name]!]));
      let [loss, correct] = [0, 0];
      for (let from = 0; from < held.length; from += evaluationBatch) {
        signal.throwIfAborted();
        const part = held.subarray(from, from + evaluationBatch);
        const feeds = { [input]: await inputs.plain(part), [fed.labels]: labelsOf(training, part) };
        const found = await session.run({ ...feeds, ...weights });
        loss += Number(found[evaluation.loss]!.data[0]) * part.length;
        correct += Number(found[evaluation.figures.accuracy!]!.data[0]);
      }
      return { loss: loss / held.length, accuracy: correct / held.length };
    },
    release: () => session.release(),
  };
}

/** Classification by the labels of the data. */
export const classExam = (inspection: Inspection, data: Dataset, output: string | undefined): Exam =>
  examOf(taskOf({ kind: "classification", ...(output !== undefined && { output }) }, data), inspection, data);

/** Share of the images that a model has right. */
export async function accuracyOf(
  inspection: Inspection,
  data: Dataset,
  output: string | undefined,
  signal: AbortSignal,
  update: (status: string) => void,
): Promise<number> {
  const exam = classExam(inspection, data, output);
  const onProgress = (done: number): void => update(`${done} of ${data.count} images`);
  const evidence = await examineWhole(engine, inspection, data, exam, signal, onProgress);
  const accuracy = exam.task.metrics[0]!.over(evidence)();
  update(`${(100 * accuracy).toFixed(2)} % of ${data.count} images`);
  return accuracy;
}

/** Images whose scores are looked at. */
const looked = 20;

/** Losses are defined on logits: where the scores are probabilities and no softmax tells where logits end, it is said. */
export async function scoreNotes(
  inspection: Inspection,
  { scores: decides, columns }: Pick<ClassBinding, "scores" | "columns">,
  data: Dataset,
): Promise<string[]> {
  await using forward = await openForward(engine, inspection.model, inspection, [decides]);
  const images = data.batch(Array.from({ length: Math.min(looked, data.count) }, (_, i) => i));
  const { data: scores } = (await forward.run(images))[decides]!;
  if (!(scores instanceof Float32Array && areProbabilities(scores, columns))) return [];
  return [
    `${scoresBy(inspection.index, decides)} are probabilities and no logits: the loss takes them through another softmax and hardly moves`,
  ];
}
