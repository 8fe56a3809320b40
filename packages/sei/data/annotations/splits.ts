/** @file Names that people give the folders and files of splits. */
import type { Split } from "../subset.ts";

/** The first that is there counts. */
export const splitNames: Readonly<Record<Split, readonly string[]>> = {
  train: ["train", "training", "train2017"],
  test: ["test", "val", "valid", "validation", "val2017"],
};

/** The one of these names that is a split's, if there is one. */
export const splitName = (split: Split, names: readonly string[]): string | undefined =>
  splitNames[split].find((name) => names.includes(name));
