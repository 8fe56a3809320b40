/** @file CIFAR-10 in its binary version. */
import type { DataFormat } from "../format.ts";
import { openCifar } from "./cifar.ts";

export const cifar10: DataFormat = {
  means: "CIFAR-10's binary version",
  about:
    "a folder with `data_batch_1.bin` ... (training) and `test_batch.bin`, in CIFAR-10's binary version: records of 3073 " +
    "bytes. Any number of training batches will do. Names come from `batches.meta.txt`, where there is one. Order: the " +
    "files'.",
  pictures: true,
  normalise: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
  detect: (_path, names) => names.some((name) => /^(data_batch_\d+|test_batch)\.bin$/.test(name)),
  open: (source) =>
    openCifar(source, {
      name: "cifar10",
      labelBytes: 1,
      files: {
        train: { pattern: /^data_batch_\d+\.bin$/, expected: "data_batch_1.bin and so on" },
        test: { pattern: /^test_batch\.bin$/, expected: "test_batch.bin" },
      },
      classes: {
        file: "batches.meta.txt",
        standard: "airplane automobile bird cat deer dog frog horse ship truck".split(" "),
      },
    }),
};
