/** @file Data sets of pictures with files of truths: read, fitted, and the truths moved with the pixels. */
import type { Annotation } from "@split-et-impera/core/task";
import { movedAnnotation, type Annotated, type AnnotatedPicture } from "../annotations/index.ts";
import { imageDataset, type Dataset } from "../dataset.ts";
import { dataError } from "../files.ts";
import type { DataFormat, Source } from "../format.ts";
import { shuffledIndices, type Split } from "../subset.ts";
import { readPictures, type PictureFile } from "./pictures.ts";

/** A reader of files of truths. */
type Reader = (path: string, split: Split, classes?: readonly string[]) => Promise<Annotated>;

/** What all such formats have in common; models of such data usually take pixels from 0 to 1. */
export const annotatedPictures = {
  pictures: true,
  fitted: true,
  normalise: { mean: [0], std: [1] },
} as const satisfies Partial<DataFormat>;

/** For the documentation: of which pictures a split is made where the files do not say it. */
export const splitWords =
  "Where the files tell no splits, the first `limit.test` of a seeded shuffle are for testing and the others for training " +
  "(all of them where none are left, which is said).";

/** The rows of a split that are used, in their order, and what is to be said of them. */
export function chosenRows(
  { pictures, split: own, notes }: Annotated,
  { path, split, limit, seed, options }: Source,
): { chosen: AnnotatedPicture[]; notes: string[] } {
  if (pictures.length === 0) throw dataError(path, `pictures for ${split === "test" ? "testing" : "training"}`, "none");
  const { indices, said } = own
    ? { indices: Array.from(pictures.keys()), said: [] }
    : divide(pictures.length, split, options.limit.test, seed);
  return { chosen: indices.slice(0, limit).map((index) => pictures[index]!), notes: [...notes, ...said] };
}

/** Opens a split of `format`. */
export async function openAnnotated(format: string, read: Reader, source: Source): Promise<Dataset> {
  const { path, split, options, progress } = source;
  const found = await read(path, split, options.classes);
  const { classes, pictures } = found;
  const { chosen, notes } = chosenRows(found, source);
  const annotations: Annotation[] = [];
  const { shape, pixels, fitted } = await readPictures({
    folder: path,
    all: pictures.map(fileOf),
    chosen: chosen.map(fileOf),
    options,
    progress,
    truthBytes: ({ height, width }) => (format === "masks" ? height * width : 0),
    async onPicture(at, from, fitting) {
      annotations[at] = movedAnnotation(await chosen[at]!.annotation(from), from, fitting);
    },
  });
  const set = {
    name: `${format} ${split}`,
    classes,
    shape,
    count: chosen.length,
    pixels,
    annotation: (index: number) => annotations[index]!,
    notes: [...notes, ...fitted],
  };
  return imageDataset(set, options);
}

const fileOf = ({ path, bytes }: AnnotatedPicture): PictureFile => (bytes ? { path, bytes } : path);

function divide(count: number, split: Split, test: number, seed: number): { indices: number[]; said: string[] } {
  const order = Array.from(shuffledIndices(count, "test", seed));
  if (split === "test") return { indices: order.slice(0, test), said: [] };
  const rest = order.slice(test);
  if (rest.length > 0) return { indices: rest, said: [] };
  const lower = `a data.limit.test below ${count} leaves some for training`;
  return { indices: order, said: [`all ${count} pictures are for testing, so training takes the same ones; ${lower}`] };
}
