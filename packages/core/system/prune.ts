/** @file What is ruled out without simulating anything: provably, by what every frame and every load takes at least. */
import type { AtBest } from "./outcome.ts";
import type { Selection, System } from "./system.ts";
import { leastLoads, loadsByChoice, nameOf, overfull, type Loads } from "./values.ts";

/** Why systems were ruled out before any simulation. */
export type Reason = "requirement" | "latency" | "load" | "memory" | "same";

export interface Pruned {
  /** Systems that there are, and by reason those that were ruled out. */
  all: number;
  by: Partial<Record<Reason, number>>;
  /** What is left, in the order of enumeration. */
  left: Selection[];
  loads: Loads;
  /** What has more to do than it can even if every flow takes as little of it as it can; absent where nothing is. */
  overloaded?: { name: string; load: number; flows: { name: string; load: number }[] };
  /** Whether there were too many to list, so that those with the worst qualities were never looked at. */
  cut?: true;
}

/** Systems that are looked at one by one. */
const MOST = 200_000;

/** @param atBest by flow and choice */
export function prune(system: System, atBest: readonly (readonly AtBest[])[]): Pruned {
  const loads = loadsByChoice(system);
  const by: Pruned["by"] = {};
  let kept = system.flows.map(({ choices }) => choices.map((_, i) => i));
  const product = (of: readonly (readonly number[])[]): number => of.reduce((all, one) => all * one.length, 1);
  const all = product(kept);
  const keep = (reason: Reason, holds: (flow: number, choice: number) => boolean): void => {
    const before = product(kept);
    kept = kept.map((choices, flow) => choices.filter((choice) => holds(flow, choice)));
    const gone = before - product(kept);
    if (gone > 0) by[reason] = (by[reason] ?? 0) + gone;
  };
  const overloaded = hopeless(system, loads, kept);
  const judged = atBest.map((choices) => choices.map(failsBy));
  keep("requirement", (flow, choice) => judged[flow]![choice] !== "requirement");
  keep("latency", (flow, choice) => judged[flow]![choice] === undefined);
  keep("same", (flow, choice) => !repeats(system, flow, choice, kept[flow]!));
  // What one choice leaves to the others rules out others, until nothing changes.
  for (let before = Infinity; product(kept) < before;) {
    before = product(kept);
    keep("load", (flow, choice) => {
      const others = leastLoads(loads, kept, flow);
      return loads.of[flow]![choice]!.every((load, r) => load + others[r]! <= loads.limits[r]!);
    });
  }
  const { left, heavy, cut } = combinations(system, loads, kept);
  if (heavy > 0) by.load = (by.load ?? 0) + heavy;
  const roomy = left.filter((one) => overfull(system, one) === undefined);
  if (roomy.length < left.length) by.memory = left.length - roomy.length;
  return { all, by, left: roomy, loads, ...(overloaded && { overloaded }), ...(cut && { cut }) };
}

/** What a choice fails by itself: by what needs no simulation, or since no frame can be quick enough; undefined where it does not. */
function failsBy({ checks }: AtBest): Reason | undefined {
  const failed = checks.filter(({ state }) => state !== "met");
  if (failed.length === 0) return undefined;
  return failed.some(({ requirement }) => !timed.has(requirement.metric)) ? "requirement" : "latency";
}

/** Requirements that simulating decides. */
const timed: ReadonlySet<string> = new Set(["latency", "deadline-misses"]);

/** Whether an earlier choice that is kept sends and computes the same and is nowhere worse: it would be simulated alike. */
function repeats({ flows }: System, flow: number, choice: number, kept: readonly number[]): boolean {
  const { choices } = flows[flow]!;
  const own = choices[choice]!;
  return kept.some((other) => {
    const before = choices[other]!;
    return (
      other < choice &&
      before.worse <= own.worse &&
      before.alone.bytes <= own.alone.bytes &&
      Object.entries(own.alone.memory).every(([host, bytes]) => (before.alone.memory[host] ?? 0) <= bytes) &&
      alike(before.steps, own.steps)
    );
  });
}

/** Deep equality of steps, which hold long lists of numbers. */
function alike(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (ArrayBuffer.isView(a) !== ArrayBuffer.isView(b)) return false;
  const [left, right] = [Object.keys(a), Object.keys(b)];
  return (
    left.length === right.length &&
    left.every((key) => alike((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  );
}

/** The resource that is the most overloaded whatever the flows are designed as. */
function hopeless(system: System, loads: Loads, kept: readonly (readonly number[])[]): Pruned["overloaded"] {
  const least = leastLoads(loads, kept);
  const worst = least.reduce((most, load, r) => (load > least[most]! ? r : most), 0);
  if (least.length === 0 || least[worst]! <= 1) return undefined;
  return {
    name: nameOf(loads.resources[worst]!),
    load: least[worst]!,
    flows: system.flows.map(({ name }, flow) => ({
      name,
      load: Math.min(...kept[flow]!.map((choice) => loads.of[flow]![choice]![worst]!)),
    })),
  };
}

/** All combinations under which no resource has more to do than it can. */
function combinations(
  system: System,
  loads: Loads,
  kept: readonly (readonly number[])[],
): { left: Selection[]; heavy: number; cut: boolean } {
  const left: number[][] = [];
  let heavy = 0;
  let cut = false;
  // By flow, the least that this flow and those behind it put on each resource.
  const behind = kept.map((_, flow) => {
    const rest = system.flows.map((__, i) => (i < flow ? [] : kept[i]!));
    return loads.base.map((___, r) =>
      rest.reduce(
        (sum, choices, i) => (i < flow ? sum : sum + Math.min(...choices.map((c) => loads.of[i]![c]![r]!))),
        0,
      ),
    );
  });
  const below = kept.map((_, flow) => kept.slice(flow + 1).reduce((all, one) => all * one.length, 1));
  const walk = (flow: number, selection: number[], sums: Float64Array): void => {
    if (left.length >= MOST) {
      cut = true;
      return;
    }
    if (flow === kept.length) {
      left.push(selection);
      return;
    }
    // The best answers first, so that a limit costs the worst.
    const { choices } = system.flows[flow]!;
    for (const choice of kept[flow]!.toSorted((a, b) => choices[a]!.worse - choices[b]!.worse || a - b)) {
      const mine = loads.of[flow]![choice]!;
      const next = sums.map((sum, r) => sum + mine[r]!);
      const fits = next.every((sum, r) => sum + (behind[flow + 1]?.[r] ?? 0) <= loads.limits[r]!);
      if (fits) walk(flow + 1, [...selection, choice], next);
      else heavy += below[flow]!;
    }
  };
  if (kept.every((choices) => choices.length > 0)) walk(0, [], loads.base.slice());
  return { left, heavy, cut };
}
