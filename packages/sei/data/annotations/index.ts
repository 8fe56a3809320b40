/** @file Files of truths: what they say of pictures, in pixels. */
export type { Annotated, AnnotatedPicture } from "./annotated.ts";
export { looksLikeCoco, readCocoFolder } from "./coco-folder.ts";
export { looksLikeMasks, readMaskFolder } from "./mask-folder.ts";
export { movedAnnotation } from "./moved.ts";
export { looksLikeVoc, readVocFolder } from "./voc-folder.ts";
export { looksLikeYolo, readYoloFolder } from "./yolo-folder.ts";
