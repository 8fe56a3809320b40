/** @file Where Pascal VOC's files lie: `Annotations`, `JPEGImages`, and lists of names in `ImageSets`. */
import { join } from "node:path";
import { dataError, listFolder, readClasses } from "../files.ts";
import { mapBounded } from "../parallel.ts";
import { isPicture } from "../picture.ts";
import type { Split } from "../subset.ts";
import { readTruth, truthError, type Annotated } from "./annotated.ts";
import { splitNames } from "./splits.ts";
import { readVoc, vocAnnotation, type VocFile } from "./voc-xml.ts";

/** Whether a folder has such files. */
export const looksLikeVoc = (_path: string, names: readonly string[]): boolean =>
  names.includes("Annotations") || (names.some((name) => /\.xml$/i.test(name)) && names.some(isPicture));

/** Reads a split; all pictures where no list says which are of it. The classes are those that occur, sorted, unless given. */
export async function readVocFolder(path: string, split: Split, given?: readonly string[]): Promise<Annotated> {
  const { folders } = await listFolder(path, "a folder with Annotations/ and JPEGImages/");
  const texts = folders.includes("Annotations") ? join(path, "Annotations") : path;
  const pictures = folders.includes("JPEGImages") ? join(path, "JPEGImages") : path;
  const [{ files: xmls }, { files }] = await Promise.all([
    listFolder(texts, "XML files"),
    listFolder(pictures, "pictures"),
  ]);
  const all = await mapBounded(
    xmls.filter((name) => /\.xml$/i.test(name)),
    8,
    (name) => readVoc(join(texts, name)),
  );
  if (all.length === 0) throw dataError(texts, "XML files", "none");
  const classes =
    given ??
    (await readClasses(join(path, "classes.txt"))) ??
    [...new Set(all.flatMap(({ objects }) => objects.map(({ name }) => name)))].sort();
  const byStem = new Map(files.filter(isPicture).map((name) => [stem(name), join(pictures, name)]));
  const pictureOf = (file: VocFile): string => {
    const found =
      (file.filename !== undefined && byStem.get(stem(file.filename))) ||
      byStem.get(stem(file.path.split(/[/\\]/).at(-1)!));
    if (found) return found;
    throw truthError(file.path, `its picture "${file.filename ?? "?"}" in ${pictures}`, "none");
  };
  const chosen = await listed(path, split);
  const ofSplit = chosen ? all.filter(({ path: file }) => chosen.has(stem(file.split(/[/\\]/).at(-1)!))) : all;
  return {
    classes: [...classes],
    pictures: ofSplit.map((file) => ({
      path: pictureOf(file),
      annotation: async (size) => vocAnnotation(file, size, classes),
    })),
    split: chosen !== undefined,
    notes: [],
  };
}

const stem = (name: string): string => name.replace(/\.[^.]+$/, "");

/** Names in `ImageSets/Main/val.txt` and its like. */
async function listed(path: string, split: Split): Promise<ReadonlySet<string> | undefined> {
  for (const kind of ["Main", "Segmentation"]) {
    const folder = join(path, "ImageSets", kind);
    const { files } = await listFolder(folder, "lists").catch(() => ({ files: [] as string[] }));
    const name = splitNames[split].map((one) => `${one}.txt`).find((one) => files.includes(one));
    if (name === undefined) continue;
    const text = await readTruth(join(folder, name), "a list of names", 2 ** 26);
    return new Set(
      text
        .split(/\r?\n/)
        .map((line) => line.trim().split(/\s+/)[0]!)
        .filter((one) => one !== ""),
    );
  }
  return undefined;
}
