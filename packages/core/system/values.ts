/** @file What of a selection is known without simulating it: its answers' quality, bytes, memory and loads. */
import { resourceName } from "../design/index.ts";
import { loadsOf, type Load, type Resource } from "../frames/index.ts";
import type { Objective } from "../study/index.ts";
import { scenarioOfSystem } from "./scenario.ts";
import { chosen, type Choice, type Selection, type System } from "./system.ts";

/** What a system can be the best by; every value is the better the less it is. */
export type Aim = "quality" | "latency" | "bytes" | "memory" | "load";

/** Metrics of tasks are one aim here, since flows may have different tasks. */
export function aimsOf(objective: Objective): Aim[] {
  const aims = objective.map((one): Aim => {
    if (one === "latency" || one === "bytes" || one === "memory") return one;
    return one === "throughput" ? "load" : "quality";
  });
  return [...new Set(aims)];
}

/** What flows do to hosts and links, by choice: it adds up. */
export interface Loads {
  resources: readonly Resource[];
  /** By flow, choice and resource: all of the flow's cameras together. */
  of: readonly (readonly Float64Array[])[];
  /** By resource: background traffic. */
  base: Float64Array;
  /** By resource: what it can do, or may by the requirements of the whole. */
  limits: Float64Array;
}

export function loadsByChoice(system: System): Loads {
  const places = new Map<string, number>();
  const resources: Resource[] = [];
  const placed = (loads: readonly Load[]): Map<number, number> =>
    new Map(
      loads.map(({ resource, utilisation }) => {
        const key = JSON.stringify(resource);
        const at = places.get(key) ?? resources.push(resource) - 1;
        places.set(key, at);
        return [at, utilisation];
      }),
    );
  const first = system.flows.map(() => 0);
  const { scenario } = scenarioOfSystem(system, first);
  // Other stations take what flows leave, so that no sum may hold them.
  const { background, stations: _, ...idle } = scenario;
  const base = placed(loadsOf({ ...idle, background, flows: [] }));
  const found = system.flows.map((flow) =>
    flow.choices.map((_, choice) => {
      const one = { ...system, flows: [flow] };
      const { scenario: own } = scenarioOfSystem(one, [choice]);
      return placed(loadsOf({ ...idle, flows: own.flows }));
    }),
  );
  const dense = (loads: ReadonlyMap<number, number>): Float64Array =>
    Float64Array.from(resources, (_, i) => loads.get(i) ?? 0);
  const limits = Float64Array.from(resources, (resource) => limitOf(system, resource));
  return { resources, of: found.map((choices) => choices.map(dense)), base: dense(base), limits };
}

/** A hair above what is served without end, for sums that are not to the last digit. */
const ABOVE = 1 + 1e-9;

function limitOf({ place, requirements }: System, resource: Resource): number {
  const asked = requirements.filter(
    ({ metric, of }) => metric === "utilisation" && place.named(of).includes(nameOf(resource)),
  );
  return ABOVE * Math.min(1, ...asked.map(({ value }) => value));
}

/** By resource, what is left of it by others when each takes as little of it as it can; a flow that is left out takes nothing. */
export function leastLoads({ of, base }: Loads, kept: readonly (readonly number[])[], without?: number): Float64Array {
  return base.map((load, r) =>
    of.reduce(
      (sum, choices, flow) =>
        flow === without ? sum : sum + kept[flow]!.reduce((least, c) => Math.min(least, choices[c]![r]!), Infinity),
      load,
    ),
  );
}

/** Bytes that each host needs: a flow's model once, however many cameras send to it. */
export function memoryOf(system: System, selection: Selection): Map<string, number> {
  const found = new Map<string, number>();
  for (const [flow, { alone }] of chosen(system, selection).entries()) {
    const cameras = system.place.cameras.get(system.flows[flow]!.name)!;
    for (const [name, bytes] of Object.entries(alone.memory))
      for (const host of new Set(cameras.map(({ hosts }) => hosts[name] ?? name)))
        found.set(host, (found.get(host) ?? 0) + bytes);
  }
  return found;
}

/** A host on which all flows together need more than there is. */
export function overfull(
  system: System,
  selection: Selection,
): { host: string; bytes: number; memory: number } | undefined {
  for (const [host, bytes] of memoryOf(system, selection)) {
    const memory = system.place.hosts[host]?.memory ?? Infinity;
    if (bytes > memory) return { host, bytes, memory };
  }
  return undefined;
}

/** The value of an aim that needs no simulation. */
export function knownValue(system: System, selection: Selection, aim: Exclude<Aim, "latency">, loads: Loads): number {
  const picked = chosen(system, selection);
  const cameras = (flow: number): number => system.place.cameras.get(system.flows[flow]!.name)!.length;
  const sum = (of: (choice: Choice, flow: number) => number): number =>
    picked.reduce((all, one, i) => all + of(one, i), 0);
  if (aim === "quality") return sum(({ worse }) => worse) / picked.length;
  // Bytes of payload that all cameras send in a second.
  if (aim === "bytes") return sum(({ alone }, flow) => alone.bytes * system.flows[flow]!.rate * cameras(flow));
  if (aim === "memory") return Math.max(0, ...capturingMemory(system, selection));
  return loads.resources.reduce(
    (most, _, r) => Math.max(most, loads.base[r]! + sum((__, flow) => loads.of[flow]![selection[flow]!]![r]!)),
    0,
  );
}

function capturingMemory(system: System, selection: Selection): number[] {
  const memory = memoryOf(system, selection);
  const hosts = system.flows.flatMap(({ name }) => system.place.cameras.get(name)!.map(({ host }) => host));
  return [...new Set(hosts)].map((host) => memory.get(host) ?? 0);
}

export const nameOf = (resource: Resource): string => resourceName(resource);
