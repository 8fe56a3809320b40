/** @file Sizes that follow the batch alone, taken from the data at hand: so that none has to cross a cut. */
import { int64, type TensorType } from "../tensor/index.ts";
import { createBuilder, type GraphBuilder } from "./builder.ts";
import { nodesTowards } from "./cuts.ts";
import { indexGraph, isRandom, subgraphs, type GraphIndex } from "./graph.ts";
import { copyModel } from "./model.ts";
import type { Observations, Observed } from "./observe.ts";
import { withFields, type ModelProto, type NodeProto } from "./proto.ts";
import { runsOf, type Runs } from "./runs.ts";
import { sizeFlow, type SizeFlow } from "./size-flow.ts";

/** What is made from sizes alone is made again beside its reader where that takes at most so many operators. */
const mostAgain = 24;

/**
 * The same model, whose operators take the size of the batch from the data that they read. Exporters take it from the input
 * and pass it on to all that need it (a Reshape to [batch, ...], zeros for a recurrent layer, a class token for every row),
 * and a path leads around every cut. A Reshape gets a constant with 0 or -1 in its place; for others the size, or what is made
 * of it, is computed again beside them.
 * @returns the model and its runs themselves where nothing was to be done, and where the batch could not be varied
 */
export function withNearSizes(model: ModelProto, index: GraphIndex, runs: Runs): { model: ModelProto; runs: Runs } {
  const rows = rowsOf(runs);
  const flow = sizeFlow(model, index);
  const light = (name: string): boolean => {
    const maker = index.producer.get(name);
    return maker !== undefined && index.live[maker] === true && !flow.values.has(name);
  };
  if (!rows || !index.nodes.some(({ output }) => output.some(light))) return { model, runs };

  const copy = copyModel(model);
  const graph = copy.graph!;
  graph.node = [...index.nodes];
  const g = createBuilder(copy);
  graph.node = [];
  const near = nearby({ g, index, flow, light, seen: runsOf(runs), rows });
  let changed = false;
  for (const node of index.nodes) {
    const input = near.inputs(node);
    changed ||= input !== node.input;
    graph.node.push(input === node.input ? node : withFields(node, { input }));
  }
  if (!changed) return { model, runs };

  const after = indexGraph(graph);
  const needed = nodesTowards(after, after.outputs);
  graph.node = after.nodes.filter((_, i) => needed[i]);
  const [seen, ...others] = runsOf(runs).map((found, run): Observations => new Map([...found, ...near.made(run)]));
  return { model: copy, runs: { ...runs, seen: seen!, one: others[0]!, other: { ...runs.other!, seen: others[1]! } } };
}

/** Rows in each of `runsOf`; undefined unless these are three numbers. */
function rowsOf({ symbol, rows, one, other }: Runs): number[] | undefined {
  const grown = symbol === undefined ? undefined : other?.sizes.get(symbol);
  const all = [rows, 1, grown ?? 1];
  return one && new Set(all).size === all.length ? all : undefined;
}

interface Scene {
  g: GraphBuilder;
  index: GraphIndex;
  flow: SizeFlow;
  /** Whether a tensor is made of sizes alone. */
  light(name: string): boolean;
  seen: readonly Observations[];
  rows: readonly number[];
}

/** Data that a node reads, and where it has its rows. */
interface Source {
  name: string;
  axis: number;
}

function nearby({ g, index, flow, light, seen, rows }: Scene) {
  /** Of new tensors, which one of the model looks the same in every run. */
  const like = new Map<string, string>();
  const vectors = new Map<string, (run: number) => Observed>();
  const copies = new Map<string, string>();

  const sourceOf = (node: NodeProto): Source | undefined => {
    for (const name of node.input) {
      if (!flow.values.has(name) || flow.shapes.has(name)) continue;
      const dims = seen.map((run) => run.get(name)?.dims);
      const axis = dims[0]?.findIndex((_, at) =>
        dims.every((found, run) => found?.length === dims[0]!.length && found[at] === rows[run]),
      );
      if (axis !== undefined && axis >= 0) return { name, axis };
    }
    return undefined;
  };

  /** Whole numbers, told run by run, as `each` rows and `base`; undefined where they are none in every run. */
  const linear = (
    found: readonly (readonly number[] | undefined)[],
  ): { each: number[]; base: number[] } | undefined => {
    const [some, one] = [found[0], found[rows.indexOf(1)]];
    if (!some || !one || found.some((values) => values?.length !== some.length)) return undefined;
    const each = some.map((value, i) => (value - one[i]!) / (rows[0]! - 1));
    const base = one.map((value, i) => value - each[i]!);
    const fits = found.every((values, run) =>
      values!.every((value, i) => Number.isSafeInteger(each[i]) && value === each[i]! * rows[run]! + base[i]!),
    );
    return fits ? { each, base } : undefined;
  };

  const followed = (name: string) => {
    const found = seen.map((run) => run.get(name));
    const [first] = found;
    if (first?.type !== "int64" && first?.type !== "int32") return undefined;
    if (found.some((one) => String(one?.dims) !== String(first.dims))) return undefined;
    const follows = linear(found.map((one) => one?.values));
    return follows && { ...follows, type: first.type, dims: first.dims };
  };

  /** What a Reshape can be given as a constant; undefined where more than one dimension would have to be found out. */
  const reshaping = (data: string, result: string): number[] | undefined => {
    if (flow.shapes.has(data)) return undefined;
    const [from, to] = [data, result].map((name) => seen.map((run) => run.get(name)?.dims));
    const found = linear(to!)?.each.map((each, axis) => {
      const copied = from!.every((dims, run) => dims?.[axis] === to![run]![axis]);
      return each === 0 ? to![0]![axis]! : copied ? 0 : -1;
    });
    const open = found?.filter((dim) => dim === -1).length;
    return open !== undefined && open <= 1 && to!.every((dims) => !dims!.includes(0)) ? found : undefined;
  };

  const note = (
    name: string,
    type: TensorType,
    values: (run: number) => number[],
    dims?: readonly number[],
  ): string => {
    vectors.set(name, (run) => {
      const all = values(run);
      const range = { min: Math.min(...all), max: Math.max(...all), finite: true };
      return { type, dims: dims ?? [all.length], ...range, values: all };
    });
    return name;
  };

  const size = ({ name, axis }: Source): string => {
    note(g.shape(name), "int64", (run) => [...seen[run]!.get(name)!.dims]);
    return note(g.sizes(name, [axis]), "int64", (run) => [rows[run]!]);
  };

  const computed = (name: string, source: Source): string | undefined => {
    const follows = followed(name);
    if (!follows) return undefined;
    const { each, base, type, dims } = follows;
    const many = (run: number): number[] => each.map((x) => x * rows[run]!);
    const all = (run: number): number[] => many(run).map((x, i) => x + base[i]!);
    let made = size(source);
    if (each.length > 1 || each[0] !== 1) made = note(g.op("Mul", [made, g.ints(each)]), "int64", many);
    if (base.some((x) => x !== 0)) made = note(g.op("Add", [made, g.ints(base)]), "int64", all);
    if (dims.length !== 1)
      made = note(g.op("Reshape", [made, g.constant(int64([dims.length], dims))]), "int64", all, dims);
    return type === "int64" ? made : note(g.cast(made, type), type, all, dims);
  };

  /** The operators that make a tensor of sizes, in order; undefined where they cannot stand beside a reader. */
  const chainOf = (name: string, chain: Set<number> = new Set()): Set<number> | undefined => {
    const at = index.producer.get(name)!;
    if (chain.has(at) || followed(name)) return chain;
    const node = index.nodes[at]!;
    const outside = index.reads[at]!.some((read) => flow.values.has(read));
    if (outside || isRandom(node) || subgraphs(node).length > 0) return undefined;
    for (const read of index.reads[at]!) if (light(read) && !chainOf(read, chain)) return undefined;
    return chain.add(at).size <= mostAgain ? chain : undefined;
  };

  const again = (name: string, source: Source): string | undefined => {
    const key = `${name}\n${source.name}`;
    const known = copies.get(key);
    if (known !== undefined) return known;
    const chain = chainOf(name);
    if (!chain) return undefined;
    const names = new Map<string, string>();
    const own = (read: string): string => {
      if (!light(read)) return read;
      if (!names.has(read)) names.set(read, computed(read, source)!);
      return names.get(read)!;
    };
    for (const at of chain) {
      const node = index.nodes[at]!;
      const input = node.input.map(own);
      const output = g.ops(node.opType, input, node.output.length);
      const made = g.model.graph!.node.pop()!;
      g.model.graph!.node.push(withFields(node, { input, output: made.output, name: "" }));
      node.output.forEach((old, i) => {
        names.set(old, output[i]!);
        like.set(output[i]!, old);
      });
    }
    const found = own(name);
    copies.set(key, found);
    return found;
  };

  /** Whether all sizes behind a tensor are those of this one already. */
  const isNear = (name: string, { name: source }: Source): boolean => {
    const open = [name];
    const met = new Set(open);
    for (const one of open) {
      for (const read of index.reads[index.producer.get(one)!]!) {
        if (flow.values.has(read) && read !== source) return false;
        if (!light(read) || met.has(read)) continue;
        met.add(read);
        open.push(read);
      }
    }
    return true;
  };

  return {
    /** What a node is to read: its own list where nothing changes. */
    inputs(node: NodeProto): string[] {
      if (subgraphs(node).length > 0 || !node.input.some(light)) return node.input;
      const { opType, domain, input, output, attribute } = node;
      const [data = "", dims = ""] = input;
      const literal = attribute.some(({ name, i }) => name === "allowzero" && i === 1n);
      if (opType === "Reshape" && domain === "" && flow.values.has(data) && light(dims) && !literal) {
        const constant = reshaping(data, output[0]!);
        if (constant) return [data, g.ints(constant)];
      }
      const source = sourceOf(node);
      if (!source) return input;
      const found = input.map((name) => (light(name) && !isNear(name, source) ? (again(name, source) ?? name) : name));
      return found.some((name, i) => name !== input[i]) ? found : input;
    },
    /** What would have been seen of the new tensors. */
    *made(run: number): Iterable<[string, Observed]> {
      for (const [name, of] of vectors) yield [name, of(run)];
      for (const [name, old] of like) {
        const found = seen[run]!.get(old);
        if (found) yield [name, found];
      }
    },
  };
}
