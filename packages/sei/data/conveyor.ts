/** @file The generated data set as a `Dataset`: images are drawn when first asked for, then kept. */
import { conveyorClasses, conveyorImage, conveyorLabel, conveyorSize } from "@split-et-impera/core/conveyor";
import { InputError } from "@split-et-impera/core/errors";
import type { Images } from "./dataset.ts";
import type { Split } from "./subset.ts";

/** 1.5 GB of pixels; the generator itself knows no end. */
const most = 500_000;

export function openConveyor(seed: number, split: Split, limit: number): Images {
  if (limit > most) {
    throw new InputError(
      "ERR_DATA_LIMIT",
      `data.limit.${split}: expected at most ${most} generated images, got ${limit}`,
    );
  }
  const drawn: Uint8Array[] = [];
  return {
    name: `conveyor ${split}`,
    classes: [...conveyorClasses],
    shape: { height: conveyorSize, width: conveyorSize, channels: 3 },
    count: limit,
    pixels: (index) => (drawn[index] ??= conveyorImage(seed, split, index).pixels),
    label: (index) => conveyorLabel(seed, split, index),
  };
}
