/** @file Times of the heads of all cuts: what the optimum over all of them adds up from. */
import { segmentMemory, splitWork, wholeWork } from "@split-et-impera/core/cost";
import { cutName, type Cut } from "@split-et-impera/core/design";
import { modelCost, serialiseModel, splitSegments, type Inspection } from "@split-et-impera/core/onnx";
import { isPictureInput, type RemoteInput, type Study } from "@split-et-impera/core/study";
import { sizeOf, type TensorType } from "@split-et-impera/core/tensor";
import { codecs } from "@split-et-impera/core/wire";
import { inModelOrder, isUsable, usableSeveral } from "../check/index.ts";
import { addedSeconds, entrySeconds } from "../place/added.ts";
import { cutsInARow, thinned } from "../place/cuts.ts";
import { fedInputs } from "../../data/index.ts";
import type { PricedModel } from "./optimum.ts";
import { fedTo, largestOf, wholeBytes } from "./sent.ts";
import type { PricedHosts } from "./optimum-hosts.ts";
import { endsOfModel, type Subject } from "./subject.ts";
import type { TimedWork } from "./times.ts";

/**
 * Cuts at most beside the candidates; of more, evenly chosen ones are left out. Each head is run many times, so that models
 * of much work get fewer: as many as together do so many multiply-accumulates, though never fewer than the least. Work is
 * counted and not timed, so that a study has the same cuts on every run.
 */
const cutLimits = { most: 47, least: 8, macs: 120e9 };

function mostCuts(inspection: Inspection): number {
  // Heads do half of the whole's work in the mean.
  const each = modelCost(inspection).macs / 2;
  return Math.round(Math.min(cutLimits.most, Math.max(cutLimits.least, cutLimits.macs / each)));
}

/** What only gives the same numbers another shape: a cut behind it is the cut before it. */
const views = new Set(["Flatten", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Dropout"]);

/** Of the cuts of one tensor, those that a design can use. */
function usableSingles(inspection: Inspection, candidates: readonly Cut[]): Set<string> {
  const viewed = new Set(
    inspection.cuts.filter(({ operators: [operator] }) => views.has(operator!)).map(({ tensors: [cut] }) => cut!),
  );
  const wanted = namesOf(candidates);
  const able = inspection.cuts.map(({ tensors: [cut] }) => cut!).filter((cut) => isUsable([cut], inspection));
  return new Set(able.filter((cut) => !viewed.has(cut) || wanted.has(cut)));
}

const namesOf = (cuts: readonly Cut[]): Set<string> => new Set(cuts.map(cutName));

export interface PricedCuts {
  /** In the model's order, each behind the one before it: what can be added up. */
  cuts: Cut[];
  /** Cuts of which nothing is said: of very many, and those of several tensors that do not lie in a row with the others. */
  skipped: { many: number; several: number };
}

/**
 * The cuts to price: all that a design can use and that lie one behind the other, of those with several tensors the candidates
 * first, then those with the fewest bytes; of very many, evenly chosen ones, the candidates in any case.
 */
export function pricedCuts({ inspection }: Pick<Subject, "inspection">, candidates: readonly Cut[]): PricedCuts {
  const singles = usableSingles(inspection, candidates);
  const first = candidates.filter(({ length }) => length > 1);
  const all = cutsInARow(inspection, {
    first,
    usable: (cut) => (cut.length === 1 ? singles.has(cut[0]!) : isUsable(cut, inspection)),
  }).map((cut) => inModelOrder(cut, inspection.index));
  const wanted = namesOf(candidates);
  const cuts = thinned(all, mostCuts(inspection), (cut) => wanted.has(cutName(cut)));
  const inRow = namesOf(all);
  const several = namesOf([...usableSeveral(inspection), ...first]);
  return {
    cuts,
    skipped: { many: all.length - cuts.length, several: [...several].filter((name) => !inRow.has(name)).length },
  };
}

/** The heads of these cuts, to be timed. */
export function headWorks({ inspection, test }: Subject, cuts: readonly Cut[]): TimedWork[] {
  const { index, seen } = inspection;
  const fed = test.feeds([0]);
  return cuts.map((cut) => ({
    name: splitWork(cutName(cut), "").head,
    key: [cut.map((name) => seen.get(name)!.dims.slice(1)), Object.values(fed).map(({ dims }) => dims)],
    bytes: segmentMemory(index, seen, 1, { to: cut }).parameters,
    async open({ engine }, calls) {
      const session = await engine.load(serialiseModel(splitSegments(inspection, [cut]).models[0]!));
      const made = cut.filter((name) => !Object.hasOwn(fed, name));
      const feeds = fedTo(session, fed);
      return {
        run: () => session.run(feeds, made),
        call: calls.for(largestOf(feeds)),
        close: () => session.release(),
      };
    },
  }));
}

/** How many values go through a study's codecs, and how many bytes whole numbers take whatever the codec. */
function valuesOf(tensors: readonly { type: TensorType; values: number }[]): { coded: number; plain: number } {
  let [coded, plain] = [0, 0];
  for (const { type, values } of tensors) {
    const each = wholeBytes(type);
    if (each === undefined) coded += values;
    else plain += values * each;
  }
  return { coded, plain };
}

/**
 * What RC sends that can be added up, the fewest bytes first: a tensor through a codec, and a picture's bytes, which stand
 * for pictures of which only files are sent.
 */
function addedInputs(
  inputs: readonly RemoteInput[],
  { coded, plain }: ReturnType<typeof valuesOf>,
  pictures: boolean,
): PricedModel["sent"] {
  const raw = { codec: "raw", bytes: coded };
  const added = inputs.flatMap((input) =>
    isPictureInput(input)
      ? input.format === "raw"
        ? [raw]
        : []
      : [{ codec: input.format, bytes: 4 * coded * codecs[input.format].share + plain }],
  );
  if (added.length > 0) return added.toSorted((a, b) => a.bytes - b.bytes);
  return [pictures ? raw : { codec: "float32", bytes: 4 * coded + plain }];
}

/** The study with answers as large as the model's are in the mean, where the study says less. */
export function withAnswers<S extends Pick<Study, "frames">>(study: S, answers: Uint32Array): S {
  const { answer } = study.frames;
  const mean = answers.reduce((sum, bytes) => sum + Math.max(answer.bytes, bytes), 0) / answers.length;
  return { ...study, frames: { ...study.frames, answer: { ...answer, bytes: mean } } };
}

/**
 * The model in pieces between `cuts`: each costs what it adds to the head before it.
 * @param parted cuts whose tails were timed too: candidates without a bottleneck, but those that left a race
 */
export function pricedModel(
  { study, hosts, inspection, test }: Subject,
  seconds: (host: string, work: string) => number,
  { cuts, skipped }: PricedCuts,
  candidates: readonly Cut[],
  parted: readonly Cut[] = study.explore.plain ? candidates : [],
): PricedModel {
  const { index, seen, batch } = inspection;
  const inputs = fedInputs(inspection);
  const rows = batch?.size ?? 1;
  const secondsOn = (host: string): number[] =>
    addedSeconds(
      [...cuts.map((cut) => splitWork(cutName(cut), "").head), wholeWork].map((work) => seconds(host, work)),
    );
  const entryOn = (host: string): number => {
    const sums = parted.map((cut) => {
      const { head, tail } = splitWork(cutName(cut), "");
      return seconds(host, head) + seconds(host, tail);
    });
    return entrySeconds(sums, seconds(host, wholeWork));
  };
  const needed = (part: { from?: Cut; to?: Cut }): number => {
    const { parameters, activations } = segmentMemory(index, seen, rows, part);
    return parameters + activations;
  };
  const byHost = <T>(of: (host: string) => T): Record<string, T> =>
    Object.fromEntries([hosts.capturing, ...hosts.others].map((host) => [host, of(host)]));
  return {
    study,
    hosts: { capturing: hosts.capturing, other: hosts.others.at(-1)! },
    cuts: cuts.map((cut) => {
      const { coded, plain } = valuesOf(
        cut.map((name) => ({ type: seen.get(name)!.type, values: sizeOf(seen.get(name)!.dims) / rows })),
      );
      return { name: cutName(cut), values: coded, ...(plain > 0 && { plainBytes: plain }) };
    }),
    seconds: byHost(secondsOn),
    entry: byHost(entryOn),
    sent: addedInputs(
      study.explore.inputs,
      valuesOf(inputs.map(({ type, shape }) => ({ type, values: sizeOf(shape) }))),
      test.image !== undefined && inputs.length === 1,
    ),
    memory: (here) => ({
      here: here === 0 ? 0 : needed(here > cuts.length ? {} : { to: cuts[here - 1]! }),
      there: here > cuts.length ? 0 : needed(here === 0 ? {} : { from: cuts[here - 1]! }),
    }),
    candidates: candidates.map(cutName),
    skipped,
  };
}

/** What pricing over more than two hosts takes beside that: what each piece needs, and which hosts may run it. */
export function pricedHosts(subject: Subject, { cuts }: PricedCuts): PricedHosts {
  const { study, inspection, mayRun } = subject;
  const { index, seen, batch } = inspection;
  const { inputs, outputs } = endsOfModel(subject);
  const ends = [inputs, ...cuts, outputs];
  return {
    study,
    needs: [...cuts, undefined].map((to, i) =>
      segmentMemory(index, seen, batch?.size ?? 1, { ...(i > 0 && { from: cuts[i - 1]! }), ...(to && { to }) }),
    ),
    mayRun: (host, piece) => mayRun(host, ends[piece]!, ends[piece + 1]!),
  };
}
