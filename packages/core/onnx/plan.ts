/** @file Which nodes make up each segment when a graph is cut in several places, and which tensor goes where. */
import { InputError } from "../errors/index.ts";
import { bodyOf } from "./bodies.ts";
import { checkHeld, readersOf, type HeldState } from "./held.ts";
import { isRandom, type GraphIndex } from "./graph.ts";
import { dependents, reachBack, showPath } from "./separate.ts";
import { withoutState, type StatePair } from "./state.ts";

/** Where a tensor comes from or goes to: a segment (0 is the first), the caller's feeds, or the model's answers. */
export type Place = number | "input" | "output";

export interface PlannedSegment {
  /** Indices of its nodes, ascending, constant ones included. */
  nodes: number[];
  /** The tensors that it is given: cut tensors and the model's own inputs. */
  inputs: string[];
  /** What it makes for later segments, and the model's outputs that fall to it. */
  outputs: string[];
}

export interface Plan {
  /** The cuts in the order in which a frame passes them, without tensors that nothing behind them reads. */
  cuts: string[][];
  segments: PlannedSegment[];
  /** Every tensor that moves: what is fed, what crosses a cut, what is answered. */
  tensors: { name: string; from: Place; to: Place[]; crosses: number[] }[];
  /** State that is carried from step to step, and the segment that holds it. */
  state: HeldState[];
}

/**
 * Plans the segments between cuts. Each cut alone must separate the inputs from the outputs that depend on it; it may
 * name inputs of the model beside tensors that nodes make. An output belongs to the first segment that can make it.
 * Constants, and what a later segment needs beside its cut, are computed again on both sides. State crosses nowhere: it is
 * fed to the segment that reads it, which makes the next step's too.
 *
 * @throws InputError `ERR_TENSOR_UNKNOWN`, `ERR_CUT_NOT_SEPARATING` (with the path that goes around), `ERR_CUT_EMPTY`,
 *   `ERR_CUT_STATE` where state would lie on both sides.
 */
export function planSegments(
  index: GraphIndex,
  wanted: readonly (readonly string[])[],
  state: readonly StatePair[] = [],
): Plan {
  if (wanted.length === 0) throw new InputError("ERR_CUT_EMPTY", "expected at least one cut, got none");
  for (const cut of wanted) checkTensors(index, cut, state);
  const stepless = withoutState(index, state);
  const sized = wanted.map((names) => ({
    names: [...new Set(names)],
    before: reachBack(index, names, new Set()).nodes.length,
  }));
  const ordered = sized.sort((a, b) => a.before - b.before).map(({ names }) => names);
  const last = ordered.length;
  const behind = ordered.map((cut) => dependents(index, cut));
  const due = (output: string): number => {
    for (let c = last - 1; c >= 0; c--) if (behind[c]!.has(output) && !ordered[c]!.includes(output)) return c + 1;
    return 0;
  };
  const answers = stepless.outputs.map((output) => [output, due(output)] as const);
  const plain = between(stepless, ordered, answers);
  const held = heldState(index, state, plain.segments, due);
  const kept = held.flatMap(({ output, segment }) =>
    stepless.outputs.includes(output) ? [] : [[output, segment] as const],
  );
  const { cuts, segments } = held.length === 0 ? plain : between(stepless, ordered, [...answers, ...kept]);
  const nodes = (of: readonly PlannedSegment[]): number[][] => of.map((segment) => segment.nodes);
  checkHeld(index, held, nodes(plain.segments), nodes(segments), stepless.live);
  for (const { input, segment } of held) segments[segment]!.inputs.push(input);
  checkRandom(index, segments);
  return { ...wire(index, cuts, segments), state: held };
}

/** The segment that reads a state holds it; of a state that is only carried on, the one that can make it. */
function heldState(
  index: GraphIndex,
  state: readonly StatePair[],
  segments: readonly PlannedSegment[],
  due: (output: string) => number,
): HeldState[] {
  const readers = readersOf(
    index,
    state,
    segments.map(({ nodes }) => nodes),
  );
  return state.map(({ input, output }, k) => ({ input, output, segment: readers[k] ?? due(output) }));
}

/** The segments between cuts that stand in the order of a frame, by what each has to make. */
function between(
  index: GraphIndex,
  ordered: readonly string[][],
  answers: readonly (readonly [output: string, segment: number])[],
): { cuts: string[][]; segments: PlannedSegment[] } {
  const last = ordered.length;
  // From the last segment to the first: what each needs says what crosses the cut before it.
  const cuts: string[][] = [];
  const segments: PlannedSegment[] = [];
  let asked: string[] = [];
  for (let s = last; s >= 0; s--) {
    const own = answers.flatMap(([output, segment]) => (segment === s ? [output] : []));
    const targets = [...new Set([...asked, ...own])];
    const before = s === 0 ? index.inputs : ordered[s - 1]!;
    if (targets.length === 0) throw nothingBehind(ordered[s - 1] ?? [], s === last);
    const { nodes, used, around } = reachBack(index, targets, new Set(before));
    if (around && s > 0) throw goesAround(index, before, around);
    if (s > 0) {
      const crossing = before.filter((name) => used.has(name));
      if (crossing.length === 0) throw nothingBehind(before, s === last);
      cuts[s - 1] = crossing;
      asked = crossing;
    }
    segments[s] = { nodes, inputs: before.filter((name) => used.has(name)), outputs: targets };
  }
  segments.forEach(({ nodes }, s) => {
    if (!nodes.some((i) => index.live[i])) throw nothingBetween(ordered, s);
  });
  return { cuts, segments };
}

/** Tells where each tensor is made and who reads it; a segment hands on nothing that it did not make itself. */
function wire(index: GraphIndex, cuts: string[][], planned: readonly PlannedSegment[]): Omit<Plan, "state"> {
  const tensors = new Map<string, { name: string; from: Place; to: Place[]; crosses: number[] }>();
  for (const name of index.inputs) tensors.set(name, { name, from: "input", to: [], crosses: [] });
  const segments = planned.map((segment, s) => {
    const read = segment.inputs.filter((name) => segment.nodes.some((i) => index.reads[i]!.includes(name)));
    for (const name of read) tensors.get(name)!.to.push(s);
    const outputs: string[] = [];
    for (const name of segment.outputs) {
      if (!tensors.has(name)) {
        tensors.set(name, { name, from: s, to: [], crosses: [] });
        outputs.push(name);
      }
    }
    return { nodes: segment.nodes, inputs: read, outputs };
  });
  cuts.forEach((cut, c) => {
    for (const name of cut) tensors.get(name)!.crosses.push(c);
  });
  for (const name of index.outputs) tensors.get(name)!.to.push("output");
  return { cuts, segments, tensors: [...tensors.values()] };
}

function checkTensors(index: GraphIndex, cut: readonly string[], state: readonly StatePair[]): void {
  if (cut.length === 0) throw new InputError("ERR_CUT_EMPTY", "expected the names of the tensors that cross, got none");
  for (const name of cut) {
    if (state.some(({ input }) => input === name))
      throw new InputError("ERR_CUT_STATE", `"${name}" is state, which stays on one host and never crosses`);
    const maker = index.producer.get(name);
    if (index.inputs.includes(name) || (maker !== undefined && index.live[maker])) continue;
    const body = bodyOf(index.nodes, name);
    if (body) {
      throw new InputError(
        "ERR_CUT_IN_BODY",
        `"${name}" lies inside the body of ${body.join(", in ")}; a body runs as a whole, cut before or after it`,
      );
    }
    throw new InputError(
      "ERR_TENSOR_UNKNOWN",
      maker !== undefined || index.initialisers.has(name)
        ? `"${name}" is a constant; cut at the output of an operator that depends on an input`
        : `the model has no tensor "${name}"`,
    );
  }
  if (cut.every((name) => index.inputs.includes(name))) {
    throw new InputError(
      "ERR_CUT_EMPTY",
      `cutting at ${quoted(cut)} leaves nothing before the cut: an input or a constant is no place for one`,
    );
  }
}

function goesAround(index: GraphIndex, cut: readonly string[], around: readonly string[]): InputError {
  const one = cut.length === 1;
  return new InputError(
    "ERR_CUT_NOT_SEPARATING",
    `cutting at ${quoted(cut)}${one ? " alone" : ""} does not separate the model: a path goes around ${one ? "it" : "them"}: ` +
      `${showPath(index, around)}; cut a tensor of this path too`,
  );
}

function nothingBehind(cut: readonly string[], last: boolean): InputError {
  const why = last ? "no output of the model needs what is there" : "the next cut needs nothing of it";
  return new InputError("ERR_CUT_EMPTY", `cutting at ${quoted(cut)} leaves nothing behind the cut: ${why}`);
}

function nothingBetween(cuts: readonly (readonly string[])[], s: number): InputError {
  const where =
    s === 0
      ? `before ${quoted(cuts[0]!)}`
      : s === cuts.length
        ? `behind ${quoted(cuts[s - 1]!)}`
        : `between ${quoted(cuts[s - 1]!)} and ${quoted(cuts[s]!)}`;
  return new InputError("ERR_CUT_EMPTY", `there is no operator ${where}`);
}

/** Random numbers drawn twice would differ. */
function checkRandom(index: GraphIndex, segments: readonly PlannedSegment[]): void {
  const seen = new Set<number>();
  for (const { nodes } of segments) {
    for (const i of nodes) {
      if (!isRandom(index.nodes[i]!)) continue;
      if (seen.has(i)) {
        throw new InputError(
          "ERR_CUT_NOT_SEPARATING",
          `both sides of a cut need the random numbers "${index.nodes[i]!.output[0]}"; cut that tensor too`,
        );
      }
      seen.add(i);
    }
  }
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");
