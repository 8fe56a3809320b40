/** @file A study from beginning to end. */
import type { Evidence } from "@split-et-impera/core/task";
import { internal } from "@split-et-impera/core/errors";
import type { Cost, CostTable, DoubtfulTimes, Profile } from "@split-et-impera/core/cost";
import { costTable, splitWork, wholeWork } from "@split-et-impera/core/cost";
import {
  cutName,
  designsAt,
  placementName,
  waysToSend,
  type Cut,
  type DesignResult,
  type PlacementName,
  type Result,
} from "@split-et-impera/core/design";
import type { Step } from "@split-et-impera/core/frames";
import { uplinkOf, type Study } from "@split-et-impera/core/study";
import { pooled } from "@split-et-impera/ort";
import { version } from "../../version.ts";
import type { Context, Kept } from "../context.ts";
import { checkExpected, checkJudged, type Exam } from "../answers/index.ts";
import { contextOf } from "../default-context.ts";
import { measuredDoubts, openProfiles, thisMachine } from "../measure/index.ts";
import { checkKept } from "../check/index.ts";
import { runStage } from "../run-stage.ts";
import { aboutOf, type About } from "./about.ts";
import { bestOf, resultOf } from "./assemble.ts";
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
import { headWorks, pricedCuts, pricedHosts, pricedModel, withAnswers, type PricedCuts } from "./heads.ts";
import { lossMapStage, type Known } from "./lossmap.ts";
import { solveOptimumOfMany } from "./optimum-hosts.ts";
import { solveOptimum, type Optimum, type PricedModel } from "./optimum.ts";
import { graphOf } from "./graph.ts";
import { prepareEarly } from "./early.ts";
import { candidateName, evaluateAhead, prepareJob } from "./jobs.ts";
import { journeyOf } from "./journey.ts";
import { basisOf } from "./basis.ts";
import { baselineDoubtsStage, baselineStage, type Prepared } from "./prepared.ts";
import { pruned as prunedOf } from "./prune.ts";
import { prepare, recipeOf, recipeTitle } from "./recipe.ts";
import { races, timed, withoutRace } from "./race.ts";
import { prepareAll } from "./ready.ts";
import { openSound, type Subject } from "./subject.ts";
import { costsHere, toTime, type TimedWork } from "./times.ts";
import { wholeTimed } from "./whole.ts";

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
  /** Whether the result tells what is recommended at other rates of the link too. Default true; what asks for designs alone leaves it out. */
  elsewhere?: boolean;
}

/**
 * Runs every stage of a study. What does not depend on what changed since an earlier run comes from the store.
 * @param options what is not given is what the command line uses, without progress
 * @throws InputError where model, data and study do not fit each other
 */
export async function runStudy(study: Study, options: RunOptions = {}): Promise<Run> {
  const run = await runOnce(study, options);
  if (run) return run;
  const all = (await runOnce(withoutRace(study), options))!;
  return { ...all, notes: [...all.notes, "no design that stayed in the race fits, so all were evaluated"] };
}

/** Undefined where a race left nothing that fits: then the nearest has to be found among all. */
async function runOnce(study: Study, options: RunOptions): Promise<Run | undefined> {
  const { onDoubts = () => undefined, elsewhere = true, ...parts } = options;
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
  const about = aboutOf(study, subject);
  const { ready, cuts, left, out, saliency, done } = await prepareAll(subject, about, baseline, journey);
  const early = await prepareEarly(subject, cuts, baseline, stage, (cut) => done({ kind: "exit", cut }));
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
  const timedTails = new Set(works.map(({ name }) => name));
  const parted = cuts.filter((cut) => timedTails.has(splitWork(cutName(cut), "").tail));
  const pieces = priced && pricedModel(withBuilt(answering, ready), priceOf, priced, cuts, parted);
  const solved = pieces && optimumOver(withBuilt(answering, ready), pieces, priced);
  const unsure = unsureSeconds(table, Object.keys(study.hosts));
  const optimum = solved ? { ...solved, ...(unsure > 0 && { unsure }) } : undefined;
  const best = optimum && (addsDesign(optimum, ready) ? optimum.best : bestSplit(optimum, cuts));
  const added = best !== undefined;
  if (added) {
    const recipe = recipeOf(subject, best, priced!.cuts);
    const [outcome] = await journey.ahead("the optimum's design", prepareJob, [{ about, recipe }]);
    const more = await stage(recipeTitle(recipe), (context) => prepare(subject, recipe, baseline, context), outcome);
    ready.push(...more.left);
    out.push(...more.out);
    const segments = more.left.flatMap(({ works }) => works);
    await time("time of the optimum's segments", [...segments, ...together(study, more.left, segments)]);
  }
  const grounds = groundsOf(subject, speeds, costs, answers);
  const candidates = candidatesOf(grounds, ready);
  // Two hosts have few designs, and a reader may ask for any of them.
  const many = subject.hosts.others.length > 1;
  const tried = many ? prunedOf(grounds, candidates) : { left: candidates, pruned: [] };
  const race = races(subject)
    ? await stage("first frames", () => Promise.resolve(fresh(timed(grounds, tried.left))))
    : { left: tried.left, out: [] };
  out.push(...race.out);
  if (out.length > 0 && race.left.length === 0) return undefined;
  const evaluated = await stage("simulation", (context) =>
    evaluateAll(about, grounds, race.left, baseline, left, context),
  );
  if (out.length > 0 && bestOf(subject, evaluated[0]!.designs) === undefined) return undefined;
  const lossMap = await stage("other rates and losses", (context) => {
    const designs = evaluated[0]!.designs.map((one, i): Known => ({
      ...one,
      at: new Map(evaluated.map(({ loss, designs }) => [loss, designs[i]!])),
    }));
    const losses = evaluated.map(({ loss }) => loss).sort((a, b) => a - b);
    const recommended = (found: readonly Evaluated[]) => bestOf(subject, found);
    return runStage(lossMapStage, { grounds, designs, losses, elsewhere, baseline, about, recommended }, context);
  });
  const { exits } = early;
  const found = {
    baseline,
    warnings,
    added,
    candidates: cuts.length,
    exits,
    ...(saliency && { saliency }),
    ...(optimum && { optimum }),
  };
  const result = resultOf({
    subject,
    found,
    evaluated,
    pruned: [...tried.pruned, ...out],
    lossMap,
    ...graphOf(subject.inspection, pieces),
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

const fresh = <T>(value: T): Kept<T> => ({ value, cached: false });

/** The optimum over all cuts and hosts. */
function optimumOver(subject: Subject, model: PricedModel, priced: PricedCuts): Optimum | undefined {
  if (subject.hosts.others.length === 1) return solveOptimum(model);
  return solveOptimumOfMany(model, pricedHosts(subject, priced));
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
  const names = new Set(ready.map(({ name }) => name));
  const designs = ready.map(({ design }) => design);
  const isTried = (one: PlacementName): boolean =>
    one.hosts ? designsAt(one, designs).length > 0 : names.has(placementName(one));
  const rivals = placements.filter((one) => one.over <= Math.max(worthTrying * value, unsure));
  return best.kind === "SC" && !rivals.some(isTried);
}

/** Where no cut is tried at all, the best there is, so that a split stands beside the others; undefined where none has room. */
function bestSplit({ placements }: Optimum, tried: readonly Cut[]): PlacementName | undefined {
  if (tried.length > 0) return undefined;
  const splits = placements.filter(({ kind }) => kind === "SC").toSorted((a, b) => a.seconds - b.seconds);
  return splits[0];
}

/** Every design over every transport. */
const candidatesOf = ({ subject: { study, test } }: Grounds, ready: readonly Prepared[]): Candidate[] =>
  ready.flatMap((prepared) =>
    waysToSend(study, prepared.design)
      .filter((transport) => transport?.kind !== "udp" || !test.stream)
      .map((transport) => ({ prepared, transport })),
  );

/** Every design at every loss rate; the link's own first. Designs whose evaluation failed for others are left out. */
async function evaluateAll(
  about: About,
  grounds: Grounds,
  all: readonly Candidate[],
  baseline: readonly Evidence[],
  left: string[],
  context: Context,
): Promise<Kept<{ loss: number; designs: (Evaluated & Candidate)[] }[]>> {
  const { study } = grounds.subject;
  const own = uplinkOf(study).link.loss.rate;
  const losses = [own, ...study.explore.losses.filter((loss) => loss !== own)];
  const cells = losses.map((loss) => ({ loss }));
  const outcomes = await evaluateAhead(
    about,
    grounds,
    all.map((candidate) => ({ candidate, cells })),
    context,
  );
  const candidates = all.filter(({ prepared, transport }, i) => {
    const outcome = outcomes[i]!;
    if (outcome.state !== "failed") return true;
    const name = candidateName({ name: prepared.name, ...(transport && { transport }) });
    left.push(`the design ${name} is left out: ${outcome.why}`);
    return false;
  });
  const value: { loss: number; designs: (Evaluated & Candidate)[] }[] = [];
  let cached = outcomes.every((one) => one.state !== "done" || one.cached);
  for (const loss of losses) {
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
