/** @file YOLO: objects with boxes, outlines or keypoints in a text file for each picture. */
import { looksLikeYolo, readYoloFolder } from "../annotations/index.ts";
import type { DataFormat } from "../format.ts";
import { annotatedPictures, openAnnotated, splitWords } from "./annotated.ts";

export const yolo: DataFormat = {
  ...annotatedPictures,
  means: "pictures with YOLO's text files: boxes, outlines or keypoints",
  about:
    "`images/` and `labels/` with a text file of the same name for each picture (none: nothing is in it), or " +
    "`train/images`, `train/labels` and so on, or what `data.yaml` says (`train`, `val` or `test`, `names`, `kpt_shape`). " +
    "A line is class, centre, width and height in shares of the picture; or class and the corners of an outline; with " +
    "`kpt_shape` the keypoints follow the box. Classes stand in `data.yaml`, in `classes.txt`, or in the study's " +
    `\`classes\`. ${splitWords}`,
  detect: looksLikeYolo,
  open: (source) => openAnnotated("yolo", readYoloFolder, source),
};
