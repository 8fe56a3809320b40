/** @file What work costs on this machine: kept from earlier runs, or timed by turns. */
import type { Cost, HostSpeed } from "@split-et-impera/core/cost";
import { wholeWork } from "@split-et-impera/core/cost";
import { emptyCalls, roundedCost, thisMachine, timeWorks, type EmptyCalls, type Work } from "../measure/index.ts";
import type { Context, Kept } from "../context.ts";
import { keep, keyOf, recall } from "../run-stage.ts";

/** Work that may have to be timed: what it is loaded for is loaded when it is timed, and released then. */
export interface TimedWork {
  name: string;
  /** What its cost depends on beside machine, model and name. */
  key: unknown;
  /** Bytes of weights that are loaded meanwhile. */
  bytes: number;
  open(context: Context, calls: EmptyCalls): Promise<OpenWork>;
}

export interface OpenWork extends Work {
  close?(): Promise<void>;
}

/** Bytes of weights that are loaded at once. */
const mostLoaded = 512e6;

/**
 * Seconds that timing may take, shared out among groups by their works. On an idle machine no model below a tenth of a second
 * reaches it; of slow ones, and on busy machines, fewer runs count, and those few are said to be doubtful.
 */
const mostSeconds = 60;

const timing = { name: "timing", version: 4 };

/** Works whose costs some host's profile lacks; the whole model always, since profiles that lack some work lean on it. */
export function toTime(works: readonly TimedWork[], speeds: Record<string, HostSpeed>): TimedWork[] {
  const known = ({ name }: TimedWork): boolean =>
    name !== wholeWork && Object.values(speeds).every(({ profile }) => profile?.works[name]);
  // Of works of the same name the last counts; they are the same.
  return [...new Map(works.filter((work) => !known(work)).map((work) => [work.name, work])).values()];
}

/** The cost of each work, by name. Those that are not kept are timed by turns, as many at once as may be loaded. */
export async function costsHere(
  works: readonly TimedWork[],
  modelHash: string,
  context: Context,
): Promise<Kept<Record<string, Cost>>> {
  const machine = thisMachine();
  const keyFor = ({ name, key }: TimedWork) => keyOf(timing, [machine, modelHash, name, key], context);
  const costs: Record<string, Cost> = {};
  const missing: TimedWork[] = [];
  for (const work of works) {
    const kept = await recall<Cost>(keyFor(work), context);
    if (kept) costs[work.name] = kept;
    else missing.push(work);
  }
  for (const group of groupsOf(missing)) {
    const measured = await timeGroup(group, (mostSeconds * group.length) / missing.length, context);
    for (const work of group) {
      costs[work.name] = roundedCost(measured[work.name]!);
      await keep(keyFor(work), costs[work.name], context);
    }
  }
  return { value: costs, cached: missing.length === 0 };
}

async function timeGroup(
  group: readonly TimedWork[],
  seconds: number,
  context: Context,
): Promise<Record<string, Cost>> {
  const open = new Map<string, OpenWork>();
  await using calls = emptyCalls(context.engine);
  try {
    for (const work of group) open.set(work.name, await work.open(context, calls));
    return await timeWorks(open, context.signal, context.update, seconds);
  } finally {
    for (const work of open.values()) await work.close?.();
  }
}

/** Works that may be loaded together; those of one group are timed by turns. */
function groupsOf(works: readonly TimedWork[]): TimedWork[][] {
  const groups: TimedWork[][] = [];
  let loaded = Infinity;
  for (const work of works) {
    if (loaded + work.bytes > mostLoaded) {
      groups.push([]);
      loaded = 0;
    }
    groups.at(-1)!.push(work);
    loaded += work.bytes;
  }
  return groups;
}
