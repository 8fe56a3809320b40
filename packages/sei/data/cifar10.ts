/**
 * @file CIFAR-10's binary format: records of a label byte and 3 x 32 x 32 bytes, plane by plane.
 * https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
 */
import { join } from "node:path";
import type { Images } from "./dataset.ts";
import { dataError, fileSize, listFolder, readClasses, readStart } from "./files.ts";
import type { Split } from "./subset.ts";

const plane = 32 * 32;
const record = 1 + 3 * plane;
const standardClasses = "airplane automobile bird cat deer dog frog horse ship truck".split(" ");

/** The first `limit` images of a split, in the files' order. Names come from batches.meta.txt. */
export async function openCifar10(folder: string, split: Split, limit: number): Promise<Images> {
  const { files } = await listFolder(folder, "a folder with CIFAR-10's data_batch_*.bin and test_batch.bin");
  const pattern = split === "test" ? /^test_batch\.bin$/ : /^data_batch_\d+\.bin$/;
  const batches = files.filter((name) => pattern.test(name));
  if (batches.length === 0) {
    throw dataError(folder, split === "test" ? "test_batch.bin" : "data_batch_1.bin and so on", "none of that name");
  }
  const classes = (await readClasses(join(folder, "batches.meta.txt"))) ?? standardClasses;
  const pixels: Uint8Array[] = [];
  const labels: number[] = [];
  for (const name of batches) {
    const left = limit - labels.length;
    if (left <= 0) break;
    const path = join(folder, name);
    const size = await fileSize(path, "a CIFAR-10 batch");
    if (size === 0 || size % record !== 0) {
      throw dataError(path, `a whole number of records of ${record} bytes`, `${size} bytes; is it cut short?`);
    }
    const count = Math.min(left, size / record);
    const bytes = await readStart(path, count * record);
    for (let i = 0; i < count; i++) {
      const label = bytes[i * record]!;
      if (label >= classes.length) {
        throw dataError(path, `labels below ${classes.length}`, `${label} in record ${i}`);
      }
      labels.push(label);
      pixels.push(interleaved(bytes.subarray(i * record + 1, (i + 1) * record)));
    }
  }
  return {
    name: `cifar10 ${split}`,
    classes,
    shape: { height: 32, width: 32, channels: 3 },
    count: labels.length,
    pixels: (index) => pixels[index]!,
    label: (index) => labels[index]!,
  };
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
