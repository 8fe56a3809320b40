/**
 * @file CIFAR's binary formats: records of one or two label bytes and 3 x 32 x 32 bytes, plane by plane.
 * https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
 */
import { join } from "node:path";
import { imageDataset, type Dataset } from "../dataset.ts";
import { dataError, fileSize, listFolder, readClasses, readStart } from "../files.ts";
import type { Source } from "../format.ts";

const plane = 32 * 32;

/** How one of the two sets is stored. */
export interface CifarLayout {
  name: string;
  /** Bytes before the pixels; the last of them is the label. */
  labelBytes: number;
  files: Record<"train" | "test", { pattern: RegExp; expected: string }>;
  /** The text file with the classes' names, and the names where it is missing. */
  classes: { file: string; standard: readonly string[] };
}

/** The first `limit` images of a split, in the files' order. */
export async function openCifar(
  { path: folder, split, limit, options }: Source,
  { name, labelBytes, files: wanted, classes: names }: CifarLayout,
): Promise<Dataset> {
  const { pattern, expected } = wanted[split];
  const { files } = await listFolder(folder, `a folder with ${wanted.train.expected} and ${wanted.test.expected}`);
  const batches = files.filter((file) => pattern.test(file));
  if (batches.length === 0) throw dataError(folder, expected, "none of that name");
  const classes = options.classes ?? (await readClasses(join(folder, names.file))) ?? [...names.standard];
  const record = labelBytes + 3 * plane;
  const pixels: Uint8Array[] = [];
  const labels: number[] = [];
  for (const file of batches) {
    const left = limit - labels.length;
    if (left <= 0) break;
    const path = join(folder, file);
    const size = await fileSize(path, `a batch of ${name}`);
    if (size === 0 || size % record !== 0) {
      throw dataError(path, `a whole number of records of ${record} bytes`, `${size} bytes; is it cut short?`);
    }
    const count = Math.min(left, size / record);
    const bytes = await readStart(path, count * record);
    for (let i = 0; i < count; i++) {
      const label = bytes[i * record + labelBytes - 1]!;
      if (label >= classes.length) {
        throw dataError(path, `labels below ${classes.length}`, `${label} in record ${i}`);
      }
      labels.push(label);
      pixels.push(interleaved(bytes.subarray(i * record + labelBytes, (i + 1) * record)));
    }
  }
  const images = {
    name: `${name} ${split}`,
    classes,
    shape: { height: 32, width: 32, channels: 3 },
    count: labels.length,
    pixels: (index: number) => pixels[index]!,
    annotation: (index: number) => ({ label: labels[index]! }),
  };
  return imageDataset(images, options);
}

/** Three planes to pixels. */
function interleaved(planes: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(3 * plane);
  for (let i = 0; i < plane; i++) {
    pixels[3 * i] = planes[i]!;
    pixels[3 * i + 1] = planes[plane + i]!;
    pixels[3 * i + 2] = planes[2 * plane + i]!;
  }
  return pixels;
}
