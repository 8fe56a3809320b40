/** @file A graph's wiring: who makes a tensor, who reads it, in which order nodes can run. */
import { InputError } from "../errors/index.ts";
import { AttributeType, type GraphProto, type NodeProto } from "./proto.ts";

/** The wiring of a graph. Nodes are known by their place in `nodes`. */
export interface GraphIndex {
  /** In an order in which they can run. */
  nodes: readonly NodeProto[];
  /** The tensors that each node reads, those captured by its subgraphs included, without the optional ones left out. */
  reads: readonly (readonly string[])[];
  /** The node that makes a tensor; inputs and initialisers have none. */
  producer: ReadonlyMap<string, number>;
  consumers: ReadonlyMap<string, readonly number[]>;
  /** The graph's inputs that are no initialisers: what a caller feeds. */
  inputs: readonly string[];
  outputs: readonly string[];
  initialisers: ReadonlySet<string>;
  /** Per node: whether its result depends on an input. The others can be computed once and for all. */
  live: readonly boolean[];
}

/** Indexes a graph. Throws `InputError` for a name defined twice or never, and for a cycle. */
export function indexGraph(graph: GraphProto): GraphIndex {
  const initialisers = distinct("initialiser", [
    ...graph.initializer.map(({ name }) => name),
    ...graph.sparseInitializer.map(({ values }) => values?.name ?? ""),
  ]);
  // An input of the same name as an initialiser is that initialiser, replaceable (all of them are before IR 4).
  distinct(
    "input",
    graph.input.map(({ name }) => name),
  );
  distinct(
    "output",
    graph.output.map(({ name }) => name),
  );
  const inputs = graph.input.map(({ name }) => name).filter((name) => !initialisers.has(name));
  const outputs = graph.output.map(({ name }) => name);
  const known = new Set([...initialisers, ...inputs]);
  const nodes = sortNodes(graph.node, known);
  const reads = nodes.map(nodeReads);

  const producer = new Map<string, number>();
  const consumers = new Map<string, number[]>();
  nodes.forEach((node, i) => {
    for (const name of reads[i]!) {
      const readers = consumers.get(name);
      if (readers === undefined) consumers.set(name, [i]);
      else if (readers.at(-1) !== i) readers.push(i);
    }
    for (const name of node.output) if (name !== "") producer.set(name, i);
  });
  const live = liveNodes(nodes, reads, inputs);
  for (const name of outputs) {
    if (!producer.has(name) && !known.has(name)) {
      throw new InputError("ERR_MODEL_CORRUPT", `the output "${name}" is made by no operator`);
    }
  }
  return { nodes, reads, producer, consumers, inputs, outputs, initialisers, live };
}

/** Per node, whether its result depends on one of `inputs`, or is another at every run. */
export function liveNodes(
  nodes: readonly NodeProto[],
  reads: GraphIndex["reads"],
  inputs: readonly string[],
): boolean[] {
  const live = new Set(inputs);
  return nodes.map((node, i) => {
    // A random operator without inputs gives something new at each run, so it is no constant.
    if (!reads[i]!.some((name) => live.has(name)) && !isRandom(node)) return false;
    for (const name of node.output) if (name !== "") live.add(name);
    return true;
  });
}

function distinct(kind: string, names: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const name of names) {
    if (found.has(name)) throw new InputError("ERR_MODEL_CORRUPT", `the ${kind} "${name}" is defined twice`);
    found.add(name);
  }
  return found;
}

/** Whether a node draws random numbers: its results differ from run to run. */
export function isRandom({ opType, domain }: NodeProto): boolean {
  return domain === "" && /^(Random(Normal|Uniform)|Multinomial|Bernoulli)/.test(opType);
}

/** The tensors a node reads: its inputs and what the bodies of its control flow capture from outside. */
export function nodeReads(node: NodeProto): string[] {
  return reading(node, 0);
}

/** Bodies within bodies; real models have two or three. */
const deepest = 64;

function reading(node: NodeProto, depth: number): string[] {
  const names = new Set(node.input.filter((name) => name !== ""));
  for (const body of subgraphs(node)) for (const name of captured(body, depth + 1)) names.add(name);
  return [...names];
}

export function subgraphs(node: NodeProto): GraphProto[] {
  return node.attribute.flatMap((attribute) => {
    if (attribute.type === AttributeType.GRAPH && attribute.g) return [attribute.g];
    return attribute.type === AttributeType.GRAPHS ? attribute.graphs : [];
  });
}

/** Names that a body reads and does not define. */
function captured(body: GraphProto, depth: number): Set<string> {
  if (depth > deepest) {
    throw new InputError("ERR_MODEL_CORRUPT", `expected at most ${deepest} levels of nested bodies, got more`);
  }
  const defined = new Set([...body.input, ...body.initializer].map(({ name }) => name));
  for (const { values } of body.sparseInitializer) defined.add(values?.name ?? "");
  for (const node of body.node) for (const name of node.output) defined.add(name);
  const outside = new Set<string>();
  for (const name of [...body.node.flatMap((node) => reading(node, depth)), ...body.output.map(({ name }) => name)]) {
    if (!defined.has(name)) outside.add(name);
  }
  return outside;
}

/** Kahn's algorithm; keeps the file's order where that already works. */
function sortNodes(nodes: readonly NodeProto[], known: ReadonlySet<string>): NodeProto[] {
  const producer = new Map<string, number>();
  nodes.forEach((node, i) => {
    for (const name of node.output) {
      if (name === "") continue;
      if (producer.has(name) || known.has(name)) {
        throw new InputError("ERR_MODEL_CORRUPT", `the tensor "${name}" is defined twice`);
      }
      producer.set(name, i);
    }
  });
  const waiting = nodes.map(() => 0);
  const readers: number[][] = nodes.map(() => []);
  nodes.forEach((node, i) => {
    for (const name of nodeReads(node)) {
      const from = producer.get(name);
      if (from !== undefined) {
        readers[from]!.push(i);
        waiting[i]!++;
      } else if (!known.has(name)) {
        throw new InputError("ERR_MODEL_CORRUPT", `${describe(node)} reads "${name}", which nothing defines`);
      }
    }
  });
  if (nodes.every((node, i) => nodeReads(node).every((name) => (producer.get(name) ?? -1) < i))) return [...nodes];
  const ready = nodes.flatMap((_, i) => (waiting[i] === 0 ? [i] : []));
  const order: NodeProto[] = [];
  for (let next = 0; next < ready.length; next++) {
    const i = ready[next]!;
    order.push(nodes[i]!);
    for (const reader of readers[i]!) if (--waiting[reader]! === 0) ready.push(reader);
  }
  if (order.length < nodes.length) {
    const stuck = nodes.find((_, i) => waiting[i]! > 0)!;
    throw new InputError("ERR_MODEL_CORRUPT", `the graph has a cycle through ${describe(stuck)}`);
  }
  return order;
}

/** A node as errors name it: its operator, and its name or first output. */
export function describe(node: NodeProto): string {
  return `${node.opType} "${node.name || node.output[0] || ""}"`;
}
