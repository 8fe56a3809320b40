/** @file Image folders: a folder per class with picture files. */
import type { Annotation } from "@split-et-impera/core/task";
import { extname, join } from "node:path";
import { imageDataset, type Dataset } from "../dataset.ts";
import { dataError, listFolder, readClasses } from "../files.ts";
import type { DataFormat, Source } from "../format.ts";
import { isPicture, pictureEndings } from "../picture.ts";
import { readPictures, shorten } from "./pictures.ts";
import { shuffledIndices, splitIndices } from "../subset.ts";

export const images: DataFormat = {
  means: "a folder per class with pictures",
  about:
    `a folder per class with pictures (${pictureEndings}, in capitals too). The classes are the folders' names, sorted as ` +
    "text, or in the order of `classes.txt` (one a line) or of the study's `classes`. Where `train/` exists, it and " +
    "`test/` (or `val/`, `valid/`, `validation/`) each hold class folders and are one split. Otherwise a seeded shuffle " +
    "takes a fifth for testing. Order: shuffled by the seed, because folders are sorted by class and the first hundred " +
    "images should hold every class. Pictures come as people see them: turned as their EXIF data say, on black where they " +
    "are transparent, CMYK and palettes as colours, sixteen bits as eight. The model's input says their size and whether " +
    "they are grey or in colour; how they are fitted is below. What is passed over is counted and said.",
  pictures: true,
  fitted: true,
  normalise: { mean: [0], std: [1] },
  detect: (_path, names) => names.length > 0,
  open: openImages,
};

interface Entry {
  path: string;
  annotation: Annotation;
}

/** Folders that hold test images beside `train`, the first there is. */
const testFolders = ["test", "val", "valid", "validation"];

async function openImages({
  path: folder,
  split,
  limit,
  seed,
  options,
  progress,
  unlabelled,
}: Source): Promise<Dataset> {
  const { folders } = await listFolder(folder, "a folder of class folders");
  const notes: string[] = [];
  const given = options.classes ?? (await readClasses(join(folder, "classes.txt")));
  const tests = testFolders.filter((name) => folders.includes(name));
  const splits = folders.includes("train") || folders.includes("test");
  const [test, ...others] = tests;
  if (splits && (test === undefined || !folders.includes("train"))) {
    const found = test === undefined ? "train/ alone" : `${tests.map((name) => `${name}/`).join(", ")} alone`;
    throw dataError(folder, "both train/ and test/ (or val/, valid/, validation/), or neither", found);
  }
  const list = async (path: string, known: string[] | undefined): Promise<Listed> =>
    (unlabelled ? await listPlain(path) : undefined) ?? listClasses(path, known);
  let listed: Listed;
  /** The pictures that say size and colours where the model does not: the same for both splits. */
  let first: readonly Entry[];
  let order: Uint32Array;
  if (splits) {
    if (test !== "test") notes.push(`${test}/ is taken for testing, since there is no test/`);
    if (others.length > 0) notes.push(`${others.map((name) => `${name}/`).join(", ")} is not used`);
    const train = await list(join(folder, "train"), given);
    listed = split === "train" ? train : await list(join(folder, test!), train.classes);
    first = train.entries;
    order = shuffledIndices(listed.entries.length, split, seed);
  } else {
    listed = await list(folder, given);
    if (listed.entries.length < 2) throw dataError(folder, "at least two images to split", "1");
    first = listed.entries;
    order = splitIndices(listed.entries.length, split, seed);
  }
  const { classes, entries, passedOver } = listed;
  notes.push(...passedOverText(passedOver), ...(given ? emptyClasses(listed) : numericOrder(classes)));
  const chosen = Array.from(order.subarray(0, Math.min(limit, order.length)), (index) => entries[index]!);
  const paths = { all: first.map((one) => one.path), chosen: chosen.map((one) => one.path) };
  const { shape, pixels, fitted } = await readPictures({ folder, ...paths, options, progress });
  notes.push(...fitted);
  const set = {
    name: `images ${split}`,
    classes,
    shape,
    count: chosen.length,
    pixels,
    annotation: (index: number) => chosen[index]!.annotation,
    notes,
  };
  return imageDataset(set, options);
}

interface Listed {
  classes: string[];
  entries: Entry[];
  passedOver: string[];
}

/** The pictures that lie in a folder itself, sorted by name; undefined where there are none. */
async function listPlain(folder: string): Promise<Listed | undefined> {
  const { files, folders } = await listFolder(folder, "a folder of pictures");
  const pictures = files.filter(isPicture);
  if (pictures.length === 0) return undefined;
  const passedOver = [...files.filter((name) => !isPicture(name)), ...folders.map((name) => `${name}/`)];
  const entries = pictures.map((name) => ({ path: join(folder, name), annotation: {} }));
  return { classes: [], entries, passedOver };
}

/** Class folders and their pictures, sorted by name. `known` gives the classes and their order. */
async function listClasses(folder: string, known: string[] | undefined): Promise<Listed> {
  const { folders, files } = await listFolder(folder, "a folder of class folders");
  if (folders.length === 0) throw dataError(folder, "one folder per class", "no folders");
  const classes = known ?? folders;
  const labels = new Map(classes.map((name, label) => [name, label]));
  const entries: Entry[] = [];
  const passedOver = files.filter((name) => name !== "classes.txt");
  for (const name of folders) {
    const path = join(folder, name);
    const label = labels.get(name);
    if (label === undefined) throw dataError(path, `one of the classes (${shorten(classes)})`, `"${name}"`);
    const inside = await listFolder(path, "a folder of pictures");
    const pictures = inside.files.filter(isPicture);
    if (pictures.length === 0)
      throw dataError(path, `pictures (${pictureEndings})`, inside.files.length === 0 ? "none" : "other files only");
    passedOver.push(...inside.files.filter((file) => !isPicture(file)), ...inside.folders.map((one) => `${one}/`));
    for (const file of pictures) entries.push({ path: join(path, file), annotation: { label } });
  }
  return { classes, entries, passedOver };
}

/** `3 files passed over: 2 .txt, 1 folder` */
function passedOverText(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const kinds = new Map<string, number>();
  for (const name of names) {
    const kind = name.endsWith("/") ? "folder inside a class" : extname(name).toLowerCase() || "without an ending";
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const list = Array.from(kinds, ([kind, count]) => `${count} ${kind}`);
  return [`${names.length} passed over: ${shorten(list)}`];
}

function emptyClasses({ classes, entries }: Listed): string[] {
  const seen = new Set(entries.map(({ annotation }) => annotation.label));
  const empty = classes.filter((_, label) => !seen.has(label));
  return empty.length === 0 ? [] : [`${empty.length} of ${classes.length} classes have no pictures: ${shorten(empty)}`];
}

/** Folders that are numbers are sorted as text, which few people expect. */
function numericOrder(classes: readonly string[]): string[] {
  const numeric = classes.every((name) => /^\d+$/.test(name));
  const sorted = classes.every((name, i) => i === 0 || Number(classes[i - 1]) < Number(name));
  if (!numeric || sorted) return [];
  return [
    `the classes are in the order ${shorten(classes)}, as text sorts numbers (and torchvision's ImageFolder does); ` +
      "classes.txt or data.classes gives another",
  ];
}
