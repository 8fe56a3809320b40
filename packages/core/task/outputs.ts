/** @file Outputs that hold a row of numbers per image, and the logits before a final softmax. */
import { InputError } from "../errors/index.ts";
import { describe, type GraphIndex } from "../onnx/index.ts";
import { fromFloat16, sizeOf, type Tensor, type Tensors } from "../tensor/index.ts";
import type { ModelFacts } from "./task.ts";

export interface OutputColumns {
  name: string;
  /** Numbers per image; undefined where the first dimension is not the batch. */
  columns?: number;
  /** For messages: `float32 [2, 6]`. */
  text: string;
}

/** Every output that is a tensor, in the model's order. */
export function outputColumns({ index, seen, rows }: ModelFacts): OutputColumns[] {
  return index.outputs.flatMap((name) => {
    const found = seen.get(name);
    if (!found) return [];
    const { type, dims } = found;
    // Of one row alone all numbers are its own, whatever the shape.
    const perImage = rows === 1 || (dims.length >= 1 && dims[0] === rows);
    return [{ name, text: `${type} [${dims.join(", ")}]`, ...(perImage && { columns: sizeOf(dims) / rows }) }];
  });
}

/** `scores float32 [2, 5], features float32 [2, 6]` */
export function listOutputs(facts: ModelFacts): string {
  const all = outputColumns(facts).map(({ name, text }) => `"${name}" ${text}`);
  return all.length === 0 ? "none that is a tensor" : all.join(", ");
}

/** One output by name. Throws `InputError` that lists those there are. */
export function namedOutput(facts: ModelFacts, name: string): OutputColumns {
  const found = outputColumns(facts).find((one) => one.name === name);
  if (found) return found;
  throw new InputError(
    "ERR_TASK_OUTPUT",
    `task.output: the model has no output "${name}"; its outputs are ${listOutputs(facts)}`,
  );
}

/** The output of this name, or all where none is named, for tasks that take the first that fits. */
export const possibleOutputs = (facts: ModelFacts, name: string | undefined): OutputColumns[] =>
  name === undefined ? outputColumns(facts) : [namedOutput(facts, name)];

/**
 * The named output, or the first, that is a row of numbers per sample.
 *
 * @param least numbers of a row
 * @param expected what is wanted, for the error: `a vector for every sample, [batch, n]`
 * @throws InputError ERR_TASK_OUTPUT where none is, with the outputs there are
 */
export function rowOutput(
  facts: ModelFacts,
  output: string | undefined,
  { least, expected }: { least: number; expected: string },
): { name: string; columns: number } {
  for (const one of possibleOutputs(facts, output)) {
    const { name, columns = 0 } = one;
    if (columns >= least && areScores(facts, one)) return { name, columns };
  }
  throw new InputError("ERR_TASK_OUTPUT", `expected ${expected}, got ${listOutputs(facts)}`);
}

/** What is to be noted of an output with scores: that it has more of them than the data have classes. */
export const moreScores = (name: string, columns: number, classes: number): string[] =>
  columns === classes ? [] : [`the output "${name}" has ${columns} scores for ${classes} classes of the data`];

/** Types that scores come in. */
const scoreTypes: ReadonlySet<string> = new Set(["float32", "float64", "float16"]);

export const areNumbers = (type: string): boolean => scoreTypes.has(type);

/** Whether an output is a row of scores for every image: numbers along one dimension, behind the batch if there is one. */
export function areScores({ seen, rows }: ModelFacts, { name }: OutputColumns): boolean {
  const { type, dims } = seen.get(name)!;
  const others = rows === 1 ? dims.toSorted((a, b) => b - a).slice(1) : dims.slice(2);
  return scoreTypes.has(type) && others.every((size) => size === 1);
}

export const softmaxes: ReadonlySet<string> = new Set(["Softmax", "LogSoftmax"]);
export const sigmoids: ReadonlySet<string> = new Set(["Sigmoid"]);

/** Operators that keep the order of an image's numbers: what is behind them decides as they do. */
const moves = new Set(["Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Dropout"]);

/**
 * The tensor before a last softmax, log-softmax or sigmoid and what only moves or retypes numbers around it; `squashed`
 * tells a sigmoid. The name itself where there is no such thing before it, or what is before holds other numbers.
 */
export function logitsBefore(
  { index, seen }: ModelFacts,
  output: string,
  squash: ReadonlySet<string>,
): { name: string; squashed: boolean } {
  let name = output;
  let logits = output;
  let squashed = false;
  const size = sizeOf(seen.get(output)?.dims ?? []);
  for (;;) {
    const node = index.nodes[index.producer.get(name) ?? -1];
    const before = node?.input[0];
    const found = before === undefined ? undefined : seen.get(before);
    if (!node || before === undefined || !found || sizeOf(found.dims) !== size) break;
    if (squash.has(node.opType)) {
      if (squashed) break;
      squashed = true;
      logits = before;
    } else if (!moves.has(node.opType)) break;
    name = before;
  }
  return { name: logits, squashed };
}

/** Numbers as a loop reads them. Throws `InputError` where one is NaN or infinite. */
export function finiteNumbers(tensor: Tensor, name: string): ArrayLike<number> {
  const values = numbersOf(tensor);
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]))
      throw new InputError("ERR_NOT_FINITE", `the output "${name}" holds NaN or infinite scores`);
  }
  return values;
}

/** The numbers of each sample. Throws `InputError` where one is NaN or infinite. */
export function rowsOf(outputs: Tensors, name: string, columns: number): number[][] {
  const values = finiteNumbers(outputs[name]!, name);
  return Array.from({ length: values.length / columns }, (_, row) =>
    Array.from({ length: columns }, (__, k) => values[row * columns + k]!),
  );
}

function numbersOf({ type, data }: Tensor): ArrayLike<number> {
  if (type === "float16") return fromFloat16(data as Uint16Array);
  return data instanceof Float32Array || data instanceof Float64Array ? data : Array.from(data, Number);
}

/** Which of `count` values from `start` on, `stride` apart, is the largest; the first of equals. */
export function largest(values: ArrayLike<number>, start: number, count: number, stride = 1): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[start + i * stride]! > values[start + best * stride]!) best = i;
  return best;
}

/** Whether the scores of every image lie between 0 and 1, and those of several classes add up to 1. */
export function areProbabilities(scores: Float32Array, columns: number): boolean {
  for (let start = 0; start < scores.length; start += columns) {
    let sum = 0;
    for (let k = start; k < start + columns; k++) {
      if (scores[k]! < 0 || scores[k]! > 1) return false;
      sum += scores[k]!;
    }
    if (columns > 1 && Math.abs(sum - 1) > 1e-3) return false;
  }
  return true;
}

/** `the scores "p", made by Div "p",` for what is to be said of them. */
export function scoresBy(index: GraphIndex, name: string): string {
  const maker = index.nodes[index.producer.get(name) ?? -1];
  return `the scores "${name}"${maker ? `, made by ${describe(maker)},` : ""}`;
}
