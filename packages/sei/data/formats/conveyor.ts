/** @file The generated data set: images are drawn when first asked for, then kept. */
import { conveyorClasses, conveyorImage, conveyorLabel, conveyorSize } from "@split-et-impera/core/conveyor";
import { InputError } from "@split-et-impera/core/errors";
import { imageDataset } from "../dataset.ts";
import type { DataFormat } from "../format.ts";

/** 1.5 GB of pixels; the generator itself knows no end. */
const most = 500_000;

export const conveyor: DataFormat = {
  means: "generated parts on a belt",
  about: "generated, see below.",
  generated: true,
  pictures: true,
  normalise: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  detect: (path) => path === "conveyor",
  open({ seed, split, limit, options }) {
    if (limit > most) {
      const message = `data.limit.${split}: expected at most ${most} generated images, got ${limit}`;
      return Promise.reject(new InputError("ERR_DATA_LIMIT", message));
    }
    const drawn: Uint8Array[] = [];
    return Promise.resolve(
      imageDataset(
        {
          name: `conveyor ${split}`,
          classes: [...conveyorClasses],
          shape: { height: conveyorSize, width: conveyorSize, channels: 3 },
          count: limit,
          pixels: (index) => (drawn[index] ??= conveyorImage(seed, split, index).pixels),
          annotation: (index) => ({ label: conveyorLabel(seed, split, index) }),
          madeFrom: ["conveyor", seed, split],
        },
        options,
      ),
    );
  },
};
