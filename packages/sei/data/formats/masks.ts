/** @file Masks: a PNG for each picture whose numbers are classes. */
import { looksLikeMasks, readMaskFolder } from "../annotations/index.ts";
import type { DataFormat } from "../format.ts";
import { annotatedPictures, openAnnotated, splitWords } from "./annotated.ts";

export const masks: DataFormat = {
  ...annotatedPictures,
  means: "pictures with masks: a PNG of class numbers for each",
  about:
    "`images/` and `masks/` (or `JPEGImages/` and `SegmentationClass/`) with a PNG of the picture's name and size in which " +
    "each pixel is the number of its class, as palette or grey of 1 to 16 bits; 255 is void. `images/train`, `masks/train` " +
    "and `images/val`, `masks/val`, or `train/images` and so on, are splits. What the numbers mean stands in `classes.txt` " +
    `or the study's \`classes\`. Pictures without a mask are passed over. ${splitWords}`,
  detect: looksLikeMasks,
  open: (source) => openAnnotated("masks", readMaskFolder, source),
};
