/** @file Image folders: one folder per class with JPEG or PNG files. */
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { memoryLimit, type Images } from "./dataset.ts";
import { dataError, listFolder } from "./files.ts";
import type { ImageShape } from "./normalise.ts";
import { mapBounded } from "./parallel.ts";
import { shuffledIndices, splitIndices, type Split } from "./subset.ts";

const isImage = (name: string): boolean => /\.(jpe?g|png)$/i.test(name);

interface Entry {
  path: string;
  label: number;
}

export interface FolderOptions {
  /** Seed of the split and of the order. */
  seed: number;
  /** All images are stretched to this size. Default: that of the first (training) image by name. */
  size?: { height: number; width: number } | undefined;
  /** Told how many images are read. */
  progress?: ((done: number, total: number) => void) | undefined;
}

/**
 * The first `limit` images of a split in a shuffled order. With sub-folders train/ and test/, each is a split;
 * otherwise a fifth of the images, drawn by the seed, are for testing. Class names are the folders', sorted.
 */
export async function openFolders(
  folder: string,
  split: Split,
  limit: number,
  options: FolderOptions,
): Promise<Images> {
  const { folders } = await listFolder(folder, "a folder of class folders");
  const given = folders.filter((name) => name === "train" || name === "test");
  if (given.length === 1) {
    throw dataError(folder, "both train/ and test/, or neither", `${given[0]}/ alone`);
  }
  let classes: string[];
  let entries: Entry[];
  let first: Entry;
  let order: Uint32Array;
  if (given.length === 2) {
    const train = await listClasses(join(folder, "train"));
    const chosen = split === "train" ? train : await listClasses(join(folder, "test"), train.classes);
    ({ classes } = train);
    first = train.entries[0]!;
    ({ entries } = chosen);
    order = shuffledIndices(entries.length, split, options.seed);
  } else {
    ({ classes, entries } = await listClasses(folder));
    if (entries.length < 2) throw dataError(folder, "at least two images to split", "1");
    first = entries[0]!;
    order = splitIndices(entries.length, split, options.seed);
  }
  const chosen = Array.from(order.subarray(0, Math.min(limit, order.length)), (index) => entries[index]!);
  const shape = await shapeOf(first.path, options.size);
  const bytes = shape.height * shape.width * shape.channels;
  if (bytes * chosen.length > memoryLimit) {
    throw dataError(
      folder,
      "images that fit into 2 GiB",
      `${chosen.length} of ${bytes} bytes; lower data.limit or choose a smaller size`,
    );
  }
  let done = 0;
  const pixels = await mapBounded(chosen, 4, async ({ path }) => {
    const decoded = await decode(path, shape);
    options.progress?.(++done, chosen.length);
    return decoded;
  });
  return {
    name: `images ${split}`,
    classes,
    shape,
    count: chosen.length,
    pixels: (index) => pixels[index]!,
    label: (index) => chosen[index]!.label,
  };
}

/** Class folders and their images, sorted by name. `known` limits the classes to those of the training split. */
async function listClasses(folder: string, known?: string[]): Promise<{ classes: string[]; entries: Entry[] }> {
  const { folders } = await listFolder(folder, "a folder of class folders");
  if (folders.length === 0) throw dataError(folder, "one folder per class", "no folders");
  const classes = known ?? folders;
  const entries: Entry[] = [];
  for (const name of folders) {
    const path = join(folder, name);
    const label = classes.indexOf(name);
    if (label < 0) throw dataError(path, `a class of the training images (${classes.join(", ")})`, `"${name}"`);
    const { files } = await listFolder(path, "a folder of images");
    const images = files.filter(isImage);
    if (images.length === 0)
      throw dataError(path, "JPEG or PNG files", files.length === 0 ? "none" : "other files only");
    for (const file of images) entries.push({ path: join(path, file), label });
  }
  return { classes, entries };
}

async function shapeOf(path: string, size: FolderOptions["size"]): Promise<ImageShape> {
  const { autoOrient, channels, space } = await attempt(path, () => open(path).metadata());
  return {
    height: size?.height ?? autoOrient.height,
    width: size?.width ?? autoOrient.width,
    channels: channels <= 2 || space === "b-w" ? 1 : 3,
  };
}

async function decode(path: string, { height, width, channels }: ImageShape): Promise<Uint8Array> {
  const { data, info } = await attempt(path, () =>
    open(path)
      .autoOrient()
      .flatten()
      .resize(width, height, { fit: "fill" })
      .toColourspace(channels === 1 ? "b-w" : "srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true }),
  );
  if (info.channels !== channels || data.length !== height * width * channels) {
    throw dataError(path, `an image of ${channels} channels, as the first has`, `${info.channels}`);
  }
  return new Uint8Array(data);
}

/** Guards against pictures that claim to be huge. */
const open = (path: string): Sharp => sharp(path, { limitInputPixels: 2 ** 26 });

async function attempt<R>(path: string, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    const message = (error as Error).message.replaceAll(/\s+/g, " ").trim().slice(0, 200);
    throw dataError(path, "a whole JPEG or PNG image of at most 67 megapixels", message, error);
  }
}
