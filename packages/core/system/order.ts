/** @file Which of two systems is better, when numbers carry noise. */
import { chosen, type Selection, type System } from "./system.ts";
import type { Aim } from "./values.ts";

/** A system as it is compared. */
export interface Ranked {
  selection: Selection;
  /** Place among all systems, so that the same study always gives the same answer. */
  index: number;
  /** The aims' values, the less the better; of the latency the worst camera's p95. */
  values: Readonly<Record<Aim, number>>;
  /** Interval of the latency. */
  latency: { value: number; lo: number; hi: number };
}

/** Compute times are measured, and not to the last per cent. */
const NEAR = 0.01;

/** Whether an interval of latency lies apart from a better one. */
export const slower = ({ lo, value }: { value: number; lo: number }, than: { value: number; hi: number }): boolean =>
  lo > than.hi && value - than.value > NEAR * value;

/** Whether the samples show that one is worse than the top by an aim. */
export function differ(system: System, one: Ranked, top: Ranked, aim: Aim): boolean {
  if (aim === "latency") return slower(one.latency, top.latency);
  if (aim !== "quality") return one.values[aim] !== top.values[aim];
  const [a, b] = [chosen(system, top.selection), chosen(system, one.selection)];
  // Flows have samples of their own: their intervals add up as independent ones do.
  let value = 0;
  let half = 0;
  for (const [i, { paired }] of system.flows.entries()) {
    if (a[i] === b[i]) continue;
    const found = paired?.(a[i]!, b[i]!) ?? { value: b[i]!.worse - a[i]!.worse, lo: 0, hi: 0 };
    value += found.value;
    half += paired ? ((found.hi - found.lo) / 2) ** 2 : 0;
  }
  return Math.abs(value) > Math.sqrt(half);
}

/** By one aim, then by what no noise changes. */
export const byAim =
  (aim: Aim) =>
  (a: Ranked, b: Ranked): number =>
    a.values[aim] - b.values[aim] || byFacts(a, b) || a.index - b.index;

/** Fewer bytes, then less memory. */
const byFacts = (a: Ranked, b: Ranked): number => a.values.bytes - b.values.bytes || a.values.memory - b.values.memory;

/** The order of a tie: what no noise changes first, then the values. */
export const byTie =
  (aims: readonly Aim[]) =>
  (a: Ranked, b: Ranked): number =>
    byFacts(a, b) || aims.reduce((sign, aim) => sign || a.values[aim] - b.values[aim], 0) || a.index - b.index;
