/** @file How many cameras a study's recommended system carries, and which host or link moves that limit most. */
import { InputError } from "@split-et-impera/core/errors";
import { linkName, type Study } from "@split-et-impera/core/study";
import { capacityOf, chosen, expand, faster, type Capacity, type System } from "@split-et-impera/core/system";
import { contextOf } from "../default-context.ts";
import type { RunOptions } from "./run.ts";
import { asSystem, runSystem } from "./system.ts";

export interface StudyCapacity {
  study: string;
  /** Whose cameras are counted, and the host that captures for it. */
  flow: string;
  camera: string;
  /** How many there are in the study. */
  has: number;
  /** By flow, the design that is kept: the recommended one. */
  designs: Record<string, string>;
  now: Capacity;
  /** With one host, or one link of the study and all its copies, twice as fast: what carries the most first. */
  upgrades: { what: string; kind: "host" | "link"; capacity: Capacity }[];
  notes: readonly string[];
}

/** Cameras are tried on the design that is recommended for as many as the study has. */
export async function capacityOfStudy(
  study: Study,
  { flow, most }: { flow?: string; most: number },
  options: RunOptions = {},
): Promise<StudyCapacity> {
  const whole = asSystem(study);
  const names = whole.system.flows.map(({ name }) => name);
  if (flow !== undefined && !names.includes(flow)) {
    throw new InputError("ERR_USAGE", `--flow: expected one of ${names.join(", ")}, got "${flow}"`);
  }
  const counted = whole.system.flows.find(({ name }) => name === (flow ?? names[0]))!;
  const camera = counted.study.frames.host;
  const { notes, selection, system } = await runSystem(whole, { ...options, elsewhere: false });
  const { progress, signal } = contextOf(options);
  const withCameras =
    (change: (one: System) => System) =>
    (cameras: number): System =>
      change({ ...system, place: expand(whole, { ...whole.system.copies, [camera]: cameras }) });
  const carried = (title: string, change: (one: System) => System): Promise<Capacity> =>
    progress.task(title, async (update) =>
      capacityOf(withCameras(change), selection, most, (text) => {
        signal.throwIfAborted();
        update(text);
      }),
    );
  const now = await carried("capacity", (one) => one);
  const upgrades: StudyCapacity["upgrades"] = [];
  const every = [
    ...Object.keys(study.hosts).map((what) => ({ what, kind: "host" as const })),
    ...study.links.map((_, i) => ({ what: linkName(study, i), kind: "link" as const })),
  ];
  for (const { what, kind } of every) {
    const capacity = await carried(`${what} twice as fast`, (one) => faster(one, what, kind, 2));
    upgrades.push({ what, kind, capacity });
  }
  upgrades.sort((a, b) => b.capacity.most - a.capacity.most);
  return {
    study: study.name,
    flow: counted.name,
    camera,
    has: system.place.cameras.get(counted.name)!.length,
    designs: Object.fromEntries(chosen(system, selection).map(({ id }, i) => [names[i]!, id])),
    now,
    upgrades,
    notes,
  };
}
