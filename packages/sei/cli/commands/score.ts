/** @file `sei score`: how good a whole model is on data, by its task's metrics. */
import { inspectModel } from "@split-et-impera/core/onnx";
import { qualitiesOf } from "@split-et-impera/core/task";
import { engine } from "@split-et-impera/ort";
import { inUnit } from "@split-et-impera/charts";
import { openData, samplesFor } from "../../data/index.ts";
import { readModel } from "../../model/index.ts";
import { examineWhole, examOf, chooseTask } from "../../stages/answers/index.ts";
import { parseTask } from "../../study/index.ts";
import { defineCommand } from "../command.ts";
import { dataFlags, dataOptions } from "../data-options.ts";
import { modelFlags, modelOptions } from "../model-options.ts";
import { table } from "../table.ts";

export default defineCommand({
  description: "Tell how good a whole model is on data, by every metric of its task, with intervals",
  args: {
    model: { type: "positional", description: "the ONNX file", required: true },
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
    { line: "sei score examples/conveyor/parts.onnx --data conveyor --limit 200", does: "accuracy over 200 images" },
    {
      line: "sei score DETECTOR.onnx --data COCO --task '{kind: detection, details: true}' --json",
      does: "average precision by size, as JSON",
    },
  ],
  async run({ args, every, json, print, printJson, progress, signal, warn }) {
    const options = args.task === undefined ? undefined : await parseTask(args.task);
    const inspection = await inspectModel(await readModel(args.model), engine, {
      ...modelOptions(every),
      ...(options?.output !== undefined && { output: options.output }),
      signal,
    });
    for (const { message } of inspection.troubles) warn(message);
    const fed = await dataOptions(args, inspection);
    const data = samplesFor(await openData(fed, args.split), inspection, fed);
    for (const note of data.notes) warn(note);
    const { task, notes } = chooseTask(options, data, inspection.model);
    for (const note of notes) warn(note);
    const exam = examOf(task, inspection, data);
    for (const note of exam.binding.notes) warn(note);
    const evidence = await progress.task("answers", (update) =>
      examineWhole(engine, inspection, data, exam, signal, (done) => update(`${done} of ${data.count} samples`)),
    );
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
