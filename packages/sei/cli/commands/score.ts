/** @file `sei score`: how good a whole model is on data, by its task's metrics. */
import { InputError } from "@split-et-impera/core/errors";
import type { ModelOptions } from "@split-et-impera/core/onnx";
import { baselineText, judgedByModel, qualitiesOf, type Evidence } from "@split-et-impera/core/task";
import { engine } from "@split-et-impera/ort";
import { inUnit } from "@split-et-impera/charts";
import type { Dataset, Samples } from "../../data/index.ts";
import { baselineWarnings, examineWhole, examOf, chooseTask, type Exam } from "../../stages/answers/index.ts";
import type { Context, Progress } from "../../stages/context.ts";
import { contextOf } from "../../stages/default-context.ts";
import { baselineDoubtsStage, baselineStage } from "../../stages/design/prepared.ts";
import { openSound } from "../../stages/design/subject.ts";
import { runStage } from "../../stages/run-stage.ts";
import { parseTask, readStudy } from "../../study/index.ts";
import { defineCommand } from "../command.ts";
import { dataFlags, type dataOptions } from "../data-options.ts";
import { modelFlags, modelOptions, studyModelOptions, type ModelFlags } from "../model-options.ts";
import { openSamples } from "../open-samples.ts";
import { table } from "../table.ts";

export default defineCommand({
  description: "Tell how good a whole model is on data, by every metric of its task, with intervals",
  args: {
    model: { type: "positional", description: "the ONNX file, or a study: its model, data and task", required: true },
    ...dataFlags,
    split: { type: "enum", options: ["test", "train"], description: "which samples", default: "test" },
    task: {
      type: "string",
      valueHint: "KIND",
      description:
        "what the model is for: a word, or what a study can say of its task, such as '{kind: sequence, alphabet: abc.txt}' (default: by the model's metadata and what the data say)",
    },
    ...modelFlags,
  },
  examples: [
    { line: "sei score examples/conveyor/study.yaml", does: "the whole model of a study, as sei design will find it" },
    { line: "sei score examples/conveyor/parts.onnx --data conveyor --limit 200", does: "accuracy over 200 images" },
    {
      line: "sei score DETECTOR.onnx --data COCO --task '{kind: detection, details: true}' --json",
      does: "average precision by size, as JSON",
    },
  ],
  async run({ args, every, json, print, printJson, progress, signal, warn }) {
    const study = /\.(ya?ml|json)$/i.test(args.model);
    const found = study
      ? await progress.task("answers", (update) =>
          scoreStudy(args, studyModelOptions(every), contextOf({ signal, update })),
        )
      : await scoreModel({ ...args, options: modelOptions(every), signal, progress });
    for (const note of found.notes) warn(note);
    const { data, task, evidence } = found;
    const quality = qualitiesOf(task.metrics, { evidence });
    if (json) {
      printJson({ model: args.model, data: data.name, task: task.spec.kind, samples: data.count, whole: { quality } });
      return;
    }
    print(`${data.count} samples of ${data.name}, task ${task.spec.kind}`);
    const rows = Object.entries(quality).map(([metric, { value, lo, hi }]) => [
      metric,
      inUnit(metric, value),
      `${inUnit(metric, lo)} to ${inUnit(metric, hi)}`,
    ]);
    print(table(["metric", "value", "95 % interval"], rows, [1]));
  },
});

interface Scored extends Pick<Exam, "task"> {
  data: Pick<Dataset, "name" | "count">;
  evidence: readonly Evidence[];
  notes: readonly string[];
}

/** The whole model of a study on its test data, in its own words. */
async function scoreStudy(
  { model: file, data }: { model: string; data?: string | undefined },
  modelOptions: ModelOptions,
  context: Context,
): Promise<Scored> {
  const study = await readStudy(file, { data, modelOptions }, "sei score");
  const subject = await openSound(study, context);
  const { value } = await runStage(baselineStage, subject, context);
  const { evidence } = value;
  const doubts = await runStage(baselineDoubtsStage, { subject, evidence }, context);
  const notes = [...subject.notes, ...doubts.value.map(baselineText)];
  return { data: subject.test, task: subject.exam.task, evidence, notes };
}

type DataArgs = Parameters<typeof dataOptions>[0];

interface Asked extends DataArgs {
  model: string;
  split: "train" | "test";
  task?: string | undefined;
  options: ModelFlags;
  signal: AbortSignal;
  progress: Pick<Progress, "task">;
}

async function scoreModel({ split, task: asked, options: flags, signal, progress, ...args }: Asked): Promise<Scored> {
  const options = asked === undefined ? undefined : await parseTask(asked);
  const opened = await openSamples({ args, flags, splits: [split], task: options, signal });
  const { inspection, data: fed } = opened;
  const [data] = opened.samples as [Samples];
  const { task, notes } = chooseTask(options, data, inspection.model);
  if (judgedByModel(task.spec.kind))
    throw new InputError(
      "ERR_TASK_TRUTH",
      `${data.name} says nothing of its samples that a task judges; with itself a model always agrees`,
    );
  const exam = examOf(task, inspection, data);
  const evidence = await progress.task("answers", (update) =>
    examineWhole(engine, inspection, data, exam, signal, (done) => update(`${done} of ${data.count} samples`)),
  );
  const doubts = await baselineWarnings({ engine, inspection, data, exam, options: fed, signal, evidence });
  const troubles = inspection.troubles.map(({ message }) => message);
  return {
    data,
    task,
    evidence,
    notes: [...troubles, ...data.notes, ...notes, ...exam.binding.notes, ...doubts.map(baselineText)],
  };
}
