/** @file The model of a study: a file, or several of which one feeds the next. */

/** A model of a pipeline. */
export interface ModelPart {
  /** Path of the ONNX file. */
  path: string;
  /** Its tensors are called `name/tensor`; distinct. */
  name: string;
  /** By input: the tensor `part/tensor` of an earlier part that it is fed. Absent: by name, or in order. */
  feeds?: Record<string, string>;
}

/** Path of an ONNX file, or the parts of a pipeline in their order. */
export type ModelSource = string | ModelPart[];

/** The paths of its files. */
export const modelPaths = (source: ModelSource): string[] =>
  typeof source === "string" ? [source] : source.map(({ path }) => path);

/** In words for people: the path, or the parts' paths. */
export const modelWords = (source: ModelSource): string => modelPaths(source).join(" + ");
