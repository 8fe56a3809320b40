/** @file Which arrays are images and labels of which split, by their names: `x_train`, `train_images`, `arr_0`. */
import type { WantedInput } from "@split-et-impera/core/study";
import type { Split } from "../subset.ts";

/** What is expected, for messages. */
export const arrayNames = "arrays x_train, y_train, x_test, y_test, or x and y";

/** Words for a part of a name; the first found wins. */
const xWords = ["x", "images", "image", "data", "features", "inputs", "arr_0"];
const yWords = ["y", "labels", "label", "targets", "target", "arr_1"];
const splitWords: Record<Split | "validation", readonly string[]> = {
  train: ["train", "training"],
  test: ["test", "testing", "t10k"],
  validation: ["val", "valid", "validation"],
};

export interface ArrayPair {
  x: string;
  /** Absent only where labels need not be. */
  y?: string;
  /** Whether the arrays are this split's own; otherwise they hold both splits. */
  own: boolean;
  /** The labels of the other split, where there are some. */
  other?: string;
  notes: string[];
}

/** The arrays of a split; undefined where there are none. With `unlabelled`, x alone will do. */
export function findPair(names: readonly string[], split: Split, unlabelled = false): ArrayPair | undefined {
  const find = (words: readonly string[], part: readonly string[]): string | undefined => {
    for (const word of words) {
      const wanted = part.length === 0 ? [word] : part.flatMap((one) => [`${word}_${one}`, `${one}_${word}`]);
      const found = names.find((name) => wanted.includes(plainName(name)));
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const pair = (part: readonly string[]): Pick<ArrayPair, "x" | "y"> | undefined => {
    const [x, y] = [find(xWords, part), find(yWords, part)];
    if (x === undefined || (y === undefined && !unlabelled)) return undefined;
    return { x, ...(y !== undefined && { y }) };
  };
  const own = pair(splitWords[split]);
  const validation = pair(splitWords.validation);
  const other =
    find(yWords, splitWords[split === "test" ? "train" : "test"]) ?? (split === "train" ? validation?.y : undefined);
  if (own) {
    const unused = split === "test" && validation ? [`${validation.x} is not used`] : [];
    return { ...own, own: true, ...(other !== undefined && { other }), notes: unused };
  }
  if (split === "test" && validation && pair(splitWords.train)) {
    const notes = [`${validation.x} is taken for testing, since there is no test array`];
    return { ...validation, own: true, ...(other !== undefined && { other }), notes };
  }
  const both = pair([]);
  return both && { ...both, own: false, notes: [] };
}

/** The labels of a split, or of both. */
export function findLabels(names: readonly string[], split: Split, own: boolean): string | undefined {
  const parts = own ? [...splitWords[split], ...(split === "test" ? splitWords.validation : [])] : [];
  const wanted = yWords.flatMap((word) =>
    own ? parts.flatMap((part) => [`${word}_${part}`, `${part}_${word}`]) : [word],
  );
  return names.find((name) => wanted.includes(plainName(name)));
}

/** The arrays that hold inputs of a model by name, of a split or of both. */
export interface NamedArrays {
  /** By input the array. */
  of: ReadonlyMap<string, string>;
  /** Whether they are this split's own. */
  own: boolean;
}

/**
 * The arrays of the inputs that are wanted: `ids`, or a split's own `ids_train`, `train_ids`. Undefined where there is none.
 * @throws Error of `missing` where one that has to be there is not
 */
export function findNamed(
  names: readonly string[],
  wants: readonly Pick<WantedInput, "name" | "column">[],
  split: Split,
  missing: (want: Pick<WantedInput, "name" | "column">) => Error,
): NamedArrays | undefined {
  const among = (parts: readonly string[]): Map<string, string> =>
    new Map(
      wants.flatMap(({ name, column = name }) => {
        const wanted =
          parts.length === 0 ? [column] : parts.flatMap((part) => [`${column}_${part}`, `${part}_${column}`]);
        const found = names.find((one) => wanted.includes(one));
        return found === undefined ? [] : [[name, found] as const];
      }),
    );
  const both = among([]);
  const own = [splitWords[split], ...(split === "test" ? [splitWords.validation] : [])]
    .map(among)
    .find(({ size }) => size > 0);
  const of = own ?? both;
  const lacking = wants.find(({ name, column }) => column !== undefined && !of.has(name));
  if (lacking) throw missing(lacking);
  return of.size === 0 ? undefined : { of, own: own !== undefined };
}

/** `X-Train` and `xTrain` as `x_train`. */
const plainName = (name: string): string =>
  name
    .replaceAll(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replaceAll(/[-. ]+/g, "_");
