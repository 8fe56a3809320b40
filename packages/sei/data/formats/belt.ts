/** @file The generated pictures of several parts on a belt: drawn when first asked for, then kept. */
import { beltClasses, beltImage, beltSize, beltThings, type BeltThing } from "@split-et-impera/core/conveyor";
import { InputError } from "@split-et-impera/core/errors";
import type { Annotation, RunLengths } from "@split-et-impera/core/task";
import { imageDataset } from "../dataset.ts";
import type { DataFormat } from "../format.ts";

/** 1.2 GB of pixels; the generator itself knows no end. */
const most = 100_000;

export const belt: DataFormat = {
  means: "generated pictures of several parts on a belt, with boxes and masks",
  about:
    "generated: 64 x 64 pixels with one to five parts, as many as there is room for (washer, bearing, nut, gear, screw), whole and apart from each other; " +
    "their boxes and the pixels that they cover are known.",
  generated: true,
  pictures: true,
  normalise: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  detect: (path) => path === "belt",
  open({ seed, split, limit, options }) {
    if (limit > most) {
      const message = `data.limit.${split}: expected at most ${most} generated images, got ${limit}`;
      return Promise.reject(new InputError("ERR_DATA_LIMIT", message));
    }
    const drawn: Uint8Array[] = [];
    const known: Annotation[] = [];
    return Promise.resolve(
      imageDataset(
        {
          name: `belt ${split}`,
          classes: [...beltClasses],
          shape: { height: beltSize, width: beltSize, channels: 3 },
          count: limit,
          pixels: (index) => (drawn[index] ??= beltImage(seed, split, index).pixels),
          annotation: (index) => (known[index] ??= annotationOf(beltThings(seed, split, index))),
          madeFrom: ["belt", seed, split],
        },
        options,
      ),
    );
  },
};

const annotationOf = (things: readonly BeltThing[]): Annotation => ({
  objects: things.map(({ label, box, covers }) => ({
    class: label,
    box,
    area: covers.reduce((sum, inside) => sum + inside, 0),
    mask: runsOf(covers),
  })),
  size: { height: beltSize, width: beltSize },
});

/** Column by column: how many pixels are out, then in, then out, and so on. */
function runsOf(covers: Uint8Array): RunLengths {
  const counts: number[] = [];
  let [inside, run] = [0, 0];
  for (let x = 0; x < beltSize; x++) {
    for (let y = 0; y < beltSize; y++) {
      if (covers[y * beltSize + x] === inside) run++;
      else {
        counts.push(run);
        [inside, run] = [1 - inside, 1];
      }
    }
  }
  counts.push(run);
  return { height: beltSize, width: beltSize, counts };
}
