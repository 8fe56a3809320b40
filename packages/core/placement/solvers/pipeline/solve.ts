/** @file The best contiguous placement on hosts of a few kinds, with the proof: bounds, then passes that close the gap. */
import { InputError, internal } from "../../../errors/index.ts";
import { weigh } from "./bound.ts";
import { checkStages } from "./check.ts";
import { contract, type Contracted } from "./contract.ts";
import { allIdeals, idealsAlong, type Ideals } from "./ideals.ts";
import { detours, kahnOrder } from "./orders.ts";
import { mostStates, pass, type Pass, type Quest } from "./pass.ts";
import { stageOf, type Stage, type StagePlacement, type StageProblem } from "./problem.ts";
import { tabulate, type Table } from "./table.ts";

/** Words of 32 bits that the sets of a graph take at most: a quarter of a gigabyte. */
const mostWords = 2 ** 26;

export interface StageOptions {
  /** `throughput`: the largest load; `latency`: the sum of the loads, one frame at a time. */
  goal: "throughput" | "latency";
  /** Predecessor-closed sets held at most; a graph with more is searched along some orders, and a gap is stated. */
  ideals?: number;
  /** Pairs of sets tried at most (about 50 million a second). */
  pairs?: number;
  /** Asked now and then; true ends the search with what there is. */
  stop?: () => boolean;
  /** A stage that may not be used: then the answer is the best placement without it. */
  without?: { kind: number; nodes: readonly number[] };
}

/**
 * The contiguous placement with the smallest largest load (or sum of loads).
 *
 * Exact whenever all predecessor-closed sets fit (`effort.complete`) and the search was not stopped; otherwise `gap`
 * says how far from the optimum it can be. Any number of hosts may stay idle.
 *
 * @throws InputError when the problem is malformed or no host can hold some part of it.
 */
export function placeStages(problem: StageProblem, options: StageOptions): StagePlacement {
  checkStages(problem);
  const graph = contract(problem);
  checkRoom(problem, graph);
  const { goal } = options;
  const states = problem.kinds.reduce((product, kind) => product * (kind.count + 1), 1);
  if (states * (graph.count + 1) > mostStates) {
    throw new InputError(
      "ERR_PLACEMENT_HOSTS",
      `expected at most ${Math.floor(mostStates / (graph.count + 1))} ways to count used hosts for ${graph.count} nodes, got ${states}: describe equal hosts as one kind`,
    );
  }

  let pairs = 0;
  const most = options.pairs ?? Infinity;
  let stopped = false;
  const stop = (more: number): boolean => {
    pairs += more;
    stopped ||= pairs > most || (options.stop?.() ?? false);
    return stopped;
  };
  const avoid = options.without && bitsOf(problem, graph, options.without);
  const seek = (table: Table, below: number): Pass => {
    const quest: Quest = { goal, below, stop };
    return pass(table, avoid ? { ...quest, without: avoid } : quest);
  };

  let bound = rootBound(problem, graph, goal);
  let best: { value: number; stages: Stage[] } | undefined;
  let table: Table;
  const keep = (found: Pass["found"]): void => {
    if (!found) return;
    const stages = found.stages.map(({ kind, from, to }) =>
      stageOf(problem, kind, between(graph, table.ideals, from, to)),
    );
    const loads = stages.map((stage) => stage.load);
    const value = goal === "latency" ? loads.reduce((a, b) => a + b, 0) : Math.max(...loads);
    if (!best || value < best.value) best = { value, stages };
  };

  const words = Math.max(1, (graph.count + 31) >>> 5);
  const room = Math.min(options.ideals ?? 1_000_000, Math.floor(mostStates / states), Math.floor(mostWords / words));
  const value = (): number => best?.value ?? Infinity;
  // Few sets: search them all at once. Else first along two orders, which is quick and lowers the threshold.
  let ideals = allIdeals(graph, Math.min(400, room));
  if (!ideals) {
    const natural = Array.from({ length: graph.count }, (_, v) => v);
    ideals = idealsAlong(graph, [natural]);
    if (!ideals.complete) {
      table = tabulate(graph, ideals, problem.kinds);
      climb(seek, table, bound, keep, value);
      table = tabulate(graph, idealsAlong(graph, [kahnOrder(graph)]), problem.kinds);
      keep(seek(table, value()).found);
      const orders = Math.max(2, Math.min(64, room / graph.count));
      ideals = allIdeals(graph, room) ?? idealsAlong(graph, detours(graph, orders));
    }
  }
  table = tabulate(graph, ideals, problem.kinds);
  const proved = climb(seek, table, bound, keep, value);
  if (ideals.complete) bound = Math.max(bound, proved);

  if (!best) {
    if (ideals.complete && !stopped) {
      throw avoid
        ? new InputError("ERR_PLACEMENT_OTHER", "every placement that fits has the stage that was to be left out")
        : doesNotFit(problem);
    }
    throw new InputError(
      "ERR_PLACEMENT_SEARCH",
      "no placement was found before the search ended; allow more time, or more memory per host",
    );
  }
  bound = Math.min(bound, best.value);
  const gap = best.value > 0 ? (best.value - bound) / best.value : 0;
  return { ...best, bound, gap, effort: { ideals: ideals.count, complete: ideals.complete, pairs } };
}

/**
 * Passes with a rising threshold until one finds the optimum or nothing is left below the best value; gives what is
 * proved. A pass costs more the higher its threshold, and one that fails proves its threshold: start low.
 */
function climb(
  seek: (table: Table, below: number) => Pass,
  table: Table,
  from: number,
  keep: (found: Pass["found"]) => void,
  value: () => number,
): number {
  let proved = from;
  for (let step = 0; value() > proved; step++) {
    const top = value();
    const steps = Number.isFinite(top)
      ? [0.3, 0.3].map((share) => share * (top - proved))
      : [0.03, 0.15, 0.4].map((share) => share * proved);
    const reach = steps[step] ?? 0;
    const below = reach > 0 ? proved + reach : top;
    const { found, finished } = seek(table, below);
    keep(found);
    if (!finished) return proved;
    if (found) return value();
    proved = below;
    if (below === Infinity) return proved;
  }
  return proved;
}

/** What no placement can beat: the fractional assignment, and every node somewhere. */
function rootBound(problem: StageProblem, graph: Contracted, goal: StageOptions["goal"]): number {
  const { count: n } = graph;
  const counts = problem.kinds.map((kind) => kind.count);
  let sum = 0;
  let largest = 0;
  for (let v = 0; v < n; v++) {
    let least = Infinity;
    counts.forEach((count, k) => (least = Math.min(least, count > 0 ? graph.cost[k * n + v]! : Infinity)));
    sum += least;
    largest = Math.max(largest, least);
  }
  if (goal === "latency") return sum * (1 - 1e-12);
  const fractional = weigh(
    graph,
    counts,
    counts.map(() => true),
  ).bound;
  return Math.max(largest, fractional * (1 - 1e-9));
}

function between(graph: Contracted, { bits, words }: Ideals, from: number, to: number): number[] {
  const nodes: number[] = [];
  for (let v = 0; v < graph.count; v++) {
    const word = v >>> 5;
    if ((((bits[to * words + word]! & ~bits[from * words + word]!) >>> (v & 31)) & 1) === 1)
      nodes.push(...graph.members[v]!);
  }
  return nodes;
}

function bitsOf(
  problem: StageProblem,
  graph: Contracted,
  stage: { kind: number; nodes: readonly number[] },
): Quest["without"] {
  const bits = new Int32Array(Math.max(1, (graph.count + 31) >>> 5));
  const inside = new Set(stage.nodes);
  for (let v = 0; v < graph.count; v++) if (inside.has(graph.members[v]![0]!)) bits[v >>> 5]! |= 1 << (v & 31);
  return { kind: stage.kind, load: stageOf(problem, stage.kind, stage.nodes).load, bits };
}

/** What must stay together has to fit on some host, and everything on all of them. */
function checkRoom(problem: StageProblem, graph: Contracted): void {
  const { count: n } = graph;
  const kinds = problem.kinds.filter((kind) => kind.count > 0);
  for (let v = 0; v < n; v++) {
    const names = graph.members[v]!.map((u) => problem.nodes[u]!.name);
    const called =
      names.length === 1 ? `node "${names[0]}"` : `${names.length} nodes that stay together ("${names[0]}", ...)`;
    const able = problem.kinds.filter((kind, k) => kind.count > 0 && graph.cost[k * n + v]! < Infinity);
    if (able.length === 0) {
      throw new InputError(
        "ERR_PLACEMENT_HOST",
        `no host can run ${called}: none of ${list(kinds)} supports all of it`,
      );
    }
    const room = Math.max(...able.map((kind) => kind.memory));
    if (graph.memory[v]! > room) {
      throw new InputError(
        "ERR_PLACEMENT_MEMORY",
        `no host can hold ${called}: expected at most ${room} bytes (${list(able)}), got ${graph.memory[v]}`,
      );
    }
  }
  const needed = graph.memory.reduce((a, b) => a + b, 0);
  const room = kinds.reduce((sum, kind) => sum + kind.count * kind.memory, 0);
  if (needed > room) {
    throw new InputError(
      "ERR_PLACEMENT_MEMORY",
      `the hosts' memory is ${needed - room} bytes short: expected at most ${room} in all, the nodes need ${needed}`,
    );
  }
}

const list = (kinds: readonly { name: string }[]): string => kinds.map((kind) => `"${kind.name}"`).join(", ");

function doesNotFit(problem: StageProblem): Error {
  const kinds = problem.kinds.filter((kind) => kind.count > 0);
  if (
    kinds.every((kind) => kind.memory === Infinity) &&
    problem.nodes.every((node) => node.cost.every(Number.isFinite))
  ) {
    return internal("a placement without limits was not found");
  }
  const hosts = kinds.map((kind) => `${kind.count} x "${kind.name}" with ${kind.memory} bytes`).join(", ");
  return new InputError(
    "ERR_PLACEMENT_MEMORY",
    `no split into contiguous parts fits the hosts (${hosts}), though their memory would do in all: one host more, or more memory on one, is missing`,
  );
}
