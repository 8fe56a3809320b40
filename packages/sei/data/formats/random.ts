/** @file No data: every input of the model is fed with seeded numbers. */
import { float32 } from "@split-et-impera/core/tensor";
import type { DataFormat } from "../format.ts";

/** More samples of noise say nothing more. */
const most = 100;

export const random: DataFormat = {
  means: "no data: seeded numbers for every input of the model",
  about:
    `no data at all: every input of the model, of whatever type, is fed with seeded numbers, other ones for each of at most ${most} ` +
    "samples: normal ones for floats, any for bytes, 0 and 1 for other whole numbers. What is measured is then how far a design " +
    "answers as the unchanged model does (the task `agreement`), and times and bytes. Sizes that the model leaves open are given " +
    "with `model.shapes` or `--shape`.",
  generated: true,
  pictures: false,
  normalise: { mean: [0], std: [1] },
  detect: (path) => path === "random",
  open: ({ split, limit }) =>
    Promise.resolve({
      name: `random ${split}`,
      classes: [],
      count: Math.min(limit, most),
      empty: true,
      annotation: () => ({}),
      // What carries state goes over all of them.
      begins: (index) => index === 0,
      batch: (indices) => float32([indices.length, 1], new Float32Array(indices.length)),
      notes: [],
    }),
};
