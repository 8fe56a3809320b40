/** @file `sei science correlate`: whether saliency, or something else as cheap, predicts how well a model splits. */
import { basename, dirname } from "node:path";
import { InputError } from "@split-et-impera/core/errors";
import { inlineFunctions } from "@split-et-impera/core/gradient";
import { inspectModel } from "@split-et-impera/core/onnx";
import { engine } from "@split-et-impera/ort";
import { fingerprint, openData, samplesFor, type Split } from "../../data/index.ts";
import { checkInputsKept, checkWritable, writeWhole } from "../../files/index.ts";
import { filesOfModel, readModelFile } from "../../model/index.ts";
import { gather, type CorrelateOptions } from "../../science/correlate.ts";
import { parquetOf, rowsOf } from "../../science/rows.ts";
import { layerCuts, type Matter, type ScoredMetric } from "../../science/subject.ts";
import { cutsText, casesText, summaryText } from "../../science/text.ts";
import { chooseTask, examOf } from "../../stages/answers/index.ts";
import { contextOf } from "../../stages/default-context.ts";
import { parseTask } from "../../study/index.ts";
import { defineCommand } from "../command.ts";
import { dataFlags, dataOptions, wholeNumber } from "../data-options.ts";
import { modelFlags, modelOptions } from "../model-options.ts";

const flag = (valueHint: string, description: string, value: string) =>
  ({ type: "string", valueHint, description, default: value }) as const;

export default defineCommand({
  description: "Whether saliency, or something else as cheap, predicts how well a model splits at each of its layers",
  args: {
    model: { type: "positional", description: "the ONNX file", required: true },
    ...dataFlags,
    task: {
      type: "string",
      valueHint: "KIND",
      description: "what the model is for, as for `sei score` (default: by the model's metadata and what the data say)",
    },
    bytes: flag("A,B", "bytes of a message, the same at every cut", "32,64,128"),
    seeds: flag("N", "times that all is done, with other training samples", "3"),
    measure: flag("N", "training samples that measures are taken of", "200"),
    fit: flag("N", "training samples that linear bottlenecks are fitted to", "200"),
    rehearse: flag("N", "training samples that splits are tried on", "100"),
    train: flag("N", "training samples of autoencoders; 0: none are trained", "0"),
    epochs: flag("N", "passes over them", "4"),
    "train-bytes": flag("A,B", "bytes at which autoencoders are trained, of --bytes", "64"),
    "train-seeds": flag("N", "times that each is trained", "1"),
    out: { type: "string", valueHint: "FILE", description: "where to write everything found, as Parquet" },
    ...modelFlags,
  },
  examples: [
    {
      line: "sei science correlate examples/conveyor/parts.onnx --data conveyor --limit 200 --seeds 1 --bytes 32",
      does: "splits at every layer at 32 bytes, and what predicts how well they do",
    },
    {
      line: "sei science correlate MODEL.onnx --data PHOTOS --train 1000 --out found.parquet",
      does: "beside fitted bottlenecks trained ones, everything found as a file",
    },
  ],
  resumes: true,
  async run({ args, every, json, print, printJson, progress, signal, warn, openStore }) {
    const list = (name: "bytes" | "train-bytes"): number[] =>
      args[name].split(",").map((one) => wholeNumber(name, one));
    const upTo = (name: "seeds" | "train-seeds"): number[] =>
      Array.from({ length: wholeNumber(name, args[name]) }, (_, i) => i + 1);
    const trained = args.train === "0" ? 0 : wholeNumber("train", args.train);
    const options: CorrelateOptions = {
      budgets: list("bytes"),
      seeds: upTo("seeds"),
      counts: {
        measure: wholeNumber("measure", args.measure),
        fit: wholeNumber("fit", args.fit),
        rehearse: wholeNumber("rehearse", args.rehearse),
      },
      ...(trained > 0 && {
        training: {
          samples: trained,
          epochs: wholeNumber("epochs", args.epochs),
          budgets: list("train-bytes"),
          seeds: upTo("train-seeds"),
        },
      }),
    };
    if (args.out !== undefined) {
      await checkInputsKept(await filesOfModel(args.model), [args.out]);
      await checkWritable(dirname(args.out));
    }
    const said = args.task === undefined ? undefined : await parseTask(args.task);
    const { model, sha256 } = await readModelFile(args.model);
    const inspection = await inspectModel(inlineFunctions(model), engine, {
      ...modelOptions(every),
      ...(said?.output !== undefined && { output: said.output }),
      signal,
    });
    for (const { message } of inspection.troubles) warn(message);
    const fed = await dataOptions(args, inspection);
    const open = async (split: Split, count: number) =>
      samplesFor(await openData({ ...fed, limit: { test: count, train: count } }, split), inspection, fed);
    const test = await open("test", wholeNumber("limit", args.limit));
    const most = Math.max(options.counts.measure, options.counts.fit + options.counts.rehearse, trained);
    const train = await open("train", 4 * most);
    const { task, notes } = chooseTask(said, test, inspection.model);
    for (const note of [...test.notes, ...notes]) warn(note);
    const metric = task.metrics.find((one) => one.score) as ScoredMetric | undefined;
    if (!metric) throw new InputError("ERR_USAGE", `no metric of ${task.spec.kind} is a mean over samples`);
    const exam = examOf(task, inspection, test);
    const matter: Matter = {
      network: basename(args.model, ".onnx"),
      inspection,
      cuts: layerCuts(inspection, exam.binding.decides),
      test,
      train,
      exam,
      rehearsal: examOf(task, inspection, train),
      metric,
      key: [sha256, fingerprint(test, fed), fingerprint(train, fed), task.spec, metric.name],
    };
    if (matter.cuts.length < 3)
      throw new InputError(
        "ERR_USAGE",
        `${args.model} can be cut at ${matter.cuts.length} layers; expected at least 3`,
      );
    const raw = await gather(matter, options, contextOf({ store: openStore(), progress, signal }));
    const rows = rowsOf(matter, options, raw);
    if (args.out !== undefined) await writeWhole(args.out, parquetOf(rows));
    if (json) {
      printJson({ network: matter.network, metric: metric.name, rows });
      return;
    }
    print(
      `${metric.name} of ${test.count} samples of ${test.name} by cut; fitted to ${options.counts.fit} of ${train.name}`,
    );
    print(cutsText(rows));
    print("");
    print(casesText(rows));
    print("");
    print(summaryText(rows));
  },
});
