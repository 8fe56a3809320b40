/** @file A model's graph as plain data for whoever draws it: operators in blocks, tensors with sizes, cuts. */
import { blocksOf, type Block } from "./blocks.ts";
import { nodeMacs, nodeParameters } from "./cost.ts";
import { severalCuts, singleCuts } from "./cut-costs.ts";
import type { Survey } from "./survey.ts";
import { reachBack } from "./separate.ts";
import { imageBytes, imageShape } from "./rows.ts";

/** What depends on inputs and what answers depend on: constants and what is made of them alone is left out. */
export interface ModelGraph {
  tensors: GraphTensor[];
  /** In an order in which they can run, in which every block's stand together. */
  operators: GraphOperator[];
  blocks: GraphBlock[];
  /** Those of one tensor in the order in which they are made, then those of several with few bytes. */
  cuts: GraphCut[];
}

export interface GraphTensor {
  name: string;
  /** For one sample, without the batch; absent where it is no tensor. */
  shape?: number[];
  /** For one sample, as the model holds it. */
  bytes?: number;
  /** What the model is fed with, or answers with. */
  end?: "input" | "output";
}

/** `reads` and `makes` are places in `tensors`. */
export interface GraphOperator {
  type: string;
  name: string;
  reads: number[];
  makes: number[];
  parameters: number;
  /** Multiply-accumulates for one sample. */
  macs: number;
}

export interface GraphBlock {
  label: string;
  /** Blocks with the same number are made of the same operators. */
  alike: number;
  /** Its operators: places in `operators`, the last one excluded. */
  from: number;
  to: number;
  /** Absent: it is one operator. */
  blocks?: GraphBlock[];
}

export interface GraphCut {
  /** Places in `tensors`. */
  tensors: number[];
  /** What crosses for one sample, in the tensors' own types. */
  bytes: number;
  /** The head's operators as stretches of `operators`, the last one of each excluded. Of one tensor it is one from 0. */
  head: [from: number, to: number][];
}

/** Cuts of several tensors at most. */
const mostSeveral = 60;

/** What a survey saw, to be drawn. */
export function modelGraph(survey: Survey): ModelGraph {
  const { index, model, seen, rows } = survey;
  const blocks = blocksOf(index);
  const order = blocks.flatMap(({ operators }) => operators);
  const place = new Map(order.map((operator, at) => [operator, at]));
  const tensors: GraphTensor[] = [];
  const known = new Map<string, number>();
  const tensor = (name: string): number => {
    const found = known.get(name) ?? tensors.length;
    if (found === tensors.length) {
      known.set(name, found);
      const [shape, bytes] = [imageShape(survey, name), imageBytes(survey, name)];
      const end = index.inputs.includes(name) ? "input" : index.outputs.includes(name) ? "output" : undefined;
      tensors.push({ name, ...(shape && { shape }), ...(bytes !== undefined && { bytes }), ...(end && { end }) });
    }
    return found;
  };
  const inputs = new Set(index.inputs);
  const flows = (name: string): boolean => inputs.has(name) || place.has(index.producer.get(name) ?? -1);
  const read = new Set(order.flatMap((operator) => index.reads[operator]!));
  const outputs = new Set(index.outputs);
  const parameters = nodeParameters(model, index);
  const operators = order.map((operator): GraphOperator => {
    const { opType, name, output } = index.nodes[operator]!;
    return {
      type: opType,
      name,
      reads: index.reads[operator]!.filter(flows).map(tensor),
      makes: output.filter((made) => read.has(made) || outputs.has(made)).map(tensor),
      parameters: parameters[operator]!,
      macs: nodeMacs(index, operator, seen) / rows,
    };
  });
  const cuts = [...singleCuts(survey), ...severalCuts(survey, { most: mostSeveral })].map(
    ({ tensors: names, bytes }): GraphCut => {
      const places = reachBack(index, names, new Set()).nodes.flatMap((operator) => place.get(operator) ?? []);
      return { tensors: names.map(tensor), bytes, head: stretches(places) };
    },
  );
  return { tensors, operators, blocks: blocks.map((block) => placed(block, place)), cuts };
}

function placed({ label, alike, operators, blocks }: Block, place: ReadonlyMap<number, number>): GraphBlock {
  const from = place.get(operators[0]!)!;
  return {
    label,
    alike,
    from,
    to: from + operators.length,
    ...(blocks.length > 0 && { blocks: blocks.map((block) => placed(block, place)) }),
  };
}

/** Whole numbers as stretches of such that follow each other. */
function stretches(numbers: readonly number[]): [number, number][] {
  const found: [number, number][] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const last = found.at(-1);
    if (last?.[1] === number) last[1]++;
    else found.push([number, number + 1]);
  }
  return found;
}
