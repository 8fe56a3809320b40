/** @file Which format data on disk have, and what is usual for it, for commands that take a path and no study. */
import type { DataOptions } from "@split-et-impera/core/study";
import { InputError } from "@split-et-impera/core/errors";
import { readdir, stat } from "node:fs/promises";
import type { Normalise } from "./normalise.ts";

/** The format of a file or folder, by its name and what lies in it. */
export async function detectFormat(path: string): Promise<DataOptions["format"]> {
  if (path === "conveyor") return "conveyor";
  let names: string[];
  try {
    names = (await stat(path)).isDirectory() ? await readdir(path) : [path];
  } catch (error) {
    throw new InputError("ERR_DATA_PATH", `${path}: no such data`, { cause: error });
  }
  if (names.some((name) => /^(data_batch_\d|test_batch)\.bin$/.test(name))) return "cifar10";
  if (names.some((name) => /ubyte(\.gz)?$/.test(name))) return "idx";
  if (names.some((name) => /\.np[yz]$/.test(name))) return "npy";
  return "images";
}

/**
 * The normalisation that models for a data set are usually trained with: the channel means and deviations of CIFAR-10's
 * and MNIST's training images; half and a quarter for the generated belt; none for data of your own.
 */
export function usualNormalise(format: DataOptions["format"]): Normalise {
  switch (format) {
    case "cifar10":
      return { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] };
    case "idx":
      return { mean: [0.1307], std: [0.3081] };
    case "conveyor":
      return { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };
    default:
      return { mean: [0], std: [1] };
  }
}
