/** @file Times of the heads of all cuts: what the optimum over all of them adds up from. */
import { segmentMemory, splitWork, wholeWork } from "@split-et-impera/core/cost";
import type { Session } from "@split-et-impera/core/engine";
import { serialiseModel, headAndTail, severalCuts } from "@split-et-impera/core/onnx";
import { sizeOf } from "@split-et-impera/core/tensor";
import { profiledCuts } from "../measure/index.ts";
import { engine } from "@split-et-impera/ort";
import type { PricedModel } from "./optimum.ts";
import type { Workbench } from "./workbench.ts";

/** Cuts at most beside the candidates; of more, evenly chosen ones are left out. */
const mostCuts = 47;
/** Bytes of weights that are loaded at once. */
const mostLoaded = 512e6;

/** What only gives the same numbers another shape: a cut behind it is the cut before it. */
const views = new Set(["Flatten", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Dropout"]);

/** All cuts that a design can use, in the model's order. */
function usableCuts({ inspection }: Workbench, candidates: readonly string[]): string[] {
  const viewed = new Set(
    inspection.cuts.filter(({ operators: [operator] }) => views.has(operator!)).map(({ tensors: [cut] }) => cut!),
  );
  return profiledCuts(inspection).filter((cut) => !viewed.has(cut) || candidates.includes(cut));
}

/** The cuts to price, in the model's order: all that a design can use, the candidates in any case. */
export function pricedCuts(bench: Workbench, candidates: readonly string[]): string[] {
  const all = usableCuts(bench, candidates);
  const step = Math.max(1, all.length / mostCuts);
  const kept = new Set(Array.from({ length: Math.min(all.length, mostCuts) }, (_, i) => all[Math.floor(i * step)]!));
  return all.filter((cut) => kept.has(cut) || candidates.includes(cut));
}

/** Times the heads of these cuts with all other work that waits to be timed. Models are loaded when they are run. */
export async function timeHeads(
  bench: Workbench,
  cuts: readonly string[],
  update: (status: string) => void,
): Promise<{ value: undefined; cached: boolean }> {
  const { inspection, test } = bench;
  const feeds = { [inspection.input.name]: test.batch([0]) };
  let cached = true;
  for (const group of groupsOf(bench, cuts)) {
    const sessions = new Map<string, Session>();
    for (const cut of group) {
      const shape = inspection.seen.get(cut)!.dims.slice(1);
      const run = async (): Promise<unknown> => {
        const session = sessions.get(cut) ?? (await engine.load(serialiseModel(headAndTail(inspection, cut).head)));
        sessions.set(cut, session);
        return session.run(feeds, [cut]);
      };
      bench.time(splitWork(cut, "").head, shape, { run, call: bench.calls.for(feeds[inspection.input.name]!) });
    }
    cached = (await bench.timeAll(update)).cached && cached;
    for (const session of sessions.values()) await session.release();
    sessions.clear();
  }
  return { value: undefined, cached };
}

/** Heads that may be loaded together; those of one group are timed by turns. */
function groupsOf({ inspection: { index, seen } }: Workbench, cuts: readonly string[]): string[][] {
  const groups: string[][] = [[]];
  let loaded = 0;
  for (const cut of cuts) {
    const { parameters } = segmentMemory(index, seen, 1, { to: cut });
    if (loaded > 0 && loaded + parameters > mostLoaded) {
      groups.push([]);
      loaded = 0;
    }
    groups.at(-1)!.push(cut);
    loaded += parameters;
  }
  return groups;
}

/** The workbench's model in pieces between `cuts`: each costs what it adds to the head before it. */
export function pricedModel(bench: Workbench, cuts: readonly string[], candidates: readonly string[]): PricedModel {
  const { study, hosts, inspection, test } = bench;
  const { index, seen, batch, input } = inspection;
  const rows = batch?.size ?? 1;
  const secondsOn = (host: string): number[] => {
    const until = [...cuts.map((cut) => splitWork(cut, "").head), wholeWork].map((work) => bench.seconds(host, work));
    // A head that took longer than one that holds it was disturbed: noise makes times longer, never shorter.
    for (let i = until.length - 2; i >= 0; i--) until[i] = Math.min(until[i]!, until[i + 1]!);
    return until.map((seconds, i) => seconds - (until[i - 1] ?? 0));
  };
  const needed = (part: { from?: string; to?: string }): number => {
    const { parameters, activations } = segmentMemory(index, seen, rows, part);
    return parameters + activations;
  };
  return {
    study,
    hosts,
    cuts: cuts.map((tensor) => ({ tensor, values: sizeOf(seen.get(tensor)!.dims) / rows })),
    seconds: { [hosts.capturing]: secondsOn(hosts.capturing), [hosts.other]: secondsOn(hosts.other) },
    inputBytes: sizeOf(input.shape) * (test.image ? 1 : 4),
    raw: test.image !== undefined,
    memory: (here) => ({
      here: here === 0 ? 0 : needed(here > cuts.length ? {} : { to: cuts[here - 1]! }),
      there: here > cuts.length ? 0 : needed(here === 0 ? {} : { from: cuts[here - 1]! }),
    }),
    candidates,
    skipped: {
      many: usableCuts(bench, candidates).length - cuts.length,
      several: severalCuts(inspection).length,
    },
  };
}
