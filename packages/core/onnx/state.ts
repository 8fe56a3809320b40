/** @file State that a model carries from step to step: which output of one step is which input of the next. */
import { InputError } from "../errors/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { liveNodes, type GraphIndex } from "./graph.ts";
import type { GraphProto, ValueInfoProto } from "./proto.ts";

/** An input that takes, at every step but the first, what an output gave at the step before. */
export interface StatePair {
  input: string;
  output: string;
}

/** The same as a caller states it. */
export interface StateOption extends StatePair {
  /** What the first step takes. Default: zeros; nothing along a dimension that grows from step to step. */
  first?: Tensor;
}

/** What exporters call an input of state: keys and values, hidden state, cell state, caches of streams. */
const usual =
  /(^|[_./])([hc]x?(_?\d+|_in|_prev|_t)?$|states?|hidden|cell|cached?|past|prev|mem(ory)?(_|\d|$)|rnn|lstm|gru|kv|buffer)/i;

/** Whether an input is called as state is. */
export const isStateName = (name: string): boolean => usual.test(name);

/** Names that the output of a step may have, by that of the input. */
function outputNames(input: string): string[] {
  const stem = input.replace(/^(prev|past|old|in)_|_(in|0|prev|old)$|0$/i, "");
  return [
    input.replace(/past_key_values?|past/, "present"),
    input.replace("past", "present"),
    ...[input, stem].flatMap((name) => [`${name}N`, `${name}_N`, `${name}n`, `${name}_n`]),
    ...[input, stem].flatMap((name) => [`${name}_out`, `${name}_next`, `${name}_new`, `out_${name}`, `next_${name}`]),
    ...[input, stem].flatMap((name) => [`new_${name}`, `present_${name}`, `updated_${name}`]),
    ...(stem === input ? [] : [stem]),
  ].filter((name) => name !== input);
}

/**
 * The pairs that names tell: `past_key_values.0.key` and `present.0.key`, `state` and `stateN`, `h0` and `hn`, with one type
 * and the same fixed sizes. What is called otherwise has to be stated.
 */
export function findState(graph: GraphProto): StatePair[] {
  const outputs = new Map(graph.output.map((info) => [info.name, info]));
  const stored = new Set(graph.initializer.map(({ name }) => name));
  return graph.input.flatMap((info) => {
    if (stored.has(info.name) || !isStateName(info.name)) return [];
    const output = outputNames(info.name).find((name) => outputs.has(name) && fits(info, outputs.get(name)!));
    return output === undefined ? [] : [{ input: info.name, output }];
  });
}

/** Whether one may be fed where the other is taken, as far as both are declared. */
function fits(input: ValueInfoProto, output: ValueInfoProto): boolean {
  const [from, to] = [input, output].map(({ type }) =>
    type?.value.case === "tensorType" ? type.value.value : undefined,
  );
  if (!from || !to || (to.elemType !== 0 && from.elemType !== to.elemType)) return false;
  if (!from.shape || !to.shape || to.shape.dim.length === 0) return true;
  if (from.shape.dim.length !== to.shape.dim.length) return false;
  return from.shape.dim.every(({ value: a }, axis) => {
    const b = to.shape!.dim[axis]!.value;
    return a.case !== "dimValue" || b.case !== "dimValue" || a.value <= 0n || b.value <= 0n || a.value === b.value;
  });
}

/** What is stated where something is, else what the names tell. Throws `InputError` where a stated name is none. */
export function stateOf(graph: GraphProto, stated?: readonly StateOption[]): StateOption[] {
  for (const { input, output } of stated ?? []) {
    const known = (kind: string, name: string, among: readonly ValueInfoProto[]): void => {
      if (among.some((info) => info.name === name)) return;
      const all = among.map((info) => `"${info.name}"`).join(", ");
      throw new InputError(
        "ERR_TENSOR_UNKNOWN",
        `the model has no ${kind} "${name}" to be state; its ${kind}s are ${all || "none"}`,
      );
    };
    known("input", input, graph.input);
    known("output", output, graph.output);
  }
  return [...(stated ?? findState(graph))];
}

/**
 * The graph of one step's answers: state that is fed counts as a constant, and state that is made is no answer. Where a
 * model answers with its state alone, that stays an answer.
 */
export function withoutState(index: GraphIndex, state: readonly StatePair[]): GraphIndex {
  if (state.length === 0) return index;
  const [fed, made] = [new Set(state.map(({ input }) => input)), new Set(state.map(({ output }) => output))];
  const inputs = index.inputs.filter((name) => !fed.has(name));
  const answers = index.outputs.filter((name) => !made.has(name));
  return {
    ...index,
    inputs,
    outputs: answers.length > 0 ? answers : index.outputs,
    initialisers: new Set([...index.initialisers, ...fed]),
    live: liveNodes(index.nodes, index.reads, inputs),
  };
}
