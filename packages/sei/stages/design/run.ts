/** @file A study from beginning to end. */
import type { Evidence } from "@split-et-impera/core/task";
import { planAt } from "@split-et-impera/core/bottleneck";
import { InputError, internal } from "@split-et-impera/core/errors";
import type { Cost, CostTable, DoubtfulTimes, Profile } from "@split-et-impera/core/cost";
import { costTable, wholeWork } from "@split-et-impera/core/cost";
import {
  cutName,
  bottleneckName,
  designsAtCut,
  placementName,
  localDesign,
  remoteDesigns,
  isTried,
  waysToSend,
  type Cut,
  type DesignResult,
  type Result,
  type SaliencyResult,
} from "@split-et-impera/core/design";
import type { Step } from "@split-et-impera/core/frames";
import { uplinkOf, type BottleneckOptions, type Study } from "@split-et-impera/core/study";
import { pooled } from "@split-et-impera/ort";
import { version } from "../../version.ts";
import type { Context, Kept } from "../context.ts";
import { checkExpected, checkJudged, type Exam } from "../answers/index.ts";
import { contextOf } from "../default-context.ts";
import { measuredDoubts, openProfiles, thisMachine } from "../measure/index.ts";
import { checkKept, keepsTo, streamNotes, withoutSaliency } from "../check/index.ts";
import { runStage } from "../run-stage.ts";
import { resultOf, verdictOf } from "./assemble.ts";
import { batchWorks } from "./batched.ts";
import { writeBundle } from "./bundle.ts";
import {
  evaluate,
  framesOf,
  groundsOf,
  stepsOf,
  type Candidate,
  type DesignFrames,
  type Evaluated,
  type Grounds,
} from "./evaluate.ts";
import { codecSearchStage, searchProblem } from "./codec-search.ts";
import { headWorks, pricedCuts, pricedModel, withAnswers } from "./heads.ts";
import { lossMapStage, type Known } from "./lossmap.ts";
import { solveOptimum, type Optimum } from "./optimum.ts";
import { prepareEarly } from "./early.ts";
import { makePieces } from "./pieces.ts";
import { baselineDoubtsStage, baselineStage, type Prepared } from "./prepared.ts";
import { basisOf } from "./basis.ts";
import { chooseCuts, nothingSalient, saliencyStage } from "./saliency.ts";
import { prepareRow, rowsOf, rowText } from "./rows.ts";
import { prepareSplit } from "./split-design.ts";
import { endsOfModel, kept, openSound, type Subject } from "./subject.ts";
import { costsHere, toTime, type TimedWork } from "./times.ts";
import { prepareLocal, prepareRemote, wholeTimed } from "./whole.ts";

export interface Run {
  result: Result;
  /** What is to be said of the hosts' profiles, and bottlenecks that could not be built. */
  notes: readonly string[];
  /** What was measured on this machine; saved, it freezes the times of later runs. */
  profile: Profile;
  /** Every simulated frame of every design, at every loss of the study, its own first; simulated when they are asked for. */
  frames(): AsyncGenerator<DesignFrames>;
  /**
   * Writes the files that deploy the recommended design into a folder of their own, replayed from disk.
   * Gives false, and writes nothing, where no design is recommended.
   */
  writeBundle(folder: string): Promise<boolean>;
  /** How answers to the test images are judged. */
  exam: Exam;
  /** Every design, over the link as it is. */
  designs: readonly RunDesign[];
}

/** A design of a run, to be looked at closer. */
export interface RunDesign {
  result: DesignResult;
  /** What each frame passes, as it was simulated; of the same study over another link, or with another number of frames, alike. */
  steps(study: Study): Step[];
  /** Evaluated anew over another link, or with another number of frames. */
  over(study: Study): Promise<DesignResult>;
  /** By test image, the answer judged when nothing is lost. */
  clean: readonly Evidence[];
  /** Writes the files that deploy it into a folder of their own, replayed from disk. */
  writeBundle(folder: string): Promise<void>;
}

export interface RunOptions extends Partial<Context> {
  /** Told what is doubtful in the hosts' profiles, before work starts, and then in all times; may throw. */
  onDoubts?(doubts: readonly DoubtfulTimes[]): void;
}

/**
 * Runs every stage of a study. What does not depend on what changed since an earlier run comes from the store.
 * @param options what is not given is what the command line uses, without progress
 * @throws InputError where model, data and study do not fit each other
 */
export async function runStudy(study: Study, { onDoubts = () => undefined, ...parts }: RunOptions = {}): Promise<Run> {
  const given = contextOf(parts);
  await using engine = pooled(given.engine);
  const journey = journeyOf({ ...given, engine });
  const { stage, stages } = journey;
  const subject = await stage("open model and data", async (context) => fresh(await openSound(study, context)));
  const { speeds, doubts, notes } = await openProfiles(study.hosts, subject.modelHash);
  onDoubts(doubts);
  const { baseline, answers, warnings } = await stage("quality of the whole model", async (context) => {
    const found = await runStage(baselineStage, subject, context);
    const against = await runStage(baselineDoubtsStage, { subject, evidence: found.value.evidence }, context);
    checkExpected(against.value);
    checkJudged(subject.exam.task, subject.study, found.value.evidence);
    const { evidence, answers: sizes } = found.value;
    const value = { baseline: evidence, answers: sizes, warnings: against.value };
    return { value, cached: found.cached && against.cached };
  });
  const { ready, cuts, left, saliency } = await prepareAll(subject, baseline, stage);
  const early = await prepareEarly(subject, cuts, baseline, stage);
  ready.push(...early.ready);
  checkKept(study, ready.length);
  const split = study.explore.scenarios.includes("SC");
  const priced = split ? pricedCuts(subject, cuts) : undefined;
  const costs: Record<string, Cost> = {};
  const time = (title: string, works: readonly TimedWork[]): Promise<void> =>
    stage(title, async (context) => {
      const { value, cached } = await costsHere(toTime(works, speeds), subject.modelHash, context);
      Object.assign(costs, value);
      return { value: undefined, cached };
    });
  const works = [wholeTimed(subject), ...ready.flatMap((one) => one.works), ...headWorks(subject, priced?.cuts ?? [])];
  await time("time of every segment", [...works, ...together(study, ready, works)]);
  onDoubts([...doubts, ...measuredDoubts(speeds, costs)]);
  const table = costTable(speeds, costs);
  const priceOf = (host: string, work: string): number => table.of(host, work).seconds;
  const answering = { ...subject, study: withAnswers(subject.study, answers) };
  const solved =
    priced &&
    Object.keys(study.hosts).length === 2 &&
    solveOptimum(pricedModel(withBuilt(answering, ready), priceOf, priced, cuts));
  const unsure = unsureSeconds(table, Object.keys(study.hosts));
  const optimum = solved ? { ...solved, ...(unsure > 0 && { unsure }) } : undefined;
  const best = optimum && (addsDesign(optimum, ready) ? optimum.best.cut : bestSplit(optimum, cuts));
  const added = best !== undefined;
  if (added) {
    const cut = priced!.cuts.find((one) => cutName(one) === best)!;
    const more = await prepareCut(subject, cut, undefined, stage);
    ready.push(...more);
    const segments = more.flatMap(({ works }) => works);
    await time("time of the optimum's segments", [...segments, ...together(study, more, segments)]);
  }
  const grounds = groundsOf(subject, speeds, costs, answers);
  const evaluated = await stage("simulation", (context) => evaluateAll(grounds, ready, baseline, context));
  const lossMap = await stage("other rates and losses", (context) => {
    const designs = evaluated[0]!.designs.map((one, i): Known => ({
      ...one,
      at: new Map(evaluated.map(({ loss, designs }) => [loss, designs[i]!])),
    }));
    const losses = evaluated.map(({ loss }) => loss).sort((a, b) => a - b);
    const match = (found: readonly Evaluated[]) => verdictOf(subject, found);
    return runStage(lossMapStage, { grounds, designs, losses, baseline, match }, context);
  });
  const { exits } = early;
  const candidates = cuts.length;
  const found = {
    baseline,
    warnings,
    added,
    candidates,
    exits,
    ...(saliency && { saliency }),
    ...(optimum && { optimum }),
  };
  const result = resultOf({
    subject,
    found,
    evaluated,
    lossMap,
    basis: basisOf({ subject, speeds, costs, answers, baseline, prepared: ready }),
    doubts: [...doubts, ...measuredDoubts(speeds, costs)],
    stages,
  });
  const groundsFor = (asked: Study): Grounds =>
    groundsOf({ ...subject, study: { ...subject.study, frames: asked.frames } }, speeds, costs, answers);
  const designs = evaluated[0]!.designs.map((one): RunDesign => ({
    result: one.result,
    steps: (asked) => stepsOf(groundsFor(asked), asked, one.prepared, one.result),
    async over(asked) {
      const circumstances = { study: asked, loss: uplinkOf(asked).link.loss.rate, baseline };
      for await (const { value } of evaluate(groundsFor(asked), [one], circumstances, {
        ...given,
        update: () => undefined,
      }))
        return value.result;
      throw internal("a design that is not evaluated");
    },
    clean: one.prepared.clean,
    writeBundle: (folder) =>
      writeBundle(
        folder,
        subject,
        one.prepared,
        { result: one.result, answers, steps: stepsOf(grounds, study, one.prepared, one.result) },
        given,
      ),
  }));
  return {
    result,
    notes: [...new Set([...subject.notes, ...notes, ...(saliency?.notes ?? []), ...left, ...early.left])],
    profile: { format: 2, source: `sei ${version}`, machine: thisMachine(), model: subject.modelHash, works: costs },
    async *frames() {
      for (const { loss, designs } of evaluated) yield* framesOf(grounds, designs, { study, loss, baseline }, given);
    },
    async writeBundle(folder) {
      const chosen = designs.find((one) => one.result.id === result.verdict.recommended);
      await chosen?.writeBundle(folder);
      return chosen !== undefined;
    },
    exam: subject.exam,
    designs,
  };
}

/** What hosts that serve in batches do at once. */
const together = (study: Study, ready: readonly Prepared[], works: readonly TimedWork[]): TimedWork[] =>
  batchWorks(
    study,
    ready.map(({ design }) => design),
    works,
  );

/** The subject with those bottlenecks alone that could be built somewhere: what is said of others would be of nothing. */
function withBuilt(subject: Subject, ready: readonly Prepared[]): Subject {
  const { study } = subject;
  const built = new Set(
    ready.flatMap(({ design }) => design.crossings.map(({ bottleneck }) => bottleneck?.compression)),
  );
  const bottlenecks = study.explore.bottlenecks.filter(({ compression }) => built.has(compression));
  return { ...subject, study: { ...study, explore: { ...study.explore, bottlenecks } } };
}

type RunsStage = <T>(title: string, work: (context: Context) => Promise<Kept<T>>) => Promise<T>;

/** Runs what belongs to one title: progress on the terminal, and its wall time for the result. */
function journeyOf(given: Context): { stage: RunsStage; stages: Result["stages"] } {
  const stages: Result["stages"] = [];
  const stage: RunsStage = async (name, work) => {
    given.signal.throwIfAborted();
    const started = performance.now();
    const { value, cached } = await given.progress.task(name, async (update) => {
      const done = await work({ ...given, update });
      if (done.cached) update("from the cache");
      return done;
    });
    stages.push({ name, seconds: (performance.now() - started) / 1000, cached });
    return value;
  };
  return { stage, stages };
}

const fresh = <T>(value: T): Kept<T> => ({ value, cached: false });

/** Every design of the study made ready, at the cuts that are worth it. */
async function prepareAll(
  subject: Subject,
  baseline: readonly Evidence[],
  stage: RunsStage,
): Promise<{ ready: Prepared[]; cuts: Cut[]; left: string[]; saliency?: SaliencyResult }> {
  const { study } = subject;
  const left: string[] = streamNotes(study, subject.test);
  const { scenarios, candidates, inputs, plain, bottlenecks } = study.explore;
  const unsearched = study.explore.search && searchProblem(subject);
  if (unsearched) left.push(`the search for codecs is left out: ${unsearched}`);
  const wanted = scenarios.includes("SC") && candidates.from === "saliency";
  const saliency = wanted
    ? await stage("saliency", (context) =>
        runStage(saliencyStage, subject, context).catch((error: unknown): Kept<undefined> => {
          left.push(withoutSaliency(error));
          return { value: undefined, cached: false };
        }),
      )
    : undefined;
  const cuts = scenarios.includes("SC") ? chooseCuts(subject, saliency) : [];
  if (saliency && cuts.length === 0) left.push(nothingSalient(saliency));
  const local = localDesign(study, endsOfModel(subject));
  const ready: Prepared[] =
    isTried(study, "LC") && keepsTo(subject.mayRun, local) ? [prepareLocal(subject, baseline)] : [];
  if (scenarios.includes("RC")) {
    const remote = await stage("baselines (LC, RC)", async (context) => {
      const value: Prepared[] = [];
      let cached = true;
      for (const input of inputs) {
        for (const design of kept(subject, remoteDesigns(study, endsOfModel(subject), input))) {
          const one = await prepareRemote(subject, design, input, baseline, context);
          value.push(one.value);
          cached &&= one.cached;
          context.update(one.value.name);
        }
      }
      return { value, cached };
    });
    ready.push(...remote);
  }
  for (const cut of cuts) {
    if (plain) ready.push(...(await prepareCut(subject, cut, undefined, stage)));
    for (const options of bottlenecks) {
      const bottleneck = `the bottleneck ${bottleneckName(options)} at "${cutName(cut)}"`;
      if (cut.length > 1) {
        left.push(`${bottleneck} is left out: it is made for one tensor, and ${cut.length} tensors cross there`);
        continue;
      }
      try {
        // What the tensor's shape forbids is told before its features are computed.
        planAt(subject.inspection, cut[0]!, options);
        ready.push(...(await prepareCut(subject, cut, options, stage)));
      } catch (error) {
        if (!(error instanceof InputError) || error.code !== "ERR_BOTTLENECK") throw error;
        left.push(`${bottleneck} is left out: ${error.message}`);
      }
    }
  }
  for (const row of plain ? rowsOf(subject, cuts) : [])
    ready.push(...(await stage(`split at ${rowText(row)}`, (context) => prepareRow(subject, row, baseline, context))));
  return { ready, cuts, left, ...(saliency && { saliency }) };
}

/** Every design at a cut, with a bottleneck or without. */
function prepareCut(
  subject: Subject,
  cut: Cut,
  options: BottleneckOptions | undefined,
  stage: RunsStage,
): Promise<Prepared[]> {
  const name = cutName(cut);
  if (kept(subject, designsAtCut(subject.study, endsOfModel(subject), cut, options)).length === 0)
    return Promise.resolve([]);
  const title = options ? `bottleneck ${bottleneckName(options)} at ${name}` : `split at ${name}`;
  return stage(title, async (context) => {
    const { value: pieces, cached } = await makePieces(subject, [cut], options, context);
    const value: Prepared[] = [];
    const searches = subject.study.explore.search === true && searchProblem(subject) === undefined;
    const found = searches ? await runStage(codecSearchStage, { subject, pieces }, context) : undefined;
    const all = designsAtCut(subject.study, endsOfModel(subject), cut, options, found?.value.least);
    for (const design of kept(subject, all)) value.push(await prepareSplit(subject, design, pieces, context));
    return { value, cached: cached && (found?.cached ?? true) };
  });
}

/** A share of the optimum that timing hardly tells apart: a cut that is better by less needs no design of its own. */
const worthTrying = 0.01;

/** Seconds by which sums of compute times may be off: no part of the model is less sure than the whole on every host. */
function unsureSeconds(costs: CostTable, hosts: readonly string[]): number {
  return hosts.reduce((sum, host) => {
    const { lo, hi } = costs.of(host, wholeWork);
    return sum + (hi - lo) / 2;
  }, 0);
}

/** Whether the optimum is a split that no design tries, nor one as good within what timing tells apart. */
function addsDesign({ best, value, placements, unsure = 0 }: Optimum, ready: readonly Prepared[]): boolean {
  const tried = new Set(ready.map(({ name }) => name));
  const rivals = placements.filter((one) => one.over <= Math.max(worthTrying * value, unsure));
  return best.kind === "SC" && !rivals.some((one) => tried.has(placementName(one)));
}

/** Where no cut is tried at all, the best there is, so that a split stands beside the others; undefined where none has room. */
function bestSplit({ placements }: Optimum, tried: readonly Cut[]): string | undefined {
  if (tried.length > 0) return undefined;
  const splits = placements.filter(({ kind }) => kind === "SC").toSorted((a, b) => a.seconds - b.seconds);
  return splits[0]?.cut;
}

/** Every design at every loss rate; the link's own first. */
async function evaluateAll(
  grounds: Grounds,
  ready: readonly Prepared[],
  baseline: readonly Evidence[],
  context: Context,
): Promise<Kept<{ loss: number; designs: (Evaluated & Candidate)[] }[]>> {
  const { study } = grounds.subject;
  const own = uplinkOf(study).link.loss.rate;
  const candidates = ready.flatMap((prepared): Candidate[] =>
    waysToSend(study, prepared.design)
      .filter((transport) => transport?.kind !== "udp" || !grounds.subject.test.stream)
      .map((transport) => ({ prepared, transport })),
  );
  const value: { loss: number; designs: (Evaluated & Candidate)[] }[] = [];
  let cached = true;
  for (const loss of [own, ...study.explore.losses.filter((loss) => loss !== own)]) {
    const designs: (Evaluated & Candidate)[] = [];
    for await (const one of evaluate(grounds, candidates, { study, loss, baseline }, context)) {
      designs.push({ ...one.value, ...candidates[designs.length]! });
      cached &&= one.cached;
      context.update(`loss ${100 * loss} %, ${one.value.result.id}`);
    }
    value.push({ loss, designs });
  }
  return { value, cached };
}
