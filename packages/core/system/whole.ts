/** @file Requirements of the whole: what all flows together put on hosts and links. */
import { resourceName, type CheckState } from "../design/index.ts";
import { meanRate, type LinkParameters } from "../network/index.ts";
import { loadsOf, type FrameLink, type FrameScenario, type Load } from "../frames/index.ts";
import type { WholeRequirement } from "../study/index.ts";
import { scenarioOfSystem } from "./scenario.ts";
import type { Selection, System } from "./system.ts";

/** Sums of loads are not to the last digit. */
const ABOVE = 1 + 1e-9;

export interface WholeCheck {
  requirement: WholeRequirement;
  state: CheckState;
  /** In the requirement's unit: of copies, and of a link's two directions, the most. */
  value: number;
}

export function checkWhole(system: System, selection: Selection, loads: readonly Load[]): WholeCheck[] {
  if (system.requirements.length === 0) return [];
  const { scenario } = scenarioOfSystem(system, selection);
  const bits = bitsOnLinks(scenario);
  return system.requirements.map((requirement) => {
    const names = system.place.named(requirement.of);
    const values =
      requirement.metric === "bytes"
        ? names.map((name) => bits.get(name) ?? 0)
        : names.map((name) => busy(scenario, loads, name));
    const value = Math.max(0, ...values);
    return { requirement, value, state: value <= ABOVE * requirement.value ? "met" : "missed" };
  });
}

/** The utilisation of a host, or of a link: its busier direction, or the medium that it shares. */
function busy({ links }: FrameScenario, loads: readonly Load[], name: string): number {
  const link = links.find((one) => one.name === name);
  const names = new Set([name, ...(link ? directionsOf(link).flatMap(({ medium }) => medium?.name ?? []) : [])]);
  return Math.max(
    0,
    ...loads.filter(({ resource }) => names.has(resourceName(resource))).map(({ utilisation }) => utilisation),
  );
}

/** Bits per second that cross each link, both ways, headers and what is sent again included. */
export function bitsOnLinks(scenario: FrameScenario): Map<string, number> {
  // Taken apart from its medium, each direction has a load of its own.
  const apart = scenario.links.map((link) => {
    const [there, back] = directionsOf(link).map(
      ({ medium: _medium, duplex: _duplex, outages: _outages, ...rest }): LinkParameters => rest,
    );
    return { ...link, options: [there!, back!] as const };
  });
  const found = new Map<string, number>();
  for (const { resource, utilisation } of loadsOf({ ...scenario, links: apart })) {
    if (resource.kind !== "link") continue;
    const { name, from, options } = apart.find((one) => one.name === resource.link)!;
    const rate = meanRate(options[resource.from === from ? 0 : 1].rate);
    found.set(name, (found.get(name) ?? 0) + utilisation * rate);
  }
  return found;
}

const directionsOf = ({ options }: FrameLink): readonly LinkParameters[] =>
  "rate" in options ? [options, options] : options;
