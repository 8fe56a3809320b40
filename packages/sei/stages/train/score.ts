/** @file How good a model is on images, and parameters on those held back. */
import { serialiseModel, type Inspection } from "@split-et-impera/core/onnx";
import { areProbabilities, scoresBy, type ClassBinding } from "@split-et-impera/core/task";
import type { Tensors } from "@split-et-impera/core/tensor";
import type { Figure, Score, TrainableNetwork } from "@split-et-impera/core/training";
import type { Dataset, Samples } from "../../data/index.ts";
import { examineWhole, type Exam } from "../answers/index.ts";
import { engine } from "@split-et-impera/ort";
import { imagesAtOnce, openForward } from "../forward.ts";

/** Images at once where nothing is learned. */
const evaluationBatch = 100;

/** The samples that parameters are judged on. */
export interface Judged {
  count: number;
  /** What the network and its objective are fed for the samples at these places. */
  feeds(places: Uint32Array): Promise<Tensors>;
}

/** How good parameters are on samples: the network in inference, its weights from outside. */
export async function openEvaluator(
  { evaluation, parameters: own }: TrainableNetwork,
  inspection: Inspection,
  { count, feeds }: Judged,
  signal: AbortSignal,
): Promise<{ score(parameters: Tensors): Promise<Score>; release(): Promise<void> }> {
  const session = await engine.load(serialiseModel(evaluation.model));
  const size = imagesAtOnce(inspection, evaluationBatch);
  return {
    async score(parameters) {
      const weights = Object.fromEntries([...own.keys()].map((name) => [name, parameters[name]!]));
      const sum: Score = { loss: 0 };
      for (let from = 0; from < count; from += size) {
        signal.throwIfAborted();
        const part = Uint32Array.from({ length: Math.min(size, count - from) }, (_, i) => from + i);
        const found = await session.run({ ...(await feeds(part)), ...weights });
        sum.loss += Number(found[evaluation.loss]!.data[0]) * part.length;
        for (const [figure, name] of Object.entries(evaluation.figures) as [Figure, string][])
          sum[figure] = (sum[figure] ?? 0) + Number(found[name]!.data[0]);
      }
      const mean = Object.entries(sum).map(([name, value]) => [name, value / count]);
      return Object.fromEntries(mean);
    },
    release: () => session.release(),
  };
}

/** The first metric of a model's task over a data set. */
export async function qualityOf(
  inspection: Inspection,
  data: Samples,
  exam: Exam,
  signal: AbortSignal,
  update: (status: string) => void,
): Promise<Record<string, number>> {
  const onProgress = (done: number): void => update(`${done} of ${data.count} images`);
  const evidence = await examineWhole(engine, inspection, data, exam, signal, onProgress);
  const metric = exam.task.metrics[0]!;
  const value = metric.over(evidence)();
  const shown = metric.unit === "share" ? `${(100 * value).toFixed(2)} %` : value.toPrecision(4);
  update(`${metric.name} ${shown} of ${data.count} images`);
  return { [metric.name]: value };
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
