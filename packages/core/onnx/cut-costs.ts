/** @file The cuts of a model with what they cost: bytes that cross, parameters and operations on both sides. */
import { nodeMacs, nodeParameters, parametersOf } from "./cost.ts";
import { nodesTowards, singleTensorCuts } from "./cuts.ts";
import { imageBytes, imageShape } from "./rows.ts";
import { sizeFlow } from "./size-flow.ts";
import { planOf, sidesOf, withWhatStateMakes, type StateSides } from "./state-cuts.ts";
import { withoutState } from "./state.ts";
import type { Survey } from "./survey.ts";
import { cheaper, usefulCuts, type UsefulCut, type UsefulOptions } from "./useful-cuts.ts";

export interface CutCost {
  /** The tensors that cross. */
  tensors: string[];
  /** The operators that make them; `input` for what is fed. */
  operators: string[];
  /** Per tensor, for one image, without the dimension of the images. */
  shapes: number[][];
  /** What crosses for one image, in the tensors' own types. */
  bytes: number;
  /** Of the head: what the first host must store. What both sides compute counts on both. */
  parameters: number;
  parametersTail: number;
  /** Multiply-accumulates for one image, on each side. */
  macsHead: number;
  macsTail: number;
  /** Of a model that carries state: what of it lies on which side. */
  state?: StateSides;
  /** Cuts of several tensors with the same number are alternatives: it is counted by the cuts of one tensor before them. */
  block: number;
}

/** Of the whole model: parameters, and multiply-accumulates for one image. */
export function modelCost(survey: Survey): { parameters: number; macs: number } {
  const { index } = survey;
  const needed = nodesTowards(index, index.outputs);
  const sum = (values: readonly number[]): number =>
    values.reduce((total, value, i) => total + (needed[i] ? value : 0), 0);
  return { parameters: sum(nodeParameters(survey.model, index)), macs: sum(macsOf(survey)) };
}

/** The cuts of one tensor, in the order in which they are made. What cannot cross is left out. */
export function singleCuts(survey: Survey): CutCost[] {
  const { index, state } = survey;
  const needed = nodesTowards(index, index.outputs);
  const sums = (values: readonly number[]): number[] => {
    let sum = 0;
    return [0, ...values.map((value, i) => (sum += needed[i] ? value : 0))];
  };
  const [parameters, macs] = [sums(nodeParameters(survey.model, index)), sums(macsOf(survey))];
  return singleTensorCuts(withoutState(index, state)).flatMap(({ tensor, node }, block) => {
    const [shape, bytes] = [imageShape(survey, tensor), imageBytes(survey, tensor)];
    if (!shape || bytes === undefined) return [];
    const plan = state.length > 0 ? planOf(index, [tensor], state) : undefined;
    if (state.length > 0 && !plan) return [];
    return [
      {
        tensors: [tensor],
        operators: [index.nodes[node]!.opType],
        shapes: [shape],
        bytes,
        parameters: parameters[node + 1]!,
        parametersTail: parameters.at(-1)! - parameters[node + 1]!,
        macsHead: macs[node + 1]!,
        macsTail: macs.at(-1)! - macs[node + 1]!,
        ...(plan && { state: sidesOf(plan) }),
        block,
      },
    ];
  });
}

interface StatefulCut extends UsefulCut {
  state?: StateSides;
}

/** The useful cuts of several tensors (see `usefulCuts`). */
export function severalCuts(survey: Survey, options: UsefulOptions = {}): CutCost[] {
  const { index, model, state } = survey;
  const macs = macsOf(survey);
  const sum = (nodes: readonly number[]): number => nodes.reduce((total, i) => total + macs[i]!, 0);
  const { values } = sizeFlow(model, index);
  const bytesOf = (name: string): number | undefined => imageBytes(survey, name);
  const found = usefulCuts(withoutState(index, state), bytesOf, { ...options, values });
  const cuts: readonly StatefulCut[] = state.length > 0 ? withState(survey, found, bytesOf) : found;
  return cuts.map(({ tensors, bytes, block, head, tail, state: sides }) => ({
    tensors,
    operators: tensors.map((name) => {
      const maker = index.producer.get(name);
      return maker === undefined ? "input" : index.nodes[maker]!.opType;
    }),
    shapes: tensors.map((name) => imageShape(survey, name)!),
    bytes,
    parameters: parametersOf(model, index, head),
    parametersTail: parametersOf(model, index, tail),
    macsHead: sum(head),
    macsTail: sum(tail),
    ...(sides && { state: sides }),
    block,
  }));
}

/** Those that leave state on one side, with what both sides make of it; and cuts of one tensor that need such company. */
function withState(
  { index, state }: Survey,
  found: readonly UsefulCut[],
  bytesOf: (name: string) => number | undefined,
): StatefulCut[] {
  const singles = singleTensorCuts(withoutState(index, state)).map(({ tensor }, block) => ({
    tensors: [tensor],
    block,
  }));
  const seen = new Set<string>();
  return [...singles, ...found].flatMap(({ tensors, block }) => {
    const whole = cheaper(index, withWhatStateMakes(index, tensors, state), bytesOf);
    const plan = planOf(index, whole, state);
    const cut = plan?.cuts[0];
    const key = cut?.toSorted().join("\n");
    if (!plan || !cut || cut.length < 2 || seen.has(key!)) return [];
    seen.add(key!);
    const bytes = cut.reduce((sum, name) => sum + (bytesOf(name) ?? Infinity), 0);
    if (!Number.isFinite(bytes)) return [];
    const [head, tail] = plan.segments.map(({ nodes }) => nodes);
    return [{ tensors: cut, bytes, block, head: head!, tail: tail!, state: sidesOf(plan) }];
  });
}

function macsOf({ index, seen, rows }: Survey): number[] {
  return index.nodes.map((_, i) => (index.live[i] ? nodeMacs(index, i, seen) / rows : 0));
}
