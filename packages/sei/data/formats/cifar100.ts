/** @file CIFAR-100 in its binary version, by its hundred fine labels. */
import type { DataFormat } from "../format.ts";
import { openCifar } from "./cifar.ts";

export const cifar100: DataFormat = {
  means: "CIFAR-100's binary version",
  about:
    "a folder with `train.bin` and `test.bin`, in CIFAR-100's binary version: records of 3074 bytes, of which the second " +
    "is the fine label. Names come from `fine_label_names.txt`, else they are the labels. Order: the files'.",
  pictures: true,
  normalise: { mean: [0.5071, 0.4865, 0.4409], std: [0.2673, 0.2564, 0.2762] },
  detect: (_path, names) => ["train.bin", "test.bin"].some((name) => names.includes(name)),
  open: (source) =>
    openCifar(source, {
      name: "cifar100",
      labelBytes: 2,
      files: {
        train: { pattern: /^train\.bin$/, expected: "train.bin" },
        test: { pattern: /^test\.bin$/, expected: "test.bin" },
      },
      classes: { file: "fine_label_names.txt", standard: Array.from({ length: 100 }, (_, label) => String(label)) },
    }),
};
