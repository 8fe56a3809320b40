/** @file All flows of a system as one simulation: every camera's frames under the names of its hosts and links. */
import { scenarioOf } from "../design/index.ts";
import type { FrameFlow, FrameScenario, Step } from "../frames/index.ts";
import type { Camera } from "./expand.ts";
import { chosen, framesOf, type Selection, type System } from "./system.ts";

/** A camera's frames in a scenario, by the places of flow and camera. */
export interface Stream {
  flow: number;
  camera: number;
  steps: readonly Step[];
}

/** What every camera's frames pass with a selection. */
export function streamsOf(system: System, selection: Selection): Stream[] {
  return chosen(system, selection).flatMap(({ steps }, flow) => {
    const { name, rate } = system.flows[flow]!;
    const cameras = system.place.cameras.get(name)!;
    const all = framesOf({ rate }, system.seconds);
    return cameras.map((one, camera): Stream => {
      const first = Math.floor((camera * all) / cameras.length);
      return { flow, camera, steps: stepsAt(steps, name, one, first, all) };
    });
  });
}

/**
 * The scenario of a selection, and what its flows are.
 * @param share of the time that is simulated: of each camera so many of the first frames
 */
export function scenarioOfSystem(
  system: System,
  selection: Selection,
  share = 1,
): { scenario: FrameScenario; streams: Stream[] } {
  const streams = streamsOf(system, selection);
  const flows = streams.map(({ flow, camera, steps }): FrameFlow => {
    const { name, rate } = system.flows[flow]!;
    const { host, offset } = system.place.cameras.get(name)![camera]!;
    return {
      name: `${name}/${host}`,
      period: 1e9 / rate,
      offset: Math.round(1e9 * offset),
      count: Math.max(1, Math.ceil(share * framesOf({ rate }, system.seconds))),
      steps,
    };
  });
  return { scenario: { ...scenarioOf(system.place, []), flows }, streams };
}

/**
 * A flow's way from one of its cameras. Each camera shows the flow's frames from another one on, so that they do not all
 * have the same hard image, or the same slow piece of work, at once.
 */
export function stepsAt(
  steps: readonly Step[],
  flow: string,
  { hosts, links }: Pick<Camera, "hosts" | "links">,
  first: number,
  count: number,
): Step[] {
  const link = (name: string): string => links[name] ?? name;
  const from = <T extends Uint8Array | Uint32Array | Float64Array>(values: number | T): number | T =>
    typeof values === "number" ? values : rotated(values, first, count);
  return steps.map((step): Step => {
    // Hosts that batch take together what has one name: work of one flow's model, not that of another.
    if (step.kind === "compute")
      return { ...step, host: hosts[step.host] ?? step.host, work: `${step.work} of ${flow}`, ns: from(step.ns) };
    if (step.kind === "transfer")
      return {
        ...step,
        link: typeof step.link === "string" ? link(step.link) : step.link.map(link),
        from: hosts[step.from] ?? step.from,
        to: hosts[step.to] ?? step.to,
        bytes: from(step.bytes),
      };
    const inner = stepsAt(step.steps ?? [], flow, { hosts, links }, first, count);
    if (step.kind === "exit") return { ...step, taken: rotated(step.taken, first, count), steps: inner };
    return { ...step, times: from(step.times), steps: inner };
  });
}

function rotated<T extends Uint8Array | Uint32Array | Float64Array>(values: T, first: number, count: number): T {
  if (first === 0) return values;
  return values.map((_, i) => values[(first + i) % count]!) as T;
}
