/** @file A model as a task sees it, told by its outputs alone. */
import { float32, type Tensors } from "../../tensor/index.ts";
import type { ModelFacts } from "../index.ts";

/** A model of one picture, 3 x 100 x 200 unless said otherwise, with these outputs. */
export function factsFor(outputs: Tensors, image: readonly [number, number, number] = [3, 100, 200]): ModelFacts {
  const size = image.reduce((a, b) => a * b);
  const all: Tensors = { image: float32([1, ...image], new Float32Array(size)), ...outputs };
  const seen = new Map(
    Object.entries(all).map(([name, { type, dims }]) => [name, { type, dims, min: 0, max: 1, finite: true }]),
  );
  const index = { inputs: ["image"], outputs: Object.keys(outputs), nodes: [], producer: new Map<string, number>() };
  return { index: index as unknown as ModelFacts["index"], seen, rows: 1 };
}
