/** @file Data sets of NumPy arrays: x (images or any numbers) and y (labels), as .npy files or in an .npz. */
import type { DataOptions } from "@split-et-impera/core/study";
import { float32 } from "@split-et-impera/core/tensor";
import { basename, dirname, join } from "node:path";
import { imageDataset, type Dataset } from "./dataset.ts";
import { dataError, fileSize, listFolder, readClasses, readWhole } from "./files.ts";
import { channelScale, checkNormalise, type ImageShape } from "./normalise.ts";
import { parseNpy, shape, type NumericArray } from "./npy.ts";
import { splitIndices, type Split } from "./subset.ts";
import { openZip } from "./zip.ts";

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
 * Opens `path`: a folder of .npy files or an .npz, with x_train, y_train, x_test, y_test; or with x and y, of which a
 * fifth, drawn by the seed, is for testing. Eight-bit x are images (normalised as pixels); others are taken as they
 * are, less the mean over the standard deviation when the study gives them.
 */
export async function openArrays(
  path: string,
  split: Split,
  limit: number,
  seed: number,
  options: DataOptions,
): Promise<Dataset> {
  const arrays = await openSource(path);
  const own = arrays.names.includes(`x_${split}`);
  const pair = own ? [`x_${split}`, `y_${split}`] : ["x", "y"];
  for (const name of pair) {
    if (!arrays.names.includes(name)) {
      const expected = `arrays x_train, y_train, x_test, y_test, or x and y`;
      throw dataError(path, expected, arrays.names.join(", ").slice(0, 200) || "none");
    }
  }
  const [xName, yName] = pair as [string, string];
  const y = await readLabels(arrays, yName);
  const x = await arrays.read(xName);
  const total = x.dims[0] ?? 0;
  if (x.dims.length < 2 || total === 0) {
    throw dataError(arrays.where(xName), "shape (N, ...) with N at least 1", shape(x.dims));
  }
  if (y.length !== total) throw dataError(arrays.where(yName), `${total} labels, as many as x has rows`, `${y.length}`);
  if (!own && total < 2) throw dataError(arrays.where(xName), "at least two rows to split", "1");
  const order = own ? Uint32Array.from({ length: total }, (_, i) => i) : splitIndices(total, split, seed);
  const rows = order.subarray(0, Math.min(limit, order.length));
  const common = {
    name: `npy ${split}`,
    classes: await classNames(arrays, yName, y, own ? `y_${split === "test" ? "train" : "test"}` : undefined),
    count: rows.length,
    label: (index: number) => y[rows[index]!]!,
  };
  const image = x.data instanceof Uint8Array ? imageShape(x.dims, options.layout, arrays.where(xName)) : undefined;
  if (!image) return { ...common, ...plainBatches(x, rows, options) };
  const size = image.height * image.width * image.channels;
  const pixels = (index: number): Uint8Array => {
    const one = (x.data as Uint8Array).subarray(rows[index]! * size, (rows[index]! + 1) * size);
    return image.planar ? interleaved(one, image) : one;
  };
  const { height, width, channels } = image;
  return imageDataset({ ...common, shape: { height, width, channels }, pixels }, options);
}

async function openSource(path: string): Promise<Arrays> {
  if (path.endsWith(".npy")) {
    throw dataError(path, "a folder with x.npy and y.npy, or an .npz", "one array without labels");
  }
  if (path.endsWith(".npz")) {
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
  const where = (name: string): string => join(path, `${name}.npy`);
  return {
    names: files.filter((name) => name.endsWith(".npy")).map((name) => basename(name, ".npy")),
    folder: path,
    read: async (name) => parseNpy(await readWhole(where(name), "a .npy array"), where(name)),
    where,
  };
}

const mostClasses = 100_000;

async function readLabels(arrays: Arrays, name: string): Promise<ArrayLike<number>> {
  const { dims, data } = await arrays.read(name);
  const flat = dims.length === 1 || (dims.length === 2 && dims[1] === 1);
  if (!flat) throw dataError(arrays.where(name), "labels of shape (N) or (N, 1)", shape(dims));
  const wrong = data.findIndex((value) => !(Number.isInteger(value) && value >= 0 && value < mostClasses));
  if (wrong >= 0) {
    throw dataError(arrays.where(name), `whole numbers from 0 to ${mostClasses - 1}`, `${data[wrong]} at ${wrong}`);
  }
  return data;
}

async function classNames(
  arrays: Arrays,
  name: string,
  labels: ArrayLike<number>,
  other: string | undefined,
): Promise<string[]> {
  const highest = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => Math.max(a, b), 0);
  const named = await readClasses(join(arrays.folder, "classes.txt"));
  if (named) {
    if (highest(labels) < named.length) return named;
    throw dataError(arrays.where(name), `labels below ${named.length}, as classes.txt has`, `${highest(labels)}`);
  }
  const others = other !== undefined && arrays.names.includes(other) ? await readLabels(arrays, other) : [];
  return Array.from({ length: Math.max(highest(labels), highest(others)) + 1 }, (_, label) => String(label));
}

/** How bytes of these dimensions are images: (N, H, W), (N, H, W, C) or (N, C, H, W); undefined when they are not. */
function imageShape(
  dims: readonly number[],
  layout: DataOptions["layout"],
  where: string,
): (ImageShape & { planar: boolean }) | undefined {
  const [, a, b, c] = dims as [number, number, number, number];
  if (dims.length === 3) return { height: a, width: b, channels: 1, planar: false };
  if (dims.length !== 4) return undefined;
  const colour = (channels: number): boolean => channels === 1 || channels === 3;
  if (!colour(a) && !colour(c)) throw dataError(where, "1 or 3 channels, in front or at the end", shape(dims));
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

/** Batches of numbers that are no pixels. With four dimensions, mean and std go by channel; else one serves all. */
function plainBatches(x: NumericArray, rows: Uint32Array, { normalise, layout }: DataOptions): Pick<Dataset, "batch"> {
  const one = x.dims.slice(1);
  const size = one.reduce((a, b) => a * b, 1);
  const axis = layout === "NCHW" ? 0 : 2;
  const channels = one.length === 3 ? one[axis]! : 1;
  const inner = one.length === 3 && axis === 0 ? one[1]! * one[2]! : one.length === 3 ? 1 : size;
  checkNormalise(normalise, channels);
  const scales = Array.from({ length: channels }, (_, c) => channelScale(normalise, c));
  return {
    batch(indices) {
      const data = new Float32Array(indices.length * size);
      let to = 0;
      for (let i = 0; i < indices.length; i++) {
        const from = rows[indices[i]!]! * size;
        for (let k = 0; k < size; k++) {
          const { mean, std } = scales[Math.floor(k / inner) % channels]!;
          data[to++] = (x.data[from + k]! - mean) / std;
        }
      }
      return float32([indices.length, ...one], data);
    },
  };
}
