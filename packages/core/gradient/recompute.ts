/** @file Gradients that compute activations again instead of keeping them: less memory for more time. */
import { isRandom, subgraphs, type GraphBuilder, type NodeProto } from "../onnx/index.ts";
import { elementBytes, sizeOf } from "../tensor/index.ts";
import type { Knowledge } from "./context.ts";

/** What one node's rule has added. */
export interface Step {
  /** The differentiated node's place in the index. */
  node: number;
  /** The gradient of one of its outputs. */
  arriving: string;
  /** The nodes that add up the gradients of its outputs. */
  sums: readonly NodeProto[];
  /** Gradients of what no node makes, inputs and weights; no later step needs them. */
  final: readonly string[];
  /** The nodes of its rule. */
  added: readonly NodeProto[];
}

/**
 * Rewires the steps, which come last node first, to read copies of activations. The graph falls into segments. What
 * crosses from one to another is kept; when the gradient arrives at the end of a segment, the segment is computed again
 * (T. Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016). The last one is kept: its gradients come first.
 *
 * Runtimes merge equal nodes, fold constants and run early what can run early. So a copy must depend on the gradient:
 * what enters the segment passes a Reshape to its own sizes plus a zero that is made of the gradient. To be done with a
 * segment before the next is computed again, the zero is also made of the finished gradients of its weights.
 */
export function recomputeActivations(known: Knowledge, steps: readonly Step[]): void {
  const { g, index, valued } = known;
  const uses = lastUses(known, steps);
  const ends = chooseSegments(known, steps, uses);
  // Rules have added outputs to some nodes.
  const producer = new Map(index.nodes.flatMap(({ output }, i) => output.map((name) => [name, i] as const)));
  producer.delete("");
  const segmentOf = (node: number): number => ends.findIndex((end) => node < end);
  g.model.graph!.node = [...index.nodes];

  let finished: readonly string[] = [];
  for (let segment = ends.length - 1; segment >= 0; segment--) {
    const within = steps.filter(({ node }) => segmentOf(node) === segment);
    const [first] = within;
    if (!first) continue;
    const nodes = within.flatMap(({ sums, added }) => [...sums, ...added]).slice(first.sums.length);
    g.model.graph!.node.push(...first.sums);
    if (segment < ends.length - 1) {
      const wanted = new Set<number>();
      const want = (name: string): void => {
        const node = producer.get(name);
        if (node === undefined || wanted.has(node) || segmentOf(node) !== segment) return;
        if (uses.get(name)! >= ends[segment]! || !isRepeatable(known, node)) return;
        wanted.add(node);
        index.reads[node]!.forEach(want);
      };
      for (const node of nodes) node.input.forEach(want);
      const again = index.nodes.filter((_, i) => wanted.has(i));
      const copies = copyNodes(g, again, valued, [first.arriving, ...finished]);
      for (const node of nodes) node.input = node.input.map((name) => copies.get(name) ?? name);
    }
    g.model.graph!.node.push(...nodes);
    finished = within.flatMap(({ final }) => final);
  }
}

/** By tensor: the place of the last node that reads it or whose gradient does. Outputs are needed for ever. */
function lastUses({ index }: Knowledge, steps: readonly Step[]): Map<string, number> {
  const uses = new Map<string, number>();
  index.nodes.forEach((_, i) => index.reads[i]!.forEach((name) => uses.set(name, i)));
  for (const { node, added } of steps)
    for (const name of added.flatMap(({ input }) => input)) uses.set(name, Math.max(uses.get(name) ?? 0, node));
  for (const name of index.outputs) uses.set(name, Infinity);
  return uses;
}

/** Whether a node gives the same when it runs again: from values that are fed, without chance and without bodies. */
function isRepeatable({ index, seen, valued }: Knowledge, at: number): boolean {
  const node = index.nodes[at]!;
  const draws = isRandom(node) || (node.opType.endsWith("Dropout") && (node.domain !== "" || Boolean(node.input[2])));
  const tensors = node.input.every((name) => name === "" || seen.has(name));
  return !draws && tensors && subgraphs(node).length === 0 && node.output.some((name) => valued.has(name));
}

/**
 * The places where segments end, each before a node, so that the bytes kept between segments and those of the largest
 * segment are the fewest together. One segment where nothing is gained.
 */
function chooseSegments(known: Knowledge, steps: readonly Step[], uses: ReadonlyMap<string, number>): number[] {
  const { index, seen, valued } = known;
  const count = index.nodes.length;
  const read = new Set(steps.flatMap(({ added }) => added.flatMap(({ input }) => input)));
  // Before node i: the bytes of what steps read of earlier nodes, and of what is made before and used from there on.
  const inside = new Float64Array(count + 1);
  const crossing = new Float64Array(count + 1);
  index.nodes.forEach((node, i) => {
    inside[i + 1] = inside[i]!;
    for (const name of node.output) {
      const found = valued.has(name) ? seen.get(name) : undefined;
      const bytes = found ? sizeOf(found.dims) * elementBytes(found.type) : 0;
      if (read.has(name)) inside[i + 1]! += bytes;
      for (let at = i + 1; at <= Math.min(uses.get(name) ?? 0, count - 1); at++) crossing[at]! += bytes;
    }
  });
  let best = { bytes: Infinity, ends: [count] };
  for (let parts = 1; parts <= 2 * Math.sqrt(count); parts++) {
    const limit = inside[count]! / parts;
    const kept = new Float64Array(count + 1);
    const from = new Int32Array(count + 1);
    for (let end = 1; end <= count; end++) {
      kept[end] = Infinity;
      for (let start = end - 1; start >= 0; start--) {
        if (start < end - 1 && inside[end]! - inside[start]! > limit) break;
        const bytes = kept[start]! + crossing[start]!;
        if (bytes < kept[end]!) [kept[end], from[end]] = [bytes, start];
      }
    }
    const ends: number[] = [];
    let largest = 0;
    for (let end = count; end > 0; end = from[end]!) {
      ends.unshift(end);
      largest = Math.max(largest, inside[end]! - inside[from[end]!]!);
    }
    if (kept[count]! + largest < best.bytes) best = { bytes: kept[count]! + largest, ends };
  }
  return best.ends;
}

/** Copies nodes so that they run after some gradients; gives the copies' names by tensor. */
function copyNodes(
  g: GraphBuilder,
  nodes: readonly NodeProto[],
  valued: ReadonlySet<string>,
  after: readonly string[],
): Map<string, string> {
  const copies = new Map<string, string>();
  if (nodes.length === 0) return copies;
  g.scope(`again/${nodes[0]!.output[0]!}/`);
  const zero = zeroAfter(g, after);
  const entries = new Map<string, string>();
  const enter = (name: string): string => {
    const entered = entries.get(name) ?? g.op("Reshape", [name, g.op("Add", [g.op("Shape", [name]), zero])]);
    entries.set(name, entered);
    return entered;
  };
  for (const { opType, domain, attribute, input, output } of nodes) {
    const inputs = input.map((name) => copies.get(name) ?? (valued.has(name) ? enter(name) : name));
    const outputs = g.ops(opType, inputs, output.length);
    const copy = g.model.graph!.node.at(-1)!;
    output.forEach((name, i) => {
      if (name === "") copy.output[i] = "";
      else copies.set(name, outputs[i]!);
    });
    Object.assign(copy, { domain, attribute });
  }
  g.scope("");
  return copies;
}

/** An integer 0 that is known only when these gradients are: whether their first elements are less than themselves. */
function zeroAfter(g: GraphBuilder, gradients: readonly string[]): string {
  const less = gradients.map((gradient) => {
    const first = g.slice(g.reshape(gradient, [-1]), [0], [1], [0]);
    return g.op("Less", [first, first]);
  });
  const whole = g.cast(g.op("Concat", less, { axis: { int: 0 } }), "int64");
  return g.op("ReduceSum", [whole], { keepdims: { int: 0 } });
}
