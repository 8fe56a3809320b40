/** @file Cuts of several tensors that are worth a look: few bytes between one block of a graph and the next. */
import { singleTensorCuts } from "./cuts.ts";
import type { GraphIndex } from "./graph.ts";
import { leastCut } from "./least-cut.ts";
import { reachBack } from "./separate.ts";

export interface UsefulCut {
  tensors: string[];
  /** What crosses, in the unit of `bytesOf`. */
  bytes: number;
  /** Between which single-tensor cuts it lies, counted from 0 (before the first): cuts of one block are alternatives. */
  block: number;
  /** Nodes that the head needs, and those that the tail needs; what both need is computed twice. */
  head: number[];
  tail: number[];
}

export interface UsefulOptions {
  /** Cuts in all; those with the fewest bytes are kept. Default 100. */
  most?: number;
  /** Tensors in one cut. Default 16. */
  tensors?: number;
  /** Tensors that hold more than sizes (see `sizeFlow`); default all. What only sends inputs and sizes is no split. */
  values?: ReadonlySet<string>;
}

/** Operators so cheap that doing them on both sides beats sending more bytes. */
const cheap = new Set(
  (
    "Abs Cast CastLike Clip ConstantOfShape DequantizeLinear Elu Expand Flatten Gather HardSigmoid HardSwish Identity " +
    "LeakyRelu Neg Not QuantizeLinear Range Relu Reshape Shape Sigmoid Size Slice Squeeze Sub Tanh Tile Transpose Unsqueeze " +
    "Add Mul Div Concat Floor Ceil Sqrt Where Equal Greater Less Min Max"
  ).split(" "),
);

/**
 * The cuts of several tensors that a person may want to choose from: along the graph's order those with no more bytes
 * than their neighbours, and within every block (between two cuts of one tensor) the one with the fewest bytes of all.
 * A tensor is replaced by what a cheap operator makes it from wherever fewer bytes then cross; so a dequantised tensor
 * gives way to the quantised one, and sizes are taken from tensors that cross anyway.
 * @param bytesOf undefined for what cannot cross (a sequence, say)
 */
export function usefulCuts(
  index: GraphIndex,
  bytesOf: (tensor: string) => number | undefined,
  { most = 100, tensors = 16, values }: UsefulOptions = {},
): UsefulCut[] {
  const needed = reachBack(index, index.outputs, new Set(index.inputs)).nodes.filter((i) => index.live[i]);
  const singles = singleTensorCuts(index);
  const bytes = (names: readonly string[]): number => names.reduce((sum, name) => sum + (bytesOf(name) ?? Infinity), 0);
  const found = new Map<string, { tensors: string[]; bytes: number }>();
  const keep = (names: readonly string[]): void => {
    const list = cheaper(index, names, bytesOf);
    const total = bytes(list);
    if (list.length < 2 || list.length > tensors || !Number.isFinite(total)) return;
    if (list.every((name) => index.inputs.includes(name) || values?.has(name) === false)) return;
    found.set(list.toSorted().join("\n"), { tensors: list, bytes: total });
  };

  const along = openSets(index, needed).map((names) => cheaper(index, names, bytesOf));
  along.forEach((names, i) => {
    const own = bytes(names);
    if (own <= bytes(along[i - 1] ?? names) && own <= bytes(along[i + 1] ?? names)) keep(names);
  });
  const borders = [undefined, ...singles.map(({ tensor }) => tensor), undefined];
  for (let b = 0; b + 1 < borders.length; b++) {
    const least = leastCut(index, needed, { from: borders[b], to: borders[b + 1] }, bytesOf);
    if (least) keep(least);
  }

  const single = new Set(singles.map(({ tensor }) => tensor));
  const before = singles.map(({ tensor }) => reachBack(index, [tensor], new Set()).nodes.length);
  return [...found.values()]
    .filter((cut) => !cut.tensors.some((name) => single.has(name) && bytes([name]) >= cut.bytes))
    .sort((a, b) => a.bytes - b.bytes)
    .slice(0, most)
    .flatMap((cut) => {
      const given = new Set(cut.tensors);
      const { nodes: tail, around } = reachBack(
        index,
        index.outputs.filter((name) => !given.has(name)),
        given,
      );
      const head = reachBack(index, cut.tensors, new Set()).nodes;
      const early = around && !onlyEarly(index, given);
      if (early || !tail.some((i) => index.live[i]) || !head.some((i) => index.live[i])) return [];
      return [{ ...cut, block: before.filter((count) => count <= head.length).length, head, tail }];
    })
    .sort((a, b) => a.head.length - b.head.length || a.bytes - b.bytes);
}

/** Whether every output that can be had without the cut has nothing to do with it: then the head makes it. */
function onlyEarly(index: GraphIndex, given: ReadonlySet<string>): boolean {
  const behind = new Set<string>();
  index.nodes.forEach((node, i) => {
    if (!index.reads[i]!.some((name) => given.has(name) || behind.has(name))) return;
    for (const name of node.output) behind.add(name);
  });
  const due = index.outputs.filter((name) => behind.has(name) && !given.has(name));
  return reachBack(index, due, given).around === undefined;
}

/** After every node but the last: the tensors that are there and still to be read. */
function openSets(index: GraphIndex, needed: readonly number[]): string[][] {
  const remaining = new Map<string, number>();
  for (const i of needed) for (const name of index.reads[i]!) remaining.set(name, (remaining.get(name) ?? 0) + 1);
  const open = new Set(index.inputs.filter((name) => remaining.has(name)));
  const sets: string[][] = [];
  for (const i of needed.slice(0, -1)) {
    for (const name of index.reads[i]!) {
      const left = remaining.get(name)! - 1;
      remaining.set(name, left);
      if (left === 0) open.delete(name);
    }
    for (const name of index.nodes[i]!.output) if (remaining.has(name)) open.add(name);
    sets.push([...open]);
  }
  return sets;
}

/** Replaces tensors by what cheap operators make them from, as long as that saves bytes. */
export function cheaper(
  index: GraphIndex,
  names: readonly string[],
  bytesOf: (tensor: string) => number | undefined,
): string[] {
  let list = [...names];
  for (let again = true; again;) {
    again = false;
    for (const name of list) {
      const maker = index.producer.get(name);
      if (maker === undefined || !cheap.has(index.nodes[maker]!.opType) || index.nodes[maker]!.domain !== "") continue;
      const sources = index.reads[maker]!.filter((read) => {
        const from = index.producer.get(read);
        return from === undefined ? index.inputs.includes(read) : index.live[from]!;
      });
      // Looking up in a table of weights is quick, but both sides would have to hold the table.
      if (index.nodes[maker]!.opType === "Gather" && !sources.includes(index.nodes[maker]!.input[0]!)) continue;
      const extra = sources.filter((source) => !list.includes(source));
      const price = extra.reduce((sum, source) => sum + (bytesOf(source) ?? Infinity), 0);
      if (!(price < (bytesOf(name) ?? Infinity))) continue;
      list = [...list.filter((other) => other !== name), ...extra];
      again = true;
      break;
    }
  }
  return list;
}
