/** @file `sei train`: trains a model, or a part of it, on images. */
import type { EpochSummary, TrainProgress } from "@split-et-impera/core/training";
import { baselineText } from "@split-et-impera/core/task";
import { inUnit } from "@split-et-impera/charts";
import { formatBytes } from "@split-et-impera/core/units";
import { dirname } from "node:path";
import { checkInputsKept, checkWritable, writeWhole } from "../../files/index.ts";
import { filesOfModel } from "../../model/index.ts";
import { trainModel } from "../../stages/train/index.ts";
import type { Progress } from "../../stages/context.ts";
import { scoreText } from "../../stages/score-text.ts";
import { defineCommand } from "../command.ts";
import { parseTask } from "../../study/index.ts";
import { dataFlags, dataOptions } from "../data-options.ts";
import { modelFlags, modelOptions } from "../model-options.ts";
import { trainFlags, trainSettings } from "../train-options.ts";

/** Generated images have no end; this many are taken unless told. */
const conveyorImages = { train: 8000, test: 2000 };

export default defineCommand({
  description: "Train a model, or the part after or before a tensor, on images",
  args: {
    model: { type: "positional", description: "the ONNX file", required: true },
    ...dataFlags,
    limit: { type: "string", valueHint: "N", description: "images of each split, the first N (default: all)" },
    out: { type: "string", valueHint: "FILE", description: "where the trained model goes", required: true },
    ...modelFlags,
    ...trainFlags,
  },
  examples: [
    {
      line: "sei train examples/conveyor/parts.onnx --data conveyor --limit 200 --from block3/MaxPool --epochs 2 --out tuned.onnx",
      does: "the part after a tensor; what comes before stays as it is",
    },
    {
      line: "sei train MODEL.onnx --initialise --data PHOTOS --epochs 30 --augment flip,crop --out mine.onnx",
      does: "a network from fresh weights",
    },
    {
      line: "sei train SMALL.onnx --data PHOTOS --loss distillation --teacher LARGE.onnx --out taught.onnx",
      does: "a small network learns from a large one",
    },
  ],
  resumes: true,
  async run({ args, every, json, print, printJson, progress, signal, warn, openStore }) {
    const settings = trainSettings({
      ...args,
      only: every("only"),
      task: args.task === undefined ? undefined : await parseTask(args.task),
    });
    const inputs = modelOptions(every);
    await checkWritable(dirname(args.out));
    for (const model of [args.model, args.teacher])
      if (model !== undefined) await checkInputsKept(await filesOfModel(model), [args.out]);
    const epochs = epochTasks(progress, settings.epochs);
    const started = performance.now();
    const result = await trainModel({
      model: args.model,
      inputs,
      data: async (inspection) => {
        const options = await dataOptions({ ...args, limit: args.limit ?? "1000000000" }, inspection);
        return options.format === "conveyor" && args.limit === undefined
          ? { ...options, limit: conveyorImages }
          : options;
      },
      ...(args.teacher !== undefined && { teacher: args.teacher }),
      settings,
      store: openStore(),
      signal,
      write: (bytes) => writeWhole(args.out, bytes),
      stage: (title, work) => progress.task(title, work),
      onDoubts: (doubts, notes) => {
        for (const text of [...notes, ...doubts.map(baselineText)]) warn(text);
      },
      onStart: ({ epoch, images }) => {
        print(`${images.train} images to learn from, ${images.heldBack} held back, ${images.test} to test`);
        if (epoch > 0) print(`goes on after epoch ${epoch} of ${settings.epochs}, where an earlier run was stopped`);
      },
      onProgress: epochs.update,
      onEpoch: epochs.done,
    }).catch((error: unknown) => {
      epochs.failed(error);
      throw error;
    });
    const seconds = (performance.now() - started) / 1000;
    if (json) {
      const { accuracy } = result.quality;
      printJson({ model: args.model, out: args.out, ...result, ...(accuracy && { accuracy }), seconds, settings });
      return;
    }
    const { quality, weights, history } = result;
    if (history.length < settings.epochs)
      print(
        `stopped after epoch ${history.length}: no better for ${settings.patience} epoch${settings.patience === 1 ? "" : "s"}`,
      );
    print(
      `${args.out}: ${formatBytes(result.bytes)}, ${weights.trained} weights of ${weights.values} values trained; the rest is ${args.model}'s`,
    );
    for (const [metric, { before, after }] of Object.entries(quality))
      print(
        `${metric} on ${result.images.test} test images: ${inUnit(metric, before)} before, ${inUnit(metric, after)} after`,
      );
  },
});

const summary = (epoch: EpochSummary): string =>
  `${scoreText(epoch)}${epoch.held ? `; held back: ${scoreText(epoch.held)}` : ""}`;

/** A task of its own for each epoch, begun by its first progress and ended by its checkpoint. */
function epochTasks(progress: Progress, epochs: number) {
  let running: { update(status: string): void; end(): void; fail(error: unknown): void } | undefined;
  const begin = (epoch: number): NonNullable<typeof running> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let update: (status: string) => void = () => {};
    const task = progress.task(`epoch ${epoch + 1}/${epochs}`, (own) => {
      update = own;
      return promise;
    });
    // Who awaits the training hears of the error.
    task.catch(() => {});
    return { update: (status) => update(status), end: resolve, fail: reject };
  };
  return {
    update({ epoch, secondsLeft, ...score }: TrainProgress) {
      running ??= begin(epoch);
      running.update(`${scoreText(score)}, ${Math.ceil(secondsLeft)} s left`);
    },
    done(found: EpochSummary) {
      running?.update(summary(found));
      running?.end();
      running = undefined;
    },
    failed: (error: unknown) => running?.fail(error),
  };
}
