/**
 * @file A graph in blocks, as a person would draw it: by the scopes that exporters write into names, by cuts of one tensor,
 * by what repeats itself and by where pictures become smaller.
 */
import { attributeInts } from "./attributes.ts";
import { countsMacs } from "./cost.ts";
import { nodesTowards, singleTensorCuts } from "./cuts.ts";
import type { GraphIndex } from "./graph.ts";
import type { NodeProto } from "./proto.ts";
import { repeatsIn } from "./repeats.ts";
import { orderByScope, scopeOf } from "./scopes.ts";

/** Operators seen as one thing, or one operator. */
export interface Block {
  /** Its own among all: its place at every level, such as `2.0.1`. */
  id: string;
  /** A scope's name, or the operators inside: `Conv Relu Conv Relu MaxPool`, `Conv ×12 Relu ×12`. */
  label: string;
  /** Blocks with the same number have the same operators in the same order. */
  alike: number;
  /** Places in the index's `nodes`, in an order in which they can run. What is outside never lies between two of them. */
  operators: number[];
  /** What it is made of; nothing: it is one operator. */
  blocks: Block[];
}

/** Parts of a block beside each other, from which on they are gathered further. */
const many = 12;

/** Parts of a block at most, where nothing tells how to gather them. */
const most = 60;

/** A block before it has its place. */
interface Draft {
  label: string;
  operators: number[];
  parts: Draft[];
}

/**
 * The operators that answers depend on and that depend on inputs; what is computed once and for all is in no block.
 * A block can be run as a whole: all that it needs from outside comes before it, in the order of the blocks.
 */
export function blocksOf(index: GraphIndex): Block[] {
  const needed = nodesTowards(index, index.outputs);
  const shown = index.nodes.flatMap((_, i) => (index.live[i] && needed[i] ? [i] : []));
  const scopes = index.nodes.map(scopeOf);
  const order = orderByScope(index, shown, scopes);
  const drafts = gathered(index, byScope(index, order, scopes, 0));
  const kinds = new Map<string, number>();
  const placed = ({ label, operators, parts }: Draft, id: string): Block => {
    const word = wordOf(index, operators);
    if (!kinds.has(word)) kinds.set(word, kinds.size);
    const inside = parts.length === 1 ? parts[0]!.parts : parts;
    return {
      id,
      label,
      alike: kinds.get(word)!,
      operators,
      blocks: operators.length === 1 ? [] : inside.map((part, i) => placed(part, `${id}.${i}`)),
    };
  };
  return drafts.map((draft, i) => placed(draft, `${i}`));
}

const single = (index: GraphIndex, operator: number): Draft => ({
  label: index.nodes[operator]!.opType,
  operators: [operator],
  parts: [],
});

/** By the scopes at a depth; what has none there by the cuts of one tensor. */
function byScope(index: GraphIndex, order: readonly number[], scopes: readonly string[][], depth: number): Draft[] {
  const runs: { scope: string | undefined; operators: number[] }[] = [];
  for (const operator of order) {
    const scope = scopes[operator]![depth];
    const last = runs.at(-1);
    if (last && last.scope === scope) last.operators.push(operator);
    else runs.push({ scope, operators: [operator] });
  }
  const [only] = runs;
  if (runs.length === 1 && only!.scope !== undefined) return byScope(index, order, scopes, depth + 1);
  return runs.flatMap(({ scope, operators }): Draft[] => {
    if (scope === undefined) return byStructure(index, operators);
    if (operators.length === 1) return [{ ...single(index, operators[0]!), label: scope }];
    return [{ label: scope, operators, parts: gathered(index, byScope(index, operators, scopes, depth + 1)) }];
  });
}

/** What lies between two cuts of one tensor is one part; of a row of single operators a layer is. */
function byStructure(index: GraphIndex, operators: readonly number[]): Draft[] {
  const cuts = cutsOf(index);
  const stretches: number[][] = [[]];
  for (const operator of operators) {
    stretches.at(-1)!.push(operator);
    if (cuts.has(operator)) stretches.push([]);
  }
  const parts = stretches
    .filter((one) => one.length > 0)
    .map((one): Draft => {
      if (one.length === 1) return single(index, one[0]!);
      const inside = one.map((operator) => single(index, operator));
      return { label: labelOf(index, one), operators: one, parts: gathered(index, layersOf(index, inside)) };
    });
  return layersOf(index, parts);
}

/** Many parts as layers: one begins where something is multiplied or pooled. */
function layersOf(index: GraphIndex, parts: readonly Draft[]): Draft[] {
  if (parts.length <= many) return [...parts];
  const layers: Draft[][] = [];
  for (const part of parts) {
    const begins = part.operators.some((i) => beginsLayer(index.nodes[i]!));
    if (begins || layers.length === 0) layers.push([part]);
    else layers.at(-1)!.push(part);
  }
  return layers.map((layer) => joined(index, layer));
}

const knownCuts = new WeakMap<GraphIndex, ReadonlySet<number>>();

function cutsOf(index: GraphIndex): ReadonlySet<number> {
  const known = knownCuts.get(index) ?? new Set(singleTensorCuts(index).map(({ node }) => node));
  knownCuts.set(index, known);
  return known;
}

/** Many parts beside each other, as few: stages first, then what repeats itself, then so many at a time. */
function gathered(index: GraphIndex, parts: Draft[]): Draft[] {
  if (parts.length <= many) return parts;
  const stages = stagesOf(index, parts);
  if (stages.length > 1 && stages.length <= parts.length / 2) {
    return gathered(
      index,
      stages.map((stage) => joined(index, stage, true)),
    );
  }
  const repeated = byRepeats(index, parts);
  if (repeated.length < parts.length) return gathered(index, repeated);
  if (parts.length <= most) return parts;
  const size = Math.ceil(Math.sqrt(parts.length));
  return Array.from({ length: Math.ceil(parts.length / size) }, (_, i) =>
    joined(index, parts.slice(i * size, (i + 1) * size)),
  );
}

function byRepeats(index: GraphIndex, parts: readonly Draft[]): Draft[] {
  const words = parts.map(({ operators }) => wordOf(index, operators));
  const result: Draft[] = [];
  let at = 0;
  for (const { start, period, times } of repeatsIn(words)) {
    if (period === 1 && times < 4) continue;
    result.push(...parts.slice(at, start));
    for (let i = 0; i < times; i++) {
      result.push(joined(index, parts.slice(start + i * period, start + (i + 1) * period)));
    }
    at = start + period * times;
  }
  return [...result, ...parts.slice(at)];
}

/** A stage ends where pictures become smaller or larger: with a pooling, or before a convolution with strides. */
function stagesOf(index: GraphIndex, parts: readonly Draft[]): Draft[][] {
  const stages: Draft[][] = [[]];
  for (const part of parts) {
    const nodes = part.operators.map((i) => index.nodes[i]!);
    if (nodes.some(strides) && stages.at(-1)!.length > 0) stages.push([]);
    stages.at(-1)!.push(part);
    if (/Pool$|^Resize$|^Upsample$/.test(nodes[0]!.opType)) stages.push([]);
  }
  return stages.filter((stage) => stage.length > 0);
}

const strides = (node: NodeProto): boolean =>
  /^Conv(Transpose)?$/.test(node.opType) && (attributeInts(node, "strides") ?? []).some((one) => one > 1);

const beginsLayer = (node: NodeProto): boolean => countsMacs(node) || node.opType.endsWith("Pool");

/** @param further whether the parts are gathered in their turn */
function joined(index: GraphIndex, parts: readonly Draft[], further = false): Draft {
  const [only] = parts;
  if (parts.length === 1) return only!;
  const operators = parts.flatMap((part) => part.operators);
  const named = parts.every(
    ({ parts: inside, label, operators: own }) => inside.length > 0 && label !== labelOf(index, own),
  );
  const label = named ? `${parts[0]!.label} – ${parts.at(-1)!.label}` : labelOf(index, operators);
  return { label, operators, parts: further ? gathered(index, [...parts]) : [...parts] };
}

/** The operators' types one after the other; of many how often each, the most important first. */
function labelOf(index: GraphIndex, operators: readonly number[]): string {
  const types = operators.map((i) => index.nodes[i]!.opType);
  if (types.length <= 4) return types.join(" ");
  const counts = new Map<string, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  const heavy = new Set(
    operators.map((i) => index.nodes[i]!).flatMap((node) => (countsMacs(node) ? [node.opType] : [])),
  );
  const ranked = [...counts].sort(([a, x], [b, y]) => Number(heavy.has(b)) - Number(heavy.has(a)) || y - x);
  const first = ranked.slice(0, 3).map(([type, count]) => (count > 1 ? `${type} ×${count}` : type));
  return first.join(" ") + (ranked.length > 3 ? " …" : "");
}

/** What a row of operators is, whatever its names and weights: types and strides. */
const wordOf = (index: GraphIndex, operators: readonly number[]): string =>
  operators
    .map((i) => {
      const node = index.nodes[i]!;
      return strides(node) ? `${node.opType}/2` : node.opType;
    })
    .join(" ");
