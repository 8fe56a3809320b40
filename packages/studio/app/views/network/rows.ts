/** @file The rows of the network's list: blocks and operators as far as they are opened, and what flows past others. */
import type { GraphBlock, GraphCut, ModelGraph } from "@split-et-impera/core/onnx";

export interface Row {
  /** Its place at every level: `2.0.1`. */
  id: string;
  depth: number;
  block: GraphBlock;
  open: boolean;
  /** What it hands to what comes behind it: places in the graph's tensors. */
  makes: number[];
}

/** @param open ids of blocks whose parts stand in their place */
export function rowsOf(graph: ModelGraph, open: ReadonlySet<string>): Row[] {
  const last = lastReaders(graph);
  const rows: Row[] = [];
  const add = (blocks: readonly GraphBlock[], above: string, depth: number): void => {
    for (const [i, block] of blocks.entries()) {
      const id = above === "" ? `${i}` : `${above}.${i}`;
      const isOpen = block.blocks !== undefined && open.has(id);
      const made = graph.operators.slice(block.from, block.to).flatMap(({ makes }) => makes);
      const makes = made.filter((tensor) => last[tensor]! >= block.to);
      rows.push({ id, depth, block, open: isOpen, makes });
      if (isOpen) add(block.blocks!, id, depth + 1);
    }
  };
  add(graph.blocks, "", 0);
  return rows;
}

/** By tensor, the place of its last reader; of an answer, behind all. */
function lastReaders({ tensors, operators }: ModelGraph): number[] {
  const last = tensors.map(({ end }) => (end === "output" ? Infinity : -1));
  for (const [i, { reads }] of operators.entries()) for (const read of reads) last[read] = Math.max(last[read]!, i);
  return last;
}

/** A tensor that is read further on than by the next row: rows by their places, and a lane of its own meanwhile. */
export interface Arc {
  from: number;
  to: number;
  lane: number;
}

/** Lanes at most: what does not fit any more is not drawn. */
const mostLanes = 6;

export function arcsOf(graph: ModelGraph, rows: readonly Row[]): Arc[] {
  const shown = rows.flatMap((row, at) => (row.open ? [] : [{ row, at }]));
  const rowOf = new Int32Array(graph.operators.length);
  for (const { row, at } of shown) rowOf.fill(at, row.block.from, row.block.to);
  const next = new Map(shown.map(({ at }, i) => [at, shown[i + 1]?.at]));
  const maker = new Map(graph.operators.flatMap(({ makes }, i) => makes.map((tensor) => [tensor, i] as const)));
  const pairs = new Map<string, { from: number; to: number }>();
  for (const [i, { reads }] of graph.operators.entries()) {
    for (const read of reads) {
      const made = maker.get(read);
      if (made === undefined) continue;
      const [from, to] = [rowOf[made]!, rowOf[i]!];
      if (from !== to && next.get(from) !== to) pairs.set(`${from} ${to}`, { from, to });
    }
  }
  const free: number[] = [];
  return [...pairs.values()]
    .toSorted((a, b) => a.from - b.from || b.to - a.to)
    .flatMap(({ from, to }) => {
      let lane = free.findIndex((until) => until <= from);
      if (lane < 0) lane = free.length;
      free[lane] = to;
      return lane < mostLanes ? [{ from, to, lane }] : [];
    });
}

/** The cuts of one tensor, by how many operators come before them; of those at one place that with fewer bytes. */
export function places(graph: ModelGraph): { cut: number; after: number }[] {
  const found = new Map<number, number>();
  for (const [i, { tensors, head }] of graph.cuts.entries()) {
    if (tensors.length === 1 && head.length === 1 && head[0]![0] === 0) found.set(head[0]![1], i);
  }
  return [...found].map(([after, cut]) => ({ cut, after })).toSorted((a, b) => a.after - b.after);
}

/** Whether an operator lies before a cut. */
export const isBefore = ({ head }: GraphCut, operator: number): boolean =>
  head.some(([from, to]) => operator >= from && operator < to);

/** The open blocks that a person sees first: as many levels as fit into so many rows. */
export function firstOpen(graph: ModelGraph, most = 28): string[] {
  const open: string[] = [];
  let level = graph.blocks.map((block, i) => ({ block, id: `${i}` }));
  let rows = level.length;
  for (;;) {
    const next = level.flatMap(({ block, id }) =>
      (block.blocks ?? []).map((one, i) => ({ block: one, id: `${id}.${i}` })),
    );
    if (next.length === 0 || rows + next.length > most) return open;
    open.push(...level.filter(({ block }) => block.blocks).map(({ id }) => id));
    rows += next.length;
    level = next;
  }
}
