/** @file Data sets of NumPy arrays: x (images or any numbers) and y (labels), as .npy files or in an .npz. */
import { float32, sizeOf, wholeRanges, type Tensor } from "@split-et-impera/core/tensor";
import { channelScale } from "@split-et-impera/core/task";
import type { DataOptions } from "@split-et-impera/core/study";
import { basename, dirname, join } from "node:path";
import { imageBatch, imageDataset, type Dataset, type NamedInput } from "../dataset.ts";
import { dataError, fileSize, listFolder, readClasses, readWhole } from "../files.ts";
import type { DataFormat, Source } from "../format.ts";
import { checkNormalise, type ImageShape } from "../normalise.ts";
import { parseNpy, shape, type NumericArray } from "../npy.ts";
import { splitIndices } from "../subset.ts";
import { openZip } from "../zip.ts";
import { arrayNames, findLabels, findNamed, findPair, type ArrayPair, type NamedArrays } from "./array-names.ts";

export const npy: DataFormat = {
  means: ".npy or .npz arrays",
  about:
    "a folder of `.npy` files, or an `.npz`, with `x_train`, `y_train`, `x_test`, `y_test`; or with `x` and `y`, which a " +
    "seeded shuffle splits as above. Usual other names do too: `images`, `data`, `features`, `arr_0` for x; `labels`, " +
    "`targets`, `arr_1` for y; `train_images`, `X_train`, `val_x` (`val` stands for a missing `test`). `y` holds labels, " +
    "shape (N) or (N, 1): other targets, such as (N, 2), need a `table`. An `x` of unsigned bytes and shape (N, H, W), (N, H, W, C) or (N, C, H, W) with 1 or 3 channels " +
    "is images; the same of unsigned 16-bit numbers is divided by 65535, as pixels are by 255, and stays as fine as it is. " +
    "Any other `x` is taken as the model's input as it stands (no division); mean and std are applied per channel when it " +
    "has four dimensions, else one of each. Such data have no picture, so remote computing has no image codec to try on " +
    "them. Types: integers, float16, float32, float64, booleans, of either byte order, in C or Fortran order. NaN and " +
    "infinite values are refused with their row. Of a model of several inputs, arrays with the names of its inputs (or as " +
    "`data.inputs` has them; of splits of their own `ids_train`, `ids_test`) are what is fed to them, beside `x` and without. Object arrays are refused: reading one means running code from the file.",
  pictures: false,
  normalise: { mean: [0], std: [1] },
  detect: (path, names) => /\.np[yz]$/i.test(path) || names.some((name) => /\.np[yz]$/i.test(name)),
  open: openArrays,
};

/** Arrays by name, read when they are asked for. */
interface Arrays {
  names: string[];
  /** Where class names may lie. */
  folder: string;
  read(name: string): Promise<NumericArray>;
  /** The file that holds an array, for messages. */
  where(name: string): string;
}

/**
 * A folder of .npy files or an .npz, with x_train, y_train, x_test, y_test; or with x and y, of which a fifth, drawn by
 * the seed, is for testing. Eight-bit x are images (normalised as pixels); others are taken as they are, less the mean
 * over the standard deviation when the study gives them.
 */
async function openArrays({ path, split, limit, seed, options, unlabelled, whole }: Source): Promise<Dataset> {
  const arrays = await openSource(path, whole);
  const listed = arrays.names.join(", ").slice(0, 200) || "none";
  const missing = ({ name, column }: { name: string; column?: string }): Error =>
    dataError(path, `an array "${column}" for the input "${name}", as data.inputs has it`, listed);
  const named = findNamed(arrays.names, options.wants ?? [], split, missing);
  const pair = pairOf(arrays.names, named, { split, unlabelled, whole });
  if (!pair) throw dataError(path, arrayNames, listed);
  const notes = [...pair.notes];
  const x = await arrays.read(pair.x);
  const total = x.dims[0] ?? 0;
  if (x.dims.length < (named ? 1 : 2) || sizeOf(x.dims) === 0) {
    throw dataError(arrays.where(pair.x), "shape (N, ...) with N and all others at least 1", shape(x.dims));
  }
  const y = pair.y === undefined ? undefined : await readLabels(arrays, pair.y);
  if (y && y.length !== total)
    throw dataError(arrays.where(pair.y!), `${total} labels, as many as x has rows`, `${y.length}`);
  if (!pair.own && (total < 2 || total > mostShuffled))
    throw dataError(arrays.where(pair.x), `from 2 to ${mostShuffled} rows to split`, `${total}`);
  // A split of its own is used from the front: no list of all its rows is made.
  const rows = pair.own
    ? Uint32Array.from({ length: Math.min(limit, total) }, (_, i) => i)
    : splitIndices(total, split, seed).slice(0, limit);
  const given = options.classes ?? (await readClasses(join(arrays.folder, "classes.txt")));
  const common = {
    name: `npy ${split}`,
    classes: y ? await classNames(arrays, pair.y!, y, pair.other, given) : [],
    count: rows.length,
    annotation: (index: number) => (y ? { label: y[rows[index]!]! } : {}),
    notes,
  };
  const image = imageShape(x, options.layout, arrays.where(pair.x), named !== undefined);
  const { data } = x;
  const inputs = named && (await namedInputs(arrays, named, rows, total, options));
  const names = { ...(inputs && { inputs }), ...nameOfX(pair, named) };
  if (image && data instanceof Uint8Array) {
    const size = image.height * image.width * image.channels;
    const pixels = (index: number): Uint8Array => {
      const one = data.subarray(rows[index]! * size, (rows[index]! + 1) * size);
      return image.planar ? interleaved(one, image) : one;
    };
    const { height, width, channels } = image;
    return { ...imageDataset({ ...common, shape: { height, width, channels }, pixels }, options), ...names };
  }
  checkFinite(x, rows, arrays.where(pair.x));
  if (image) notes.push(`${pair.x} holds unsigned 16-bit numbers ${rangeText(x, rows)}; they are divided by 65535`);
  return { ...common, ...names, ...plainBatches(x, rows, options, image ? 65_535 : 1) };
}

/** x and y of a split; of arrays with the names of inputs the first of them is x. */
function pairOf(
  names: readonly string[],
  named: NamedArrays | undefined,
  { split, unlabelled, whole }: Pick<Source, "split" | "unlabelled" | "whole">,
): ArrayPair | undefined {
  const [first] = named?.of.values() ?? [];
  if (whole) return first === undefined ? allOf(names) : { x: first, own: true, notes: [] };
  const found = findPair(names, split, unlabelled || named !== undefined);
  if (found || first === undefined) return found;
  const y = findLabels(names, split, named!.own);
  return y === undefined && !unlabelled
    ? undefined
    : { x: first, ...(y !== undefined && { y }), own: named!.own, notes: [] };
}

/** The input that x is called like. */
function nameOfX({ x }: ArrayPair, named: NamedArrays | undefined): { main: string } | undefined {
  const found = [...(named?.of ?? [])].find(([, array]) => array === x);
  return found && { main: found[0] };
}

/** What the arrays have for inputs by name. Pixels are normalised where an input takes no whole numbers; all else is fed as it stands. */
async function namedInputs(
  arrays: Arrays,
  { of }: NamedArrays,
  rows: Uint32Array,
  total: number,
  options: DataOptions,
): Promise<Map<string, NamedInput>> {
  const found = new Map<string, NamedInput>();
  for (const [input, array] of of) {
    const x = await arrays.read(array);
    const where = arrays.where(array);
    if (x.dims[0] !== total) throw dataError(where, `${total} rows, as the other arrays have`, shape(x.dims));
    checkFinite(x, rows, where);
    const want = options.wants!.find(({ name }) => name === input)!;
    const image =
      want.dims.length === 3 && !(want.type in wholeRanges) ? imageShape(x, options.layout, where, true) : undefined;
    found.set(
      input,
      image && x.data instanceof Uint8Array ? pixelInput(x, rows, image, options, where) : plainInput(x, rows, where),
    );
  }
  return found;
}

function plainInput({ dims, data }: NumericArray, rows: Uint32Array, where: string): NamedInput {
  const one = dims.slice(1);
  const size = sizeOf(one);
  return {
    dims: one,
    where,
    batch(indices) {
      const numbers = new Float64Array(indices.length * size);
      for (let i = 0; i < indices.length; i++) {
        const from = rows[indices[i]!]! * size;
        for (let k = 0; k < size; k++) numbers[i * size + k] = data[from + k]!;
      }
      return numbers;
    },
  };
}

function pixelInput(
  { data }: NumericArray,
  rows: Uint32Array,
  image: ImageShape & { planar: boolean },
  { normalise, layout }: DataOptions,
  where: string,
): NamedInput {
  const { height, width, channels, planar } = image;
  const size = height * width * channels;
  const pixels = (index: number): Uint8Array => {
    const one = (data as Uint8Array).subarray(rows[index]! * size, (rows[index]! + 1) * size);
    return planar ? interleaved(one, image) : one;
  };
  return {
    dims: layout === "NCHW" ? [channels, height, width] : [height, width, channels],
    where,
    batch: (indices) => imageBatch(Array.from(indices, pixels), image, normalise, layout).data,
  };
}

/** The rows of one array, in their order: the only one, or the one that is named as inputs are. */
function allOf(names: readonly string[]): ArrayPair | undefined {
  const x = findPair(names, "test", true)?.x ?? (names.length === 1 ? names[0] : undefined);
  return x === undefined ? undefined : { x, own: true, notes: [] };
}

/** @param alone whether one array without labels will do */
async function openSource(path: string, alone = false): Promise<Arrays> {
  if (/\.npy$/i.test(path)) {
    if (!alone) throw dataError(path, "a folder with x.npy and y.npy, or an .npz", "one array without labels");
    const read = async (): Promise<NumericArray> => parseNpy(await readWhole(path, "a .npy array"), path);
    return { names: [basename(path).slice(0, -4)], folder: dirname(path), read, where: () => path };
  }
  if (/\.npz$/i.test(path)) {
    await fileSize(path, "an .npz archive");
    const zip = openZip(await readWhole(path, "an .npz archive"), path);
    const where = (name: string): string => `${path} (${name}.npy)`;
    return {
      names: zip.names.filter((name) => name.endsWith(".npy")).map((name) => name.slice(0, -4)),
      folder: dirname(path),
      read: (name) => Promise.resolve(parseNpy(zip.read(`${name}.npy`), where(name))),
      where,
    };
  }
  const { files } = await listFolder(path, "an .npz, or a folder with x.npy and y.npy");
  const own = new Map(files.filter((name) => /\.npy$/i.test(name)).map((name) => [basename(name).slice(0, -4), name]));
  const [archive, ...more] = files.filter((name) => /\.npz$/i.test(name));
  if (own.size === 0 && archive !== undefined && more.length === 0) return openSource(join(path, archive));
  const where = (name: string): string => join(path, own.get(name)!);
  return {
    names: [...own.keys()],
    folder: path,
    read: async (name) => parseNpy(await readWhole(where(name), "a .npy array"), where(name)),
    where,
  };
}

const mostClasses = 100_000;
/** Rows that are shuffled for a split; more need arrays of their own for each split. */
const mostShuffled = 10_000_000;

async function readLabels(arrays: Arrays, name: string): Promise<ArrayLike<number>> {
  const { dims, data } = await arrays.read(name);
  const flat = dims.length === 1 || (dims.length === 2 && dims[1] === 1);
  if (!flat)
    throw dataError(arrays.where(name), "labels of shape (N) or (N, 1) (numbers to be met need a table)", shape(dims));
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!(Number.isInteger(value) && value >= 0 && value < mostClasses))
      throw dataError(arrays.where(name), `whole numbers from 0 to ${mostClasses - 1}`, `${value} at ${i}`);
  }
  return data;
}

/** Both splits have the same classes, even where one lacks the last of them. */
async function classNames(
  arrays: Arrays,
  name: string,
  labels: ArrayLike<number>,
  other: string | undefined,
  named: string[] | undefined,
): Promise<string[]> {
  if (named) {
    if (highest(labels) < named.length) return named;
    throw dataError(arrays.where(name), `labels below ${named.length}, as classes.txt has`, `${highest(labels)}`);
  }
  const others = other === undefined ? [] : await readLabels(arrays, other);
  return Array.from({ length: Math.max(highest(labels), highest(others)) + 1 }, (_, label) => String(label));
}

function highest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! > most) most = values[i]!;
  return most;
}

/**
 * How numbers of these dimensions are images: unsigned bytes or 16-bit numbers of shape (N, H, W), (N, H, W, C) or
 * (N, C, H, W); undefined when they are not. Throws, but for those that are only `perhaps` images, where bytes of four dimensions have neither 1 nor 3 channels.
 */
function imageShape(
  { dims, type }: NumericArray,
  layout: DataOptions["layout"],
  where: string,
  perhaps = false,
): (ImageShape & { planar: boolean }) | undefined {
  if (type !== "u1" && type !== "b1" && type !== "u2") return undefined;
  const [, a, b, c] = dims as [number, number, number, number];
  if (dims.length === 3) return { height: a, width: b, channels: 1, planar: false };
  if (dims.length !== 4) return undefined;
  const colour = (channels: number): boolean => channels === 1 || channels === 3;
  if (!colour(a) && !colour(c)) {
    if (type === "u2" || perhaps) return undefined;
    throw dataError(where, "1 or 3 channels, in front or at the end", shape(dims));
  }
  // Where both ends could be the channels, the study's layout says which.
  const planar = colour(a) && colour(c) ? layout === "NCHW" : colour(a);
  return planar ? { height: b, width: c, channels: a, planar } : { height: a, width: b, channels: c, planar };
}

function interleaved(planes: Uint8Array, { height, width, channels }: ImageShape): Uint8Array {
  const plane = height * width;
  const pixels = new Uint8Array(planes.length);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < plane; i++) pixels[i * channels + c] = planes[c * plane + i]!;
  }
  return pixels;
}

/** Throws for the first row in use that holds NaN or an infinite value. */
function checkFinite({ dims, data }: NumericArray, rows: Uint32Array, where: string): void {
  if (!(data instanceof Float32Array) && !(data instanceof Float64Array)) return;
  const size = sizeOf(dims.slice(1));
  for (const row of rows) {
    for (let i = row * size; i < (row + 1) * size; i++) {
      if (!Number.isFinite(data[i]))
        throw dataError(where, "finite numbers", `${data[i]} in row ${row} (its value number ${i - row * size})`);
    }
  }
}

/** `from 0 to 65535` */
function rangeText({ dims, data }: NumericArray, rows: Uint32Array): string {
  const size = sizeOf(dims.slice(1));
  let [low, high] = [Infinity, -Infinity];
  for (const row of rows) {
    for (let i = row * size; i < (row + 1) * size; i++) {
      low = Math.min(low, data[i]!);
      high = Math.max(high, data[i]!);
    }
  }
  return `from ${low} to ${high}`;
}

/**
 * Batches of numbers that are no 8-bit pictures, divided by `whole` first. With four dimensions, mean and std go by
 * channel; else one serves all. Dimensions of one come and go as the model's input has them.
 */
function plainBatches(
  x: NumericArray,
  rows: Uint32Array,
  { normalise, layout, input }: DataOptions,
  whole: number,
): Pick<Dataset, "batch"> {
  const one = x.dims.slice(1);
  const size = sizeOf(one);
  const axis = layout === "NCHW" ? 0 : 2;
  const channels = one.length === 3 ? one[axis]! : 1;
  const inner = one.length === 3 && axis === 0 ? one[1]! * one[2]! : one.length === 3 ? 1 : size;
  checkNormalise(normalise, channels);
  const scales = Array.from({ length: channels }, (_, c) => channelScale(normalise, c));
  const same = input && String(input.filter((n) => n !== 1)) === String(one.filter((n) => n !== 1));
  const dims = same ? input : one;
  return {
    batch(indices): Tensor<"float32"> {
      const data = new Float32Array(indices.length * size);
      let to = 0;
      for (let i = 0; i < indices.length; i++) {
        const from = rows[indices[i]!]! * size;
        for (let k = 0; k < size; k++) {
          const { mean, std } = scales[Math.floor(k / inner) % channels]!;
          data[to++] = (x.data[from + k]! / whole - mean) / std;
        }
      }
      return float32([indices.length, ...dims], data);
    },
  };
}
