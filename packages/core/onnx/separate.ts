/** @file Whether a set of tensors separates what is fed from what is asked, and the path that goes around it if not. */
import type { GraphIndex } from "./graph.ts";

export interface Reach {
  /** The nodes that `targets` need when `given` are there, ascending; constant nodes are among them. */
  nodes: number[];
  /** The given tensors that are read or asked. */
  used: Set<string>;
  /** Tensors of a path from an input (or a random operator) to a target that touches no given one. */
  around?: string[];
}

/** Walks back from `targets`, stopping at `given`. */
export function reachBack(index: GraphIndex, targets: readonly string[], given: ReadonlySet<string>): Reach {
  const { reads, producer, inputs } = index;
  const fed = new Set(inputs);
  const needed = new Set<number>();
  const used = new Set<string>();
  /** What asked for a tensor: the next one towards the targets. */
  const next = new Map<string, string | undefined>();
  const stack: string[] = [];
  const want = (name: string, by: string | undefined): void => {
    if (given.has(name)) used.add(name);
    else if (!next.has(name)) {
      next.set(name, by);
      stack.push(name);
    }
  };
  for (const name of targets) want(name, undefined);
  let around: string[] | undefined;
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    if (fed.has(name)) around ??= pathFrom(name, next);
    const maker = producer.get(name);
    if (maker === undefined || needed.has(maker)) continue;
    needed.add(maker);
    for (const read of reads[maker]!) want(read, name);
  }
  return { nodes: [...needed].sort((a, b) => a - b), used, ...(around && { around }) };
}

function pathFrom(name: string, next: ReadonlyMap<string, string | undefined>): string[] {
  const path: string[] = [];
  for (let at: string | undefined = name; at !== undefined; at = next.get(at)) path.push(at);
  return path;
}

/** A path as messages show it: tensors and the operators between them, the middle left out where it is long. */
export function showPath(index: GraphIndex, path: readonly string[]): string {
  const steps = path.map((name, i) => {
    const maker = i === 0 ? undefined : index.producer.get(name);
    return maker === undefined ? `"${name}"` : `${index.nodes[maker]!.opType} "${name}"`;
  });
  const shown =
    steps.length > 8 ? [...steps.slice(0, 4), `... ${steps.length - 7} more ...`, ...steps.slice(-3)] : steps;
  return shown.join(" -> ");
}

/** Per tensor name, whether it depends on one of `from` (those themselves not counted). */
export function dependents(index: GraphIndex, from: Iterable<string>): Set<string> {
  const start = new Set(from);
  const found = new Set<string>();
  index.nodes.forEach((node, i) => {
    if (!index.reads[i]!.some((name) => start.has(name) || found.has(name))) return;
    for (const name of node.output) if (name !== "") found.add(name);
  });
  return found;
}
