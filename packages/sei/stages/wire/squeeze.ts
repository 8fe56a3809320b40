/** @file A bottleneck for one cut: fitted, or trained as a study trains it. */
import type { Bottleneck } from "@split-et-impera/core/bottleneck";
import { serialiseModel, type Inspection } from "@split-et-impera/core/onnx";
import type { BottleneckOptions, DataOptions } from "@split-et-impera/core/study";
import { fingerprint, type Samples } from "../../data/index.ts";
import { digest } from "../../store/index.ts";
import type { Exam } from "../answers/index.ts";
import type { Context } from "../context.ts";
import { fitBottleneck } from "../design/fit-bottleneck.ts";
import { bottleneckStage } from "../design/pieces.ts";
import { runStage } from "../run-stage.ts";

export interface SqueezeInput {
  inspection: Inspection;
  cut: string;
  train: Samples;
  exam: Exam;
  /** The same of the training samples; undefined where nothing is known of them: then the model's outputs are learned. */
  rehearsal: Exam | undefined;
  data: Pick<DataOptions, "normalise" | "layout">;
}

/** Of everything random in a training. */
const seed = 1;

/**
 * What is trained is kept in the store.
 * @throws InputError ERR_BOTTLENECK where there can be none
 */
export async function squeezedBy(
  { inspection, cut, train, exam, rehearsal, data }: SqueezeInput,
  options: BottleneckOptions,
  context: Context,
): Promise<Bottleneck> {
  if (options.kind === "pca") return fitBottleneck({ inspection, train, cut, options }, context);
  const subject = {
    inspection,
    train,
    exam,
    taught: rehearsal?.truth,
    study: { seed, data },
    modelHash: digest(serialiseModel(inspection.model)),
    trainKey: digest([fingerprint(train, data), exam.task.spec, rehearsal !== undefined]),
  };
  return (await runStage(bottleneckStage, { subject, cut, options }, context)).value;
}
