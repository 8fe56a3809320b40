/** @file `sei saliency`: the Cumulative Saliency curve and its candidates. */
import type { SaliencyPoint } from "@split-et-impera/core/design";
import { inlineFunctions } from "@split-et-impera/core/gradient";
import { inspectModel } from "@split-et-impera/core/onnx";
import { aimOf, saliencyCurve, type Curve } from "@split-et-impera/core/saliency";
import { formatBytes } from "@split-et-impera/core/units";
import { baselineText } from "@split-et-impera/core/task";
import { openData, samplesFor } from "../../data/index.ts";
import { engine } from "@split-et-impera/ort";
import { baselineWarnings, batchesOf, chooseImages, examOf, taskOf } from "../../stages/answers/index.ts";
import { readModel } from "../../model/index.ts";
import { nameList } from "../../name-list.ts";
import { defineCommand } from "../command.ts";
import { dataFlags, dataOptions, wholeNumber } from "../data-options.ts";
import { outputFlags, modelFlags, modelOptions } from "../model-options.ts";
import { table } from "../table.ts";

export default defineCommand({
  description: "Compute the Cumulative Saliency curve: where the model's decision is concentrated",
  args: {
    model: { type: "positional", description: "the ONNX file", required: true },
    ...dataFlags,
    split: { type: "enum", options: ["test", "train"], description: "which images", default: "test" },
    classes: { type: "string", valueHint: "A,B", description: "only images of these classes (default: all)" },
    target: {
      type: "enum",
      options: ["label", "predicted"],
      description: "whose logit is differentiated",
      default: "label",
    },
    tokens: { type: "boolean", description: "points at tokens [batch, tokens, channels] too, for transformers" },
    batch: { type: "string", valueHint: "N", description: "images per pass", default: "50" },
    ...modelFlags,
    ...outputFlags,
  },
  examples: [
    {
      line: "sei saliency examples/conveyor/parts.onnx --data conveyor --limit 100",
      does: "the curve over the first 500 test images",
    },
    {
      line: "sei saliency MODEL.onnx --data PHOTOS --classes cat,dog --target predicted --json",
      does: "for two classes, by the predicted class",
    },
  ],
  async run({ args, every, json, print, printJson, progress, signal, warn }) {
    const target = args.target;
    const size = wholeNumber("batch", args.batch);
    const inputs = modelOptions(every);
    const inspection = await inspectModel(inlineFunctions(await readModel(args.model)), engine, {
      ...inputs,
      output: args.output,
      signal,
    });
    for (const { message } of inspection.troubles) warn(message);
    const options = await dataOptions(args, inspection);
    const data = samplesFor(await openData(options, args.split), inspection, options);
    const classes = nameList(every("classes"), data.classes);
    const task = taskOf({ kind: "classification", ...(args.output !== undefined && { output: args.output }) }, data);
    const exam = examOf(task, inspection, data);
    const aim = aimOf(task, inspection, target, exam.truth(0));
    const indices = chooseImages(data, classes, Infinity);
    const started = performance.now();
    const curve = await progress.task("saliency", (update) =>
      saliencyCurve(
        engine,
        inspection,
        batchesOf(data, exam.truth, indices, {
          size,
          signal,
          onProgress: (done) => update(`${done} of ${indices.length} images`),
        }),
        aim,
        { tokens: args.tokens === true },
      ),
    );
    const seconds = (performance.now() - started) / 1000;
    const checked = { engine, inspection, data, exam, options, signal };
    const warnings = (await baselineWarnings(checked)).map(baselineText);
    const notes = [...data.notes, ...notesOf(curve, args.tokens === true)];
    for (const text of [...notes, ...warnings]) warn(text);
    if (json) {
      printJson({
        model: args.model,
        data: data.name,
        target,
        classes,
        images: curve.images,
        quality: curve.quality,
        seconds,
        output: aim.binding.outputs[0],
        notes,
        warnings,
        points: curve.points,
      });
      return;
    }
    print(
      `${curve.images} images of ${data.name}, accuracy ${(100 * curve.quality["accuracy"]!.value).toFixed(1)} %, ${seconds.toFixed(1)} s`,
    );
    print(
      table(
        ["", "tensor", "operator", "shape", "bytes", "CS", "± 95 %", "log10 CS"],
        curve.points.map((point) => row(point, curve.points)),
        [4, 5, 6],
      ),
    );
    print("");
    print("* candidate: a strict maximum of log10 CS among the legal cuts at layer outputs;  | no legal cut");
  },
});

/** What the curve should be read with. */
function notesOf({ notes, points, tokens }: Curve, asked: boolean): string[] {
  const single = `the curve has one point, "${points[0]!.tensor}": it shows no course`;
  const more = `${tokens} tensors of tokens [batch, tokens, channels] can be points too: --tokens`;
  const few = points.length > 1 ? [] : [tokens > 0 && !asked ? `${single}; ${more}` : single];
  return [...notes, ...few];
}

function row(
  { tensor, operator, shape, bytes, cs, hi, candidate, legal }: SaliencyPoint,
  all: readonly SaliencyPoint[],
): string[] {
  const logs = all.filter((point) => point.cs > 0).map((point) => Math.log10(point.cs));
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  const share = cs > 0 ? (Math.log10(cs) - low) / (high - low || 1) : 0;
  const bar = cs > 0 ? `${Math.log10(cs).toFixed(2)} ${"█".repeat(1 + Math.round(24 * share))}` : "-inf";
  return [
    candidate ? "*" : legal ? " " : "|",
    tensor,
    operator,
    shape.join(" x "),
    formatBytes(bytes),
    cs.toExponential(3),
    (hi - cs).toExponential(0),
    bar,
  ];
}
