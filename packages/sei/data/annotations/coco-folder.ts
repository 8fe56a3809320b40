/** @file Where COCO's files lie: a file by its name, one for each split, or one for all. */
import { join } from "node:path";
import { dataError, listFolder } from "../files.ts";
import type { Split } from "../subset.ts";
import type { Annotated } from "./annotated.ts";
import { readCoco } from "./coco-json.ts";
import { splitName, splitNames } from "./splits.ts";

/** Of one folder: the file of all pictures in it. */
const whole = ["annotations.json", "_annotations.coco.json", "instances.json", "captions.json", "coco.json"];

/** What COCO's own files tell, in this order. */
const kinds = ["instances", "person_keypoints", "captions"];

/** Whether a folder has such files. */
export const looksLikeCoco = (path: string, names: readonly string[]): boolean =>
  /\.json$/i.test(path) || names.some((name) => whole.includes(name)) || names.includes("annotations");

/** Reads a split; all pictures where there is one file for them. */
export async function readCocoFolder(path: string, split: Split, classes?: readonly string[]): Promise<Annotated> {
  if (/\.json$/i.test(path)) return { ...(await readCoco(path, classes)), split: false };
  const { files, folders } = await listFolder(path, "a folder with COCO's annotations");
  const one = whole.find((name) => files.includes(name));
  if (one !== undefined) return { ...(await readCoco(join(path, one), classes)), split: false };
  const inside = splitName(split, folders);
  if (inside !== undefined) {
    const own = await listFolder(join(path, inside), "a folder with COCO's annotations");
    const name = whole.find((file) => own.files.includes(file));
    if (name !== undefined) return readCoco(join(path, inside, name), classes);
  }
  if (folders.includes("annotations")) {
    const own = await listFolder(join(path, "annotations"), "COCO's annotations");
    const names = kinds.flatMap((kind) => splitNames[split].map((name) => `${kind}_${name}.json`));
    const name = names.find((file) => own.files.includes(file));
    if (name !== undefined) return readCoco(join(path, "annotations", name), classes);
  }
  const names = [`annotations.json`, `${splitNames[split][0]}/_annotations.coco.json`];
  throw dataError(
    path,
    `${names.join(", ")} or annotations/instances_${splitNames[split].at(-1)}.json`,
    "none of them",
  );
}
