/** @file Every design of a study made ready, the work of which others may do ahead. */
import { planAt } from "@split-et-impera/core/bottleneck";
import {
  bottleneckName,
  cutName,
  designsAtCut,
  isTried,
  localDesign,
  routesTried,
  type Cut,
  type PrunedResult,
  type SaliencyResult,
} from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import type { Evidence } from "@split-et-impera/core/task";
import { digest } from "../../store/index.ts";
import { keepsTo, streamNotes, withoutSaliency } from "../check/index.ts";
import type { Context, Kept, Outcome } from "../context.ts";
import { runStage } from "../run-stage.ts";
import type { About } from "./about.ts";
import { searchProblem } from "./codec-search.ts";
import { exitCuts } from "./early.ts";
import { prepareJob, saliencyJob } from "./jobs.ts";
import type { Journey, RunsStage } from "./journey.ts";
import type { Prepared } from "./prepared.ts";
import { prepare, recipeTitle, type Recipe } from "./recipe.ts";
import { chooseCuts, nothingSalient, saliencyStage } from "./saliency.ts";
import { rowsOf } from "./rows.ts";
import { endsOfModel, kept, type Subject } from "./subject.ts";
import { prepareLocal } from "./whole.ts";

export interface AllPrepared {
  ready: Prepared[];
  cuts: Cut[];
  left: string[];
  /** Designs that left a race. */
  out: PrunedResult[];
  saliency?: SaliencyResult;
  /** What became of a recipe whose work was to be done ahead. */
  done(recipe: Recipe): Outcome | undefined;
}

/** Every design of the study made ready, at the cuts that are worth it. */
export async function prepareAll(
  subject: Subject,
  about: About,
  baseline: readonly Evidence[],
  { stage, ahead }: Journey,
): Promise<AllPrepared> {
  const { study } = subject;
  const left: string[] = streamNotes(study, subject.test);
  const { scenarios, candidates, inputs } = study.explore;
  const unsearched = study.explore.search && searchProblem(subject);
  if (unsearched) left.push(`the search for codecs is left out: ${unsearched}`);
  if (routesTried(study).bounded)
    left.push(
      "there are more simple paths from the capturing host than are looked at: of the longest ones some are left out",
    );
  const outcomes = new Map<string, Outcome>();
  const done = (recipe: Recipe): Outcome | undefined => outcomes.get(digest(recipe));
  const prepareAhead = async (title: string, recipes: readonly Recipe[]): Promise<void> => {
    const asked = recipes.map((recipe) => ({ about, recipe }));
    (await ahead(title, prepareJob, asked)).forEach((one, i) => outcomes.set(digest(recipes[i]), one));
  };
  const remote = scenarios.includes("RC") ? inputs.map((input): Recipe => ({ kind: "remote", input })) : [];
  const wanted = scenarios.includes("SC") && candidates.from === "saliency";
  const [[salient]] = await Promise.all([
    wanted ? ahead("saliency ahead", saliencyJob, [{ about }]) : [],
    prepareAhead("baselines ahead", remote),
  ]);
  const saliency = wanted ? await saliencyOf(subject, salient, left, stage) : undefined;
  const cuts = scenarios.includes("SC") ? chooseCuts(subject, saliency) : [];
  if (saliency && cuts.length === 0) left.push(nothingSalient(saliency));
  const local = localDesign(study, endsOfModel(subject));
  const ready: Prepared[] =
    isTried(study, "LC") && keepsTo(subject.mayRun, local) ? [prepareLocal(subject, baseline)] : [];
  if (scenarios.includes("RC")) {
    const sent = await stage("baselines (LC, RC)", async (context) => {
      const value: Prepared[] = [];
      let cached = true;
      for (const recipe of remote) {
        const outcome = done(recipe);
        if (outcome?.state === "failed") {
          left.push(leftOut(recipe, outcome));
          continue;
        }
        const found = await prepare(subject, recipe, baseline, context);
        value.push(...found.value.left);
        cached &&= found.cached && (outcome?.state !== "done" || outcome.cached);
        context.update(recipeTitle(recipe));
      }
      return { value, cached };
    });
    ready.push(...sent);
  }
  const out: PrunedResult[] = [];
  const rows = study.explore.plain ? rowsOf(subject, cuts) : [];
  const recipes: Recipe[] = [...recipesAt(subject, cuts, left), ...rows.map((row) => ({ kind: "row" as const, row }))];
  const exits = exitCuts(subject, cuts).map((cut): Recipe => ({ kind: "exit", cut }));
  await prepareAhead("designs ahead", [...recipes, ...exits]);
  for (const recipe of recipes) {
    const outcome = done(recipe);
    if (outcome?.state === "failed") {
      left.push(leftOut(recipe, outcome));
      continue;
    }
    try {
      const work = (context: Context) => prepare(subject, recipe, baseline, context);
      const found = await stage(recipeTitle(recipe), work, outcome);
      ready.push(...found.left);
      out.push(...found.out);
    } catch (error) {
      if (!(error instanceof InputError) || error.code !== "ERR_BOTTLENECK") throw error;
      left.push(`the ${recipe.kind === "cut" ? quoted(recipe) : recipeTitle(recipe)} is left out: ${error.message}`);
    }
  }
  return { ready, cuts, left, out, done, ...(saliency && { saliency }) };
}

/** As messages name what stands at a cut. */
const quoted = (recipe: CutRecipe): string =>
  `bottleneck ${bottleneckName(recipe.bottleneck!)} at "${cutName(recipe.cut)}"`;

const leftOut = (recipe: Recipe, { why }: Extract<Outcome, { state: "failed" }>): string =>
  `the ${recipeTitle(recipe)} is left out: ${why}`;

/** The curve; undefined, and why, where the model has none. */
async function saliencyOf(
  subject: Subject,
  ahead: Outcome | undefined,
  left: string[],
  stage: RunsStage,
): Promise<SaliencyResult | undefined> {
  if (ahead?.state === "failed") {
    left.push(`saliency is left out: ${ahead.why}`);
    return undefined;
  }
  const work = (context: Context): Promise<Kept<SaliencyResult | undefined>> =>
    runStage(saliencyStage, subject, context).catch((error: unknown): Kept<undefined> => {
      left.push(withoutSaliency(error));
      return { value: undefined, cached: false };
    });
  return stage("saliency", work, ahead);
}

type CutRecipe = Extract<Recipe, { kind: "cut" }>;

/** What there is to be made at these cuts; what the shape of a tensor forbids is told before its features are computed. */
function recipesAt(subject: Subject, cuts: readonly Cut[], left: string[]): CutRecipe[] {
  const { study, inspection } = subject;
  const { plain, bottlenecks } = study.explore;
  const isKept = ({ cut, bottleneck }: CutRecipe): boolean =>
    kept(subject, designsAtCut(study, endsOfModel(subject), cut, bottleneck)).length > 0;
  return cuts.flatMap((cut): CutRecipe[] => {
    const trained = bottlenecks.flatMap((bottleneck): CutRecipe[] => {
      const recipe: CutRecipe = { kind: "cut", cut, bottleneck };
      if (cut.length > 1) {
        left.push(
          `the ${quoted(recipe)} is left out: it is made for one tensor, and ${cut.length} tensors cross there`,
        );
        return [];
      }
      try {
        planAt(inspection, cut[0]!, bottleneck);
        return [recipe];
      } catch (error) {
        if (!(error instanceof InputError) || error.code !== "ERR_BOTTLENECK") throw error;
        left.push(`the ${quoted(recipe)} is left out: ${error.message}`);
        return [];
      }
    });
    return [...(plain ? [{ kind: "cut" as const, cut }] : []), ...trained].filter(isKept);
  });
}
