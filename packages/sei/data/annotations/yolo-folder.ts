/** @file Where YOLO's files lie: as data.yaml says, or in folders with usual names. */
import { dirname, isAbsolute, join } from "node:path";
import { parse } from "yaml";
import { dataError, listFolder, readClasses } from "../files.ts";
import { isPicture } from "../picture.ts";
import type { Split } from "../subset.ts";
import { readTruth, shown, truthError, type Annotated } from "./annotated.ts";
import { splitName, splitNames } from "./splits.ts";
import { labelFile, readYolo, type YoloRules } from "./yolo-text.ts";

const mostBytes = 4 * 2 ** 20;
const isYaml = (name: string): boolean => /\.ya?ml$/i.test(name);

/** Whether a folder has such files. */
export const looksLikeYolo = (path: string, names: readonly string[]): boolean =>
  isYaml(path) ||
  names.some((name) => /^data\.ya?ml$/.test(name)) ||
  (names.includes("labels") && names.includes("images"));

/** Reads a split; all pictures where none is said to be of it. */
export async function readYoloFolder(path: string, split: Split, given?: readonly string[]): Promise<Annotated> {
  const folder = isYaml(path) ? dirname(path) : path;
  const { files } = await listFolder(folder, "a folder with images/ and labels/");
  const file = isYaml(path)
    ? path
    : ["data.yaml", "data.yml"].filter((name) => files.includes(name)).map((name) => join(folder, name))[0];
  const config = file === undefined ? {} : await readConfig(file);
  const names =
    given ??
    config.names ??
    (await readClasses(join(folder, "classes.txt"))) ??
    (await readClasses(join(folder, "labels", "classes.txt")));
  if (!names) throw dataError(folder, "classes in data.yaml (names), classes.txt, or the study's data.classes", "none");
  const rules: YoloRules = { classes: names, ...(config.keypoints && { keypoints: config.keypoints }) };
  const listed = config.splits?.[split];
  const found = listed
    ? await picturesIn(listed.map((one) => join(config.root!, one)))
    : await usualPictures(folder, split);
  return {
    classes: [...names],
    pictures: found.pictures.map((picture) => ({
      path: picture,
      annotation: (size) => readYolo(labelFile(picture, folder), size, rules),
    })),
    split: found.split,
    notes: [],
  };
}

interface Config {
  names?: string[];
  keypoints?: [number, number];
  /** Folders or lists of pictures, from `root`. */
  splits?: Partial<Record<Split, string[]>>;
  root?: string;
}

async function readConfig(file: string): Promise<Config> {
  const text = await readTruth(file, "a YAML file of names and folders", mostBytes);
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw truthError(file, "YAML", (error as Error).message.split("\n")[0]!);
  }
  const all = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const { names, kpt_shape: shape, path } = all;
  const list = Array.isArray(names)
    ? names
    : typeof names === "object" && names !== null
      ? Object.values(names)
      : undefined;
  if (!list?.length || !list.every((one) => typeof one === "string" || typeof one === "number"))
    throw truthError(`${file}: names`, "the classes' names in a list, or by number", shown(names));
  const numbers = shape as unknown[];
  if (
    shape !== undefined &&
    !(Array.isArray(shape) && shape.length === 2 && Number(shape[0]) >= 1 && [2, 3].includes(numbers[1] as number))
  )
    throw truthError(`${file}: kpt_shape`, "keypoints of an object and numbers of each (2 or 3)", shown(shape));
  const root = typeof path === "string" ? (isAbsolute(path) ? path : join(dirname(file), path)) : dirname(file);
  const foldersOf = (split: Split): string[] | undefined => {
    const one = splitNames[split].map((name) => all[name]).find((some) => some !== undefined && some !== null);
    if (one === undefined) return undefined;
    const some: unknown[] = Array.isArray(one) ? one : [one];
    // Some exports write paths from a folder beside theirs.
    if (some.every((each) => typeof each === "string")) return some.map((each) => each.replace(/^(\.\.\/)+/, ""));
    throw truthError(`${file}: ${split}`, "a folder, or a list of them", shown(one));
  };
  const [train, test] = [foldersOf("train"), foldersOf("test")];
  return {
    names: list.map(String),
    ...(shape !== undefined && { keypoints: numbers as [number, number] }),
    splits: { ...(train && { train }), ...(test && { test }) },
    root,
  };
}

async function picturesIn(places: readonly string[]): Promise<{ pictures: string[]; split: boolean }> {
  const lists = await Promise.all(
    places.map(async (place) => {
      if (!/\.txt$/i.test(place)) {
        const { files } = await listFolder(place, "a folder of pictures");
        return files.filter(isPicture).map((name) => join(place, name));
      }
      const text = await readTruth(place, "a list of pictures, one a line", 2 ** 28);
      const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
      return lines.map((line) => (isAbsolute(line) ? line : join(dirname(place), line.trim())));
    }),
  );
  return { pictures: lists.flat(), split: true };
}

/** `images/val`, `val/images`, or `images` with all. */
async function usualPictures(folder: string, split: Split): Promise<{ pictures: string[]; split: boolean }> {
  const { folders } = await listFolder(folder, "a folder with images/ and labels/");
  const own = splitName(split, folders);
  if (own !== undefined) return picturesIn([join(folder, own, "images")]);
  if (!folders.includes("images"))
    throw dataError(folder, "images/ and labels/", folders.length === 0 ? "no folders" : folders.join(", "));
  const inside = await listFolder(join(folder, "images"), "a folder of pictures");
  const name = splitName(split, inside.folders);
  if (name !== undefined) return picturesIn([join(folder, "images", name)]);
  return { ...(await picturesIn([join(folder, "images")])), split: false };
}
