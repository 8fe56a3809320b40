/** @file Where masks lie: a folder beside that of the pictures, with a PNG of the same name for each. */
import { join } from "node:path";
import { dataError, listFolder, readClasses } from "../files.ts";
import { isPicture } from "../picture.ts";
import type { Split } from "../subset.ts";
import type { Annotated } from "./annotated.ts";
import { readMask } from "./mask-png.ts";
import { splitName } from "./splits.ts";

const pictureFolders = ["images", "JPEGImages"];
const maskFolders = ["masks", "labels", "annotations", "SegmentationClass"];

/** Whether a folder has such folders. */
export const looksLikeMasks = (_path: string, names: readonly string[]): boolean =>
  pictureFolders.some((name) => names.includes(name)) &&
  ["masks", "SegmentationClass"].some((name) => names.includes(name));

/** Reads a split: `images/val` with `masks/val`, `val/images` with `val/masks`, or all of `images` with `masks`. */
export async function readMaskFolder(path: string, split: Split, given?: readonly string[]): Promise<Annotated> {
  const { folders } = await listFolder(path, "a folder with images/ and masks/");
  const classes = given ?? (await readClasses(join(path, "classes.txt")));
  if (!classes)
    throw dataError(path, "classes.txt, or the study's data.classes: what the masks' numbers mean", "neither");
  const own = splitName(split, folders);
  const root = own === undefined ? path : join(path, own);
  const names = own === undefined ? folders : (await listFolder(root, "images/ and masks/")).folders;
  const [images, masks] = [pictureFolders, maskFolders].map((some) => some.find((name) => names.includes(name)));
  if (images === undefined || masks === undefined)
    throw dataError(
      root,
      `${pictureFolders.join(" or ")}, and ${maskFolders.join(" or ")}`,
      names.join(", ") || "no folders",
    );
  const inside =
    own === undefined ? splitName(split, (await listFolder(join(root, images), "pictures")).folders) : undefined;
  const [from, beside] = [images, masks].map((name) => join(root, name, inside ?? "")) as [string, string];
  const [pictures, pngs] = [await listFolder(from, "pictures"), await listFolder(beside, "masks")];
  const known = new Set(pngs.files);
  const maskOf = (name: string): string => `${name.replace(/\.[^.]+$/, "")}.png`;
  const all = pictures.files.filter(isPicture);
  const chosen = all.filter((name) => known.has(maskOf(name)));
  if (chosen.length === 0) throw dataError(beside, "PNG masks with the names of the pictures", `none of ${all.length}`);
  const without = all.length - chosen.length;
  return {
    classes: [...classes],
    pictures: chosen.map((name) => ({
      path: join(from, name),
      annotation: (size) => readMask(join(beside, maskOf(name)), size, classes),
    })),
    split: own !== undefined || inside !== undefined,
    notes: without === 0 ? [] : [`${without} of ${all.length} pictures have no mask and are passed over`],
  };
}
