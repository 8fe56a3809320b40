/** @file Times of the heads of all cuts: what the optimum over all of them adds up from. */
import { segmentMemory, splitWork, wholeWork } from "@split-et-impera/core/cost";
import { serialiseModel, headAndTail, severalCuts, type Inspection } from "@split-et-impera/core/onnx";
import { isPictureInput, type RemoteInput } from "@split-et-impera/core/study";
import { sizeOf } from "@split-et-impera/core/tensor";
import { codecs } from "@split-et-impera/core/wire";
import { profiledCuts } from "../measure/index.ts";
import { addedSeconds, entrySeconds } from "../place/added.ts";
import type { PricedModel } from "./optimum.ts";
import type { Subject } from "./subject.ts";
import type { TimedWork } from "./times.ts";

/** Cuts at most beside the candidates; of more, evenly chosen ones are left out. */
const mostCuts = 47;

/** What only gives the same numbers another shape: a cut behind it is the cut before it. */
const views = new Set(["Flatten", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Dropout"]);

/** All cuts that a design can use, in the model's order. */
function usableCuts(inspection: Inspection, candidates: readonly string[]): string[] {
  const viewed = new Set(
    inspection.cuts.filter(({ operators: [operator] }) => views.has(operator!)).map(({ tensors: [cut] }) => cut!),
  );
  return profiledCuts(inspection).filter((cut) => !viewed.has(cut) || candidates.includes(cut));
}

/** The cuts to price, in the model's order: all that a design can use, the candidates in any case. */
export function pricedCuts({ inspection }: Subject, candidates: readonly string[]): string[] {
  const all = usableCuts(inspection, candidates);
  const step = Math.max(1, all.length / mostCuts);
  const kept = new Set(Array.from({ length: Math.min(all.length, mostCuts) }, (_, i) => all[Math.floor(i * step)]!));
  return all.filter((cut) => kept.has(cut) || candidates.includes(cut));
}

/** The heads of these cuts, to be timed. */
export function headWorks({ inspection, test }: Subject, cuts: readonly string[]): TimedWork[] {
  const { index, seen, input } = inspection;
  const value = test.batch([0]);
  return cuts.map((cut) => ({
    name: splitWork(cut, "").head,
    key: seen.get(cut)!.dims.slice(1),
    bytes: segmentMemory(index, seen, 1, { to: cut }).parameters,
    async open({ engine }, calls) {
      const session = await engine.load(serialiseModel(headAndTail(inspection, cut).head));
      return {
        run: () => session.run({ [input.name]: value }, [cut]),
        call: calls.for(value),
        close: () => session.release(),
      };
    },
  }));
}

/**
 * What RC sends that can be added up, the fewest bytes first: a tensor through a codec, and a picture's bytes, which stand
 * for pictures of which only files are sent.
 */
function addedInputs(inputs: readonly RemoteInput[], values: number, pictures: boolean): PricedModel["sent"] {
  const raw = { codec: "raw", bytes: values };
  const added = inputs.flatMap((input) =>
    isPictureInput(input)
      ? input.format === "raw"
        ? [raw]
        : []
      : [{ codec: input.format, bytes: 4 * values * codecs[input.format].share }],
  );
  if (added.length > 0) return added.toSorted((a, b) => a.bytes - b.bytes);
  return [pictures ? raw : { codec: "float32", bytes: 4 * values }];
}

/** The model in pieces between `cuts`: each costs what it adds to the head before it. */
export function pricedModel(
  { study, hosts, inspection, test }: Subject,
  seconds: (host: string, work: string) => number,
  cuts: readonly string[],
  candidates: readonly string[],
): PricedModel {
  const { index, seen, batch, input } = inspection;
  const rows = batch?.size ?? 1;
  const secondsOn = (host: string): number[] =>
    addedSeconds([...cuts.map((cut) => splitWork(cut, "").head), wholeWork].map((work) => seconds(host, work)));
  // Where cuts are tried without a bottleneck, their tails were timed too.
  const entryOn = (host: string): number => {
    const sums = (study.explore.plain ? candidates : []).map((cut) => {
      const { head, tail } = splitWork(cut, "");
      return seconds(host, head) + seconds(host, tail);
    });
    return entrySeconds(sums, seconds(host, wholeWork));
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
    entry: { [hosts.capturing]: entryOn(hosts.capturing), [hosts.other]: entryOn(hosts.other) },
    sent: addedInputs(study.explore.inputs, sizeOf(input.shape), test.image !== undefined),
    memory: (here) => ({
      here: here === 0 ? 0 : needed(here > cuts.length ? {} : { to: cuts[here - 1]! }),
      there: here > cuts.length ? 0 : needed(here === 0 ? {} : { from: cuts[here - 1]! }),
    }),
    candidates,
    skipped: {
      many: usableCuts(inspection, candidates).length - cuts.length,
      several: severalCuts(inspection).length,
    },
  };
}
