/** @file The table of data formats: a file and a row each. The study's `format`, its documentation and detection are made from it. */
import { InputError } from "@split-et-impera/core/errors";
import { readdir, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { DataFormat } from "../format.ts";
import type { Normalise } from "../normalise.ts";
import { audio } from "./audio.ts";
import { belt } from "./belt.ts";
import { cifar10 } from "./cifar10.ts";
import { cifar100 } from "./cifar100.ts";
import { coco } from "./coco.ts";
import { conveyor } from "./conveyor.ts";
import { idx } from "./idx.ts";
import { images } from "./images.ts";
import { masks } from "./masks.ts";
import { npy } from "./npy.ts";
import { random } from "./random.ts";
import { table } from "./table.ts";
import { voc } from "./voc.ts";
import { yolo } from "./yolo.ts";

/** By the word that a study uses, in the order in which a path is tried: what any folder could be comes last. */
export const dataFormats = {
  conveyor,
  belt,
  cifar10,
  cifar100,
  idx,
  npy,
  coco,
  yolo,
  voc,
  masks,
  audio,
  table,
  images,
  random,
} as const satisfies Record<string, DataFormat>;

export type FormatName = keyof typeof dataFormats;
export const formatNames = Object.keys(dataFormats) as [FormatName, ...FormatName[]];

/** The row of a format. Throws `InputError` that lists the formats. */
export function formatRow(name: string): DataFormat {
  const found = formatNames.find((known) => known === name);
  if (found) return dataFormats[found];
  throw new InputError("ERR_DATA_PATH", `data.format: expected one of ${formatNames.join(", ")}, got "${name}"`);
}

/** The format of a file or folder, by its name and what lies in it. Throws `InputError` where there is nothing. */
export async function detectFormat(path: string): Promise<FormatName> {
  const made = formatNames.find((name) => "generated" in dataFormats[name] && path === name);
  if (made) return made;
  let names: string[];
  try {
    const status = await stat(path);
    if (status.isDirectory()) names = await readdir(path);
    else if (status.isFile()) names = [basename(path)];
    else throw new Error("no regular file");
  } catch (error) {
    throw new InputError("ERR_DATA_PATH", `${path}: no such data`, { cause: error });
  }
  const found = formatNames.find((name) => dataFormats[name].detect(path, names));
  if (found) return found;
  throw new InputError(
    "ERR_DATA_PATH",
    `${path}: expected data (${formatNames.filter((name) => !("generated" in dataFormats[name])).join(", ")}), got an empty folder`,
  );
}

/** The normalisation that models for a data set usually come with. */
export function usualNormalise(format: string): Normalise {
  return formatRow(format).normalise;
}
