/** @file What a gradient rule is. */
import type { GraphBuilder, NodeProto } from "../onnx/index.ts";
import type { TensorType } from "../tensor/index.ts";

/**
 * What a rule sees of its node, in the notation of autodiff papers: inputs I, outputs O, and the gradients GO of the
 * result with respect to the outputs. A rule adds nodes through `g` and gives the gradients of the inputs.
 */
export interface RuleContext {
  readonly node: NodeProto;
  readonly g: GraphBuilder;
  /** Name of input i; empty when the optional input was left out. */
  I(i: number): string;
  O(i: number): string;
  /** Gradient of output i, of the output's shape. Only outputs with a gradient may be asked. */
  GO(i: number): string;
  /** Whether output i has a gradient. */
  has(i: number): boolean;
  /** Whether a gradient of input i is wanted. */
  needs(i: number): boolean;
  /** Observed shape; a leading batch dimension may differ at run time, and so may others (see `fixed`). */
  dims(tensor: string): readonly number[];
  /** Per axis: the size that a tensor has in every run; undefined where it depends on what is fed. */
  fixed(tensor: string): readonly (number | undefined)[];
  /** Whether two runs of different sizes told which sizes are free; else leading axes count as free. */
  readonly sized: boolean;
  /** Observed element type. */
  type(tensor: string): TensorType;
  /** The value of a tensor of integers that no input influences; undefined when it may differ between runs. */
  constant(tensor: string): readonly number[] | undefined;
  /** The one number that all elements of a constant tensor have; undefined when they differ or are computed. */
  single(tensor: string): number | undefined;
  /** A scalar of the type of the node's outputs. */
  scalar(value: number): string;
  /** Zeros of a tensor's shape, of the type of the node's outputs. */
  zerosLike(tensor: string): string;
  /** The name of an output that the model's own node left out, which the rule needs (indices, masks). */
  addOutput(i: number): string;
  /** An error that names the node and says what about it is not supported. */
  refuse(why: string): Error;
}

/** Gives, per input, the name of its gradient, or undefined where none flows or none is wanted. */
export type Rule = (context: RuleContext) => (string | undefined)[];

export interface RuleRow {
  /** The first operator-set version for which the row holds. */
  since: number;
  /** A rule; `zero` where the output does not change with the inputs (almost everywhere); or why there is none. */
  gradient: Rule | "zero" | { refused: string };
  /**
   * The inputs broadcast: the rule's gradients have the output's shape, and the driver sums them back to the inputs'.
   */
  broadcast?: true;
}

/** Rows of one operator, newest first. */
export type RuleTable = Record<string, readonly RuleRow[]>;

/** One rule for every version. */
export function always(gradient: RuleRow["gradient"]): RuleRow[] {
  return [{ since: 1, gradient }];
}

export function broadcasting(gradient: Rule): RuleRow[] {
  return [{ since: 1, gradient, broadcast: true }];
}

/** The axis as a number from 0, where negative ones count from the end. */
export function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** 0, 1, ... n - 1 */
export function range(n: number, from = 0): number[] {
  return Array.from({ length: n }, (_, i) => from + i);
}
