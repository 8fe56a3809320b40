/** @file `sei saliency`: the Cumulative Saliency curve and its candidates. */
import { inUnit } from "@split-et-impera/charts";
import type { SaliencyPoint } from "@split-et-impera/core/design";
import { inlineFunctions } from "@split-et-impera/core/gradient";
import { aimOf, saliencyCurve, type Curve } from "@split-et-impera/core/saliency";
import { formatBytes } from "@split-et-impera/core/units";
import { baselineText, judgedByModel } from "@split-et-impera/core/task";
import type { Samples } from "../../data/index.ts";
import { engine } from "@split-et-impera/ort";
import { baselineWarnings, batchesOf, chooseImages, chooseTask, examWithTruths } from "../../stages/answers/index.ts";
import { checkStateless, pointKinds } from "../../stages/check/index.ts";
import { parseTask } from "../../study/index.ts";
import { nameList } from "../../name-list.ts";
import { defineCommand } from "../command.ts";
import { dataFlags, wholeNumber } from "../data-options.ts";
import { outputFlags, modelFlags, modelOptions } from "../model-options.ts";
import { openSamples } from "../open-samples.ts";
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
    task: {
      type: "string",
      valueHint: "KIND",
      description:
        "what the model is for, whose answer is followed back: a word, or what a study can say of its task (default: by the model's metadata and what the data say)",
    },
    tokens: {
      type: "boolean",
      description:
        "points at tokens [batch, tokens, channels] beside maps too; where there are no maps they are points anyway",
    },
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
    const asked = {
      ...(args.task !== undefined && (await parseTask(args.task))),
      ...(args.output !== undefined && { output: args.output }),
    };
    const {
      inspection,
      data: options,
      samples,
    } = await openSamples({
      args,
      flags: modelOptions(every),
      splits: [args.split],
      task: asked,
      rewritten: inlineFunctions,
      signal,
    });
    const [data] = samples as [Samples];
    for (const { message } of inspection.troubles) warn(message);
    checkStateless(inspection);
    const classes = nameList(every("classes"), data.classes);
    const { task, notes: taken } = chooseTask(asked, data, inspection.model);
    const agrees = judgedByModel(task.spec.kind);
    const exam = await examWithTruths(engine, task, inspection, data, signal);
    // Of answers that are the truth themselves the model's own are followed back.
    const aim = aimOf(task, inspection, agrees ? "predicted" : target, exam.truth(0));
    // Tokens are points in any case where there are no maps.
    const tokens = args.tokens === true || pointKinds(inspection, aim).tokens;
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
        { tokens },
      ),
    );
    const seconds = (performance.now() - started) / 1000;
    const checked = { engine, inspection, data, exam, options, signal };
    const warnings = agrees ? [] : (await baselineWarnings(checked)).map(baselineText);
    const said = [...data.notes, ...taken, ...exam.binding.notes, ...notesOf(curve, tokens)];
    // What follows the answer back may be told the same of the model's outputs as the exam.
    const notes = [...new Set(said)];
    for (const text of [...notes, ...warnings]) warn(text);
    if (json) {
      printJson({
        model: args.model,
        data: data.name,
        target: aim.by,
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
    const [metric] = task.metrics;
    const quality = metric && curve.quality[metric.name];
    const known = quality ? `, ${metric.name} ${inUnit(metric.name, quality.value)}` : "";
    print(`${curve.images} samples of ${data.name}${known}, ${seconds.toFixed(1)} s`);
    print(
      table(
        ["", "tensor", "operator", "shape", "bytes", "CS", "± 95 %", "log10 CS"],
        curve.points.map((point) => row(point, curve.points)),
        [4, 5, 6],
      ),
    );
    print("");
    print("* candidate: a strict maximum of log10 CS among the legal cuts at layer outputs;  | no legal cut");
    if (!curve.points.some(({ candidate }) => candidate))
      print(
        "no candidate: the curve has no maximum at a legal cut; `sei design` takes the best of all cuts by bytes and times",
      );
    for (const { tensor, sends } of curve.points)
      if (sends !== undefined) print(`  the cut at ${tensor} is ${sends}: the same place in fewer bytes`);
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
