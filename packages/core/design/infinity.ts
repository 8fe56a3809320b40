/** @file Infinity in what was JSON, which cannot hold it. */
import type { Check } from "./result.ts";

/** Null stands for Infinity everywhere but in the map of losses; of a margin its sign is the requirement's. */
export function withInfinity(value: unknown, key?: string, holder?: object): unknown {
  if (value === null) return key === "margin" && atMost(holder) ? -Infinity : Infinity;
  // Ids and nulls that say that nothing fits.
  if (Array.isArray(value)) return key === "recommended" ? value : value.map((one) => withInfinity(one));
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withInfinity(one, name, value)]));
}

const atMost = (check: object | undefined): boolean => (check as Check).requirement.operator === "<=";
