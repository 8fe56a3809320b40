/** @file The IDX format of MNIST and its kin: big-endian dimensions, then bytes; gzip too. */
import { join } from "node:path";
import { imageDataset, type Dataset } from "../dataset.ts";
import { dataError, listFolder, readClasses, readMaybeGzip } from "../files.ts";
import type { DataFormat, Source } from "../format.ts";
import type { Split } from "../subset.ts";

export const idx: DataFormat = {
  means: "MNIST's format, gzip too",
  about:
    "MNIST and what is stored like it: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte`, " +
    "`t10k-labels-idx1-ubyte`; each may end in `.gz`, `test-` may stand for `t10k-`, and `.idx3-ubyte` for `-idx3-ubyte`. " +
    "Names come from `classes.txt` (one a line), else they are the labels. Order: the file's.",
  pictures: true,
  normalise: { mean: [0.1307], std: [0.3081] },
  detect: (_path, names) => names.some((name) => /ubyte(\.gz)?$/i.test(name)),
  open: openIdx,
};

const imageNames: Record<Split, RegExp> = {
  train: /^(.*-)?train-images[-.]idx3-ubyte(\.gz)?$/i,
  test: /^(.*-)?(t10k|test)-images[-.]idx3-ubyte(\.gz)?$/i,
};
const labelNames: Record<Split, RegExp> = {
  train: /^(.*-)?train-labels[-.]idx1-ubyte(\.gz)?$/i,
  test: /^(.*-)?(t10k|test)-labels[-.]idx1-ubyte(\.gz)?$/i,
};

/** The first `limit` images of a split, in the file's order. Names come from classes.txt, else they are the labels. */
async function openIdx({ path: folder, split, limit, options }: Source): Promise<Dataset> {
  const { files } = await listFolder(folder, "a folder with train-images-idx3-ubyte[.gz] and so on");
  const find = (pattern: RegExp): string | undefined => {
    const name = files.find((file) => pattern.test(file));
    return name === undefined ? undefined : join(folder, name);
  };
  const prefix = split === "test" ? "t10k" : "train";
  const imagePath = find(imageNames[split]);
  const labelPath = find(labelNames[split]);
  if (imagePath === undefined)
    throw dataError(folder, `${prefix}-images-idx3-ubyte or the same with .gz`, "no such file");
  if (labelPath === undefined)
    throw dataError(folder, `${prefix}-labels-idx1-ubyte or the same with .gz`, "no such file");

  const labels = await readIdx(labelPath, 1);
  const images = await readIdx(imagePath, 3);
  const [total, height, width] = images.dims as [number, number, number];
  if (labels.dims[0] !== total) {
    throw dataError(labelPath, `${total} labels, as many as there are images`, `${labels.dims[0]}`);
  }
  if (total === 0) throw dataError(imagePath, "at least one image", "none");
  if (height === 0 || width === 0) throw dataError(imagePath, "images of at least 1 x 1", `${height} x ${width}`);
  const count = Math.min(limit, total);
  const set = {
    name: `idx ${split}`,
    classes: await classNames(
      options.classes ?? (await readClasses(join(folder, "classes.txt"))),
      labelPath,
      labels.data,
      find(labelNames[split === "test" ? "train" : "test"]),
    ),
    shape: { height, width, channels: 1 },
    count,
    pixels: (index: number) => images.data.subarray(index * height * width, (index + 1) * height * width),
    annotation: (index: number) => ({ label: labels.data[index]! }),
  };
  return imageDataset(set, options);
}

/** Both splits have the same classes, even where one lacks the last of them. */
async function classNames(
  named: string[] | undefined,
  labelPath: string,
  labels: Uint8Array,
  otherPath: string | undefined,
): Promise<string[]> {
  const highest = (values: Uint8Array): number => values.reduce((a, b) => Math.max(a, b), 0);
  if (named) {
    if (highest(labels) >= named.length) {
      throw dataError(labelPath, `labels below ${named.length}, as classes.txt has`, `${highest(labels)}`);
    }
    return named;
  }
  const other = otherPath === undefined ? new Uint8Array() : (await readIdx(otherPath, 1)).data;
  return Array.from({ length: Math.max(highest(labels), highest(other)) + 1 }, (_, label) => String(label));
}

async function readIdx(path: string, rank: number): Promise<{ dims: number[]; data: Uint8Array }> {
  const bytes = await readMaybeGzip(path, "an IDX file");
  const start = 4 + 4 * rank;
  if (bytes.length < start) throw dataError(path, `a header of ${start} bytes`, `${bytes.length} bytes in all`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const expected = 0x800 + rank;
  if (magic !== expected) {
    throw dataError(path, `magic number ${hex(expected)} (bytes, ${rank} dimensions)`, hex(magic));
  }
  const dims = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const size = dims.reduce((a, b) => a * b, 1);
  if (bytes.length - start !== size) {
    throw dataError(path, `${size} bytes for ${dims.join(" x ")}`, `${bytes.length - start}`);
  }
  return { dims, data: bytes.subarray(start) };
}

const hex = (value: number): string => `0x${value.toString(16).padStart(8, "0")}`;
