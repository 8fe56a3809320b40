/** @file `sei split`: head and tail as files, with the proof that they are the model. */
import { inspectModel, proveSplit, randomInput, serialiseModel, splitModel } from "@split-et-impera/core/onnx";
import { InputError } from "@split-et-impera/core/errors";
import { formatBytes } from "@split-et-impera/core/units";
import { join } from "node:path";
import { openData } from "../../data/index.ts";
import { engine } from "../../engine/index.ts";
import { writeWhole } from "../../files/index.ts";
import { readModel } from "../../model/index.ts";
import { nearest } from "../../nearest.ts";
import { defineCommand } from "../command.ts";
import { dataFlags, dataOptions, shapeFlag } from "../data-options.ts";

/** Differences up to this share of the largest output are rounding: fused operators round elsewhere. */
const tolerance = 1e-4;

export default defineCommand({
  description: "Split a model at a tensor into head.onnx and tail.onnx, and prove that they equal it",
  args: {
    model: { type: "positional", description: "the ONNX file", required: true },
    at: {
      type: "string",
      valueHint: "TENSOR",
      description: "the tensor that crosses; `sei inspect` lists them",
      required: true,
    },
    out: { type: "string", valueHint: "DIR", description: "where head.onnx and tail.onnx go", required: true },
    shape: {
      type: "string",
      valueHint: "C,H,W",
      description: "the input's shape without the batch, where the model leaves it open",
    },
    ...dataFlags,
    limit: { ...dataFlags.limit, default: "8" },
  },
  examples: [
    { line: "sei split vgg16.onnx --at pool3 --out parts", does: "split after pool3; the proof runs on random inputs" },
    {
      line: "sei split vgg16.onnx --at pool3 --out parts --data cifar-10-batches-bin",
      does: "the proof runs on real images",
    },
  ],
  async run({ args, json, print, printJson }) {
    const shape = shapeFlag(args.shape);
    const inspection = await inspectModel(await readModel(args.model), engine, shape ? { shape } : {});
    const known = inspection.cuts.map(({ tensors }) => tensors[0]!);
    if (!inspection.seen.has(args.at)) {
      throw new InputError(
        "ERR_TENSOR_UNKNOWN",
        `${args.model}: no tensor "${args.at}"${nearest(args.at, known)}; \`sei inspect\` lists the cuts`,
      );
    }
    const split = splitModel(inspection, args.at);
    const input = args.data === undefined ? undefined : await images(args, inspection);
    const rows = inspection.batch ? 4 : 1;
    const feeds = { [inspection.input.name]: input ?? randomInput([rows, ...inspection.input.shape], "proof") };
    const proof = await proveSplit(engine, inspection.model, split, feeds);
    if (!proof.exact && proof.largestDifference > tolerance * proof.largestOutput) {
      throw new InputError(
        "ERR_SPLIT_DIFFERS",
        `tail(head(x)) differs from the model by ${proof.largestDifference}; nothing was written`,
      );
    }
    const files = { head: serialiseModel(split.head), tail: serialiseModel(split.tail) };
    for (const [part, bytes] of Object.entries(files)) await writeWhole(join(args.out, `${part}.onnx`), bytes);
    if (json) {
      printJson({ at: args.at, head: join(args.out, "head.onnx"), tail: join(args.out, "tail.onnx"), proof });
      return;
    }
    print(`head.onnx ${formatBytes(files.head.length)}, tail.onnx ${formatBytes(files.tail.length)} in ${args.out}`);
    const on = `${proof.rows} ${args.data === undefined ? "random inputs" : "images"}`;
    print(
      `tail(head(x)) ${proof.exact ? "equals model(x) bit for bit" : "differs in rounding"} on ${on}; with the runtime's optimisations on, by at most ${proof.largestDifference.toExponential(1)}`,
    );
  },
});

async function images(args: Parameters<typeof dataOptions>[0], inspection: Parameters<typeof dataOptions>[1]) {
  const data = await openData(await dataOptions(args, inspection), "test");
  const rows = inspection.batch ? data.count : 1;
  return data.batch(Array.from({ length: rows }, (_, i) => i));
}
