/** @file A system with one host or link bought anew. */
import type { Step } from "../frames/index.ts";
import type { LinkOptions } from "../study/index.ts";
import { linkName } from "../study/index.ts";
import type { Choice, System } from "./system.ts";

/**
 * The system with a host of the study, or a link, and all its copies, so many times as fast: all work on the host takes so
 * much less, the link's rate is so much higher both ways.
 */
export function faster(system: System, what: string, kind: "host" | "link", times: number): System {
  if (kind === "host") {
    const choice = (one: Choice): Choice => ({ ...one, steps: one.steps.map((step) => quicker(step, what, times)) });
    return { ...system, flows: system.flows.map((flow) => ({ ...flow, choices: flow.choices.map(choice) })) };
  }
  const { place } = system;
  const names = new Set(place.named(what));
  const links = place.links.map((link, i) => (names.has(linkName(place, i)) ? broader(link, times) : link));
  return { ...system, place: { ...place, links } };
}

function quicker(step: Step, host: string, times: number): Step {
  if (step.kind === "compute") {
    if (step.host !== host) return step;
    return { ...step, ns: typeof step.ns === "number" ? step.ns / times : step.ns.map((ns) => ns / times) };
  }
  if (step.kind === "transfer") return step;
  const inner = (step.steps ?? []).map((one) => quicker(one, host, times));
  return { ...step, steps: inner };
}

const broader = (link: LinkOptions, times: number): LinkOptions => ({
  ...link,
  rate: link.rate * times,
  ...(link.back && { back: { ...link.back, rate: link.back.rate * times } }),
});
