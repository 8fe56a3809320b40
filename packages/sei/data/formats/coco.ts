/** @file COCO: objects with boxes, outlines and keypoints, or captions, in JSON files. */
import { looksLikeCoco, readCocoFolder } from "../annotations/index.ts";
import type { DataFormat } from "../format.ts";
import { annotatedPictures, openAnnotated, splitWords } from "./annotated.ts";

export const coco: DataFormat = {
  ...annotatedPictures,
  means: "pictures with COCO's JSON: boxes, outlines, keypoints or captions",
  about:
    "a COCO file (`annotations.json` with the pictures beside it or in `images/`; `train/_annotations.coco.json`, " +
    "`valid/...`; `annotations/instances_val2017.json` with `val2017/`, also `person_keypoints_` and `captions_`), or the " +
    "folder of one. Classes are the categories in the order of their ids. Read are boxes, areas, crowds, polygons, run " +
    "lengths (as numbers or compressed), keypoints, and of several captions the first. Pictures have the size that the " +
    `file says, and boxes lie in them. ${splitWords}`,
  detect: looksLikeCoco,
  open: (source) => openAnnotated("coco", readCocoFolder, source),
};
