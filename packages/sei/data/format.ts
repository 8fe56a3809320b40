/** @file What a data format is: a row of the table in formats/, each in a file of its own. */
import type { DataOptions } from "@split-et-impera/core/study";
import type { Dataset } from "./dataset.ts";
import type { Normalise } from "./normalise.ts";
import type { Split } from "./subset.ts";

/** What a format opens. */
export interface Source {
  /** The folder or file; empty for what is generated. */
  path: string;
  split: Split;
  /** Samples to read at most: the first, in the format's order. */
  limit: number;
  /** Of generated samples, of splits and of orders. */
  seed: number;
  /** Normalisation, layout and how pictures are fitted. */
  options: DataOptions;
  /** Whether nothing need be known of the samples. */
  unlabelled?: boolean | undefined;
  /** All samples in the order in which they lie, without labels, where they lie in one array: not a split of them. */
  whole?: boolean | undefined;
  /** Told how many samples are read. */
  progress?: ((done: number, total: number) => void) | undefined;
}

export interface DataFormat {
  /** A few words for the study's documentation and for help texts. */
  means: string;
  /** For docs/data.md: which files lie there, how they are read, in which order. Markdown, a paragraph. */
  about: string;
  /** Whether the data are made and not read: there is no path. */
  generated?: true;
  /** Whether every sample is an 8-bit picture; otherwise it depends on the files. */
  pictures: boolean;
  /** Whether pictures may be of any size, and are fitted as the study says. */
  fitted?: true;
  /** The normalisation that models for such data usually come with. */
  normalise: Normalise;
  /** Whether a path is of this format, by its name and, where it is a folder, by the names in it. */
  detect(path: string, names: readonly string[]): boolean;
  /** Opens a split. Throws `InputError` naming the file, what was expected and what was found. */
  open(source: Source): Promise<Dataset>;
}
