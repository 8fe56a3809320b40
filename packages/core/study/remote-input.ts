/** @file What remote computing sends a frame as: a picture as a camera has it, or the model's input through a codec. */
import type { CodecKind } from "../wire/index.ts";

export const pictureFormats = ["raw", "png", "webp", "jpeg", "avif"] as const;

/** A picture's bytes or a file of it; quality 1 to 100 where it is lossy. */
export interface PictureInput {
  format: (typeof pictureFormats)[number];
  quality?: number;
}

/** The model's input as a tensor, of any data. */
export interface CodecInput {
  format: CodecKind;
  quality?: undefined;
}

export type RemoteInput = PictureInput | CodecInput;

export function isPictureInput(input: RemoteInput): input is PictureInput {
  return (pictureFormats as readonly string[]).includes(input.format);
}

/** What is tried where a study does not say: of pictures, and of all other data. */
export const usualInputs: Record<"pictures" | "others", RemoteInput[]> = {
  pictures: [{ format: "raw" }, { format: "png" }, { format: "jpeg", quality: 90 }],
  others: [{ format: "float32" }, { format: "uint8" }],
};
