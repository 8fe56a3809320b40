/** @file What a layout is: the form in which a family of detectors gives its detections. A row of the table beside. */
import type { GraphBuilder } from "../../../onnx/index.ts";
import { finiteNumbers } from "../../outputs.ts";
import type { ModelFacts, Target } from "../../task.ts";
import type { Tensors } from "../../../tensor/index.ts";
import type { Detection } from "../detections.ts";
import type { DetectionSpec } from "../spec.ts";

/** Where the parts of detections lie in a model's outputs: plain data. */
export interface Place {
  outputs: string[];
  decides: string[];
  /** Classes that the outputs know, without a background. */
  classes: number;
  /** The number of the first. */
  firstClass: number;
}

export interface Layout<P extends Place> {
  /** A few words for the documentation. */
  means: string;
  /** Whether a thing may have several boxes, of which one is to be kept. */
  suppress: boolean;
  /** Where everything lies; undefined where the outputs are of another form. */
  find(facts: ModelFacts, spec: DetectionSpec): P | undefined;
  /** All that is surer than `confidence`, by image; classes are the model's numbers. */
  read(place: P, outputs: Tensors, confidence: number): Detection[][];
  /** The score of each image's surest detection. */
  target(g: GraphBuilder, place: P): Target[];
}

/** An output as it was seen. */
export interface SeenOutput {
  name: string;
  type: string;
  dims: readonly number[];
}

export const seenOutputs = ({ index, seen }: ModelFacts): SeenOutput[] =>
  index.outputs.flatMap((name) => {
    const found = seen.get(name);
    return found ? [{ name, type: found.type, dims: found.dims }] : [];
  });

export const isFloat = ({ type }: SeenOutput): boolean => type.startsWith("float");

/** Numbers and dimensions of an output, its images one after the other. */
export function valuesOf(outputs: Tensors, name: string): { values: ArrayLike<number>; dims: readonly number[] } {
  const tensor = outputs[name]!;
  return { values: finiteNumbers(tensor, name), dims: tensor.dims };
}
