/** @file `sei data`: what is in a data set, and one picture of its samples. */
import { InputError } from "@split-et-impera/core/errors";
import { realpath } from "node:fs/promises";
import { sep } from "node:path";
import {
  classesIn,
  dataFormats,
  detectFormat,
  formatNames,
  openData,
  type Dataset,
  type Split,
} from "../../data/index.ts";
import type { DataFormat } from "../../data/format.ts";
import { writeWhole } from "../../files/index.ts";
import { drawSheet, pickSamples } from "../../data/sheet.ts";
import { defineCommand } from "../command.ts";

export default defineCommand({
  description: "Counts a data set's images by class and draws samples of them as one picture",
  args: {
    format: {
      type: "string",
      description: `${formatNames.join(", ")} (default: as the path looks; conveyor without one)`,
      valueHint: "FORMAT",
    },
    path: { type: "string", description: "folder or file of the data (not for what is generated)", valueHint: "PATH" },
    split: { type: "string", default: "test", description: "train or test", valueHint: "SPLIT" },
    limit: { type: "string", default: "1000", description: "how many images to read", valueHint: "N" },
    out: { type: "string", description: "write samples as this .png", valueHint: "FILE" },
    count: { type: "string", default: "64", description: "how many samples to draw", valueHint: "N" },
    seed: { type: "string", default: "1", description: "seed of generated images, splits and orders", valueHint: "N" },
  },
  examples: [
    { line: "sei data --out belt.png", does: "samples of the generated conveyor belt" },
    { line: "sei data --format cifar10 --path CIFAR-10-BATCHES-BIN --out cifar.png", does: "samples of CIFAR-10" },
    { line: "sei data --path PHOTOS --split train --json", does: "images per class, as JSON" },
  ],
  async run({ args, json, print, printJson, progress, signal }) {
    const format =
      args.format === undefined
        ? await detectFormat(args.path ?? "conveyor")
        : oneOf("format", args.format, formatNames);
    const split = oneOf("split", args.split, ["train", "test"] as const);
    const limit = whole("limit", args.limit, 1, 10_000_000);
    const count = whole("count", args.count, 1, 2000);
    const seed = whole("seed", args.seed, 0, 2 ** 32 - 1);
    const { out } = args;
    if (out !== undefined && !out.toLowerCase().endsWith(".png")) {
      throw new InputError("ERR_USAGE", `--out: expected a name that ends in .png, got "${out}"`);
    }
    const { generated }: DataFormat = dataFormats[format];
    if (generated && args.path !== undefined && args.path !== format) {
      throw new InputError("ERR_USAGE", `--path: expected none with --format ${format}, which is generated`);
    }
    if (!generated && args.path === undefined) {
      throw new InputError("ERR_USAGE", `--path: expected where the ${format} data lie, got none`);
    }
    if (out !== undefined && args.path !== undefined) await checkDataKept(args.path, out);
    const data = await progress.task(`reading ${format} ${split}`, (update) =>
      openData(
        {
          format,
          ...(!generated && args.path !== undefined && { path: args.path }),
          normalise: { mean: [], std: [] },
          layout: "NCHW",
          limit: { train: limit, test: limit },
        },
        split,
        {
          seed,
          progress: (done, total) => {
            signal.throwIfAborted();
            update(`${done} of ${total} images`);
          },
        },
      ),
    );
    const counts = countClasses(data);
    if (out !== undefined) {
      const seeded = generated ? ` · seed ${seed}` : "";
      await writeWhole(out, await drawSheet(data, pickSamples(data, count), `${data.name}${seeded}`));
    }
    if (json) {
      const { image } = data;
      printJson({
        format,
        split: split satisfies Split,
        images: data.count,
        image: image ? { height: image.height, width: image.width, channels: image.channels } : null,
        classes: data.classes.map((name, label) => ({ name, count: counts[label] })),
        notes: data.notes,
        out: out ?? null,
      });
      return;
    }
    const { image } = data;
    const shape = image ? ` of ${image.height} x ${image.width} x ${image.channels}` : "";
    print(`${data.name}: ${data.count} ${image ? "images" : "rows"}${shape}, ${data.classes.length} classes`);
    const names = data.classes.map(printable);
    const wide = names.reduce((most, name) => Math.max(most, name.length), 0);
    for (const [label, name] of names.entries()) {
      print(`  ${name.padEnd(wide)}  ${String(counts[label]).padStart(String(data.count).length)}`);
    }
    for (const note of data.notes) print(`note: ${printable(note)}`);
    if (out !== undefined) print(`samples: ${out}`);
  },
});

/** Names come from files: control characters must not reach the terminal. */
const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, "\uFFFD");

function countClasses(data: Dataset): number[] {
  const counts = data.classes.map(() => 0);
  for (let i = 0; i < data.count; i++) for (const label of classesIn(data, i)) counts[label]!++;
  return counts;
}

/** A picture that lies among the data may be one of them: it is not replaced. */
async function checkDataKept(data: string, out: string): Promise<void> {
  const [folder, there] = await Promise.all([data, out].map((path) => realpath(path).catch(() => undefined)));
  if (folder === undefined || there === undefined || !there.startsWith(folder + sep)) return;
  throw new InputError("ERR_OUTPUT", `${out}: lies among the data in ${data}; choose another name for the samples`);
}

function oneOf<T extends string>(flag: string, value: string, known: readonly T[]): T {
  const found = known.find((name) => name === value);
  if (found === undefined) {
    throw new InputError("ERR_USAGE", `--${flag}: expected one of ${known.join(", ")}, got "${value}"`);
  }
  return found;
}

function whole(flag: string, value: string, least: number, most: number): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new InputError("ERR_USAGE", `--${flag}: expected a whole number from ${least} to ${most}, got "${value}"`);
}
