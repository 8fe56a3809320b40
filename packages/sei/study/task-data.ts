/** @file What the data must say of every sample for each task, and which formats say it: for the tasks' documentation. */
import type { TaskKind } from "@split-et-impera/core/task";

const classes =
  "`images`, `cifar10`, `cifar100`, `idx`, `npy` (`y`), `conveyor`, `table` and `audio` (column `label`, or of sound times)";

export const taskData: Record<TaskKind, string> = {
  classification: `a class: ${classes}`,
  detection: "the things with class and box: `coco`, `yolo`, `voc`, `belt`",
  segmentation:
    "a class for every pixel (`masks`), or the things with their outlines (`coco`, `yolo`, `belt`), of which boxes alone are " +
    "filled; for `regions` the boxes of things, as for detection",
  keypoints: "the things with box and keypoints: `coco` (`person_keypoints_...`), `yolo` (`kpt_shape`)",
  multilabel: `all classes that hold: \`table\` (column \`labels\`); or a single one: ${classes}`,
  sequence: "a text: `table` and `audio` (column `text`), `coco` (captions)",
  tokens:
    "the true token of every step as its number: `table` (column `value`, a list; -100 where nothing is to be judged); of one " +
    "step also a class",
  regression:
    "the numbers to be met, as many as the model gives: `table` (column `value`, a number or a list). `y` of `npy` holds " +
    "labels only: targets of shape (N, 2), or that are no whole numbers, need a `table`, in which the arrays of inputs can be files or lists",
  embedding: `a label: ${classes}; with \`by: vector\` the vector: \`table\` (column \`value\`, a list)`,
  activity:
    "1 or 0 for each frame: `table` (column `value`, a list), or for a sample of one frame a class, 0 that nothing is and 1 " +
    "that something is: `audio` with times of one class",
  agreement: "nothing; any format will do, also `random`, and pictures or arrays without labels",
};
