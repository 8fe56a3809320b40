/** @file How much memory a segment needs: its parameters and the most that its activations take at once. */
import { elementBytes, sizeOf } from "../tensor/index.ts";
import { nodesTowards, type GraphIndex, type Observations } from "../onnx/index.ts";

export interface SegmentMemory {
  /** Bytes of weights. */
  parameters: number;
  /** Bytes of activations alive at once at worst, for one image. */
  activations: number;
}

/**
 * Memory of the part of a graph between two points: the nodes after `from` (a tensor or several, none for the inputs) up to
 * `to` (the same, none for the outputs). A tensor lives from the node that makes it to the last that reads it, in the
 * graph's order; runtimes may reuse buffers better or worse than that.
 * @param rows images in the observed run
 */
export function segmentMemory(
  index: GraphIndex,
  seen: Observations,
  rows: number,
  part: { from?: string | readonly string[]; to?: string | readonly string[] } = {},
): SegmentMemory {
  const names = (end: string | readonly string[]): readonly string[] => (typeof end === "string" ? [end] : end);
  const outputs = part.to === undefined ? index.outputs : names(part.to);
  const before = part.from === undefined ? undefined : nodesTowards(index, names(part.from));
  const needed = nodesTowards(index, outputs);
  const mine = index.nodes.map((_, i) => needed[i]! && !(before?.[i] ?? false));
  const bytes = (name: string, perImage: boolean): number => {
    const found = seen.get(name);
    return found ? (sizeOf(found.dims) * elementBytes(found.type)) / (perImage ? rows : 1) : 0;
  };

  const lastReader = new Map<string, number>();
  const weights = new Set<string>();
  index.nodes.forEach((_, i) => {
    if (!mine[i]) return;
    for (const name of index.reads[i]!) {
      const maker = index.producer.get(name);
      const constant = index.initialisers.has(name) || (maker !== undefined && !index.live[maker]!);
      if (constant) weights.add(name);
      else lastReader.set(name, i);
    }
  });
  let now = 0;
  const alive = new Map<string, number>();
  const start = part.from === undefined ? index.inputs : names(part.from);
  for (const name of start) {
    alive.set(name, bytes(name, true));
    now += alive.get(name)!;
  }
  let peak = now;
  index.nodes.forEach((node, i) => {
    if (!mine[i] || !index.live[i]) return;
    for (const name of node.output) {
      if (name === "" || alive.has(name)) continue;
      alive.set(name, bytes(name, true));
      now += alive.get(name)!;
    }
    peak = Math.max(peak, now);
    for (const [name, size] of alive) {
      if ((lastReader.get(name) ?? -1) > i || outputs.includes(name)) continue;
      alive.delete(name);
      now -= size;
    }
  });
  let parameters = 0;
  for (const name of weights) parameters += bytes(name, false);
  return { parameters, activations: peak };
}
