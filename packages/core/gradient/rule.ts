/** @file What a gradient rule is. */
import type { GraphBuilder, NodeProto } from "../onnx/index.ts";

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
  /** Whether a gradient of input i is wanted. */
  needs(i: number): boolean;
  /** Observed shape; a leading batch dimension may differ at run time. */
  dims(tensor: string): readonly number[];
  /** The value of a constant input (initialiser or Constant node); undefined when it is computed. */
  constant(tensor: string): readonly number[] | undefined;
  /** The name of an output that the model's own node left out, which the rule needs (indices, masks). */
  addOutput(i: number): string;
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
  return [{ since: 7, gradient, broadcast: true }];
}
