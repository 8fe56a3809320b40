/** @file Pascal VOC: objects with boxes in an XML file for each picture. */
import { looksLikeVoc, readVocFolder } from "../annotations/index.ts";
import type { DataFormat } from "../format.ts";
import { annotatedPictures, openAnnotated, splitWords } from "./annotated.ts";

export const voc: DataFormat = {
  ...annotatedPictures,
  means: "pictures with Pascal VOC's XML files: boxes",
  about:
    "`Annotations/` with an XML file for each picture of `JPEGImages/`, or both in one folder; `ImageSets/Main/train.txt`, " +
    "`val.txt` or `test.txt` list the splits. Pixels count from 1. Objects that are `difficult` need not be found. Classes " +
    `are the names that occur, sorted, unless \`classes.txt\` or the study's \`classes\` give them. ${splitWords}`,
  detect: looksLikeVoc,
  open: (source) => openAnnotated("voc", readVocFolder, source),
};
