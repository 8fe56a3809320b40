/** @file The work of a study that any process can do: saliency, designs made ready, designs evaluated. */
import { basisName, type TransportSpec } from "@split-et-impera/core/design";
import type { Costs, HostSpeed } from "@split-et-impera/core/cost";
import { uplinkOf, withUplink, type Study } from "@split-et-impera/core/study";
import type { Context, Job, Outcome } from "../context.ts";
import { digest, type Key } from "../../store/index.ts";
import { keep, keyOf, recall, runStage } from "../run-stage.ts";
import { baselineOf, subjectOf, type About } from "./about.ts";
import { evaluate, groundsOf, type Candidate, type Grounds } from "./evaluate.ts";
import { evaluateSchema, prepareSchema, saliencySchema } from "./job-schemas.ts";
import { prepare, recipeTitle, type Recipe } from "./recipe.ts";
import { saliencyStage } from "./saliency.ts";

export const saliencyJob: Job<{ about: About }> = {
  name: "saliency-of",
  version: 1,
  schema: saliencySchema,
  title: () => "saliency",
  async run({ about }, context) {
    return runStage(saliencyStage, await subjectOf(about, context), context);
  },
};

interface PrepareInput {
  about: About;
  recipe: Recipe;
}

export const prepareJob: Job<PrepareInput> = {
  name: "prepare",
  version: 1,
  schema: prepareSchema,
  title: ({ recipe }) => recipeTitle(recipe),
  async run({ about, recipe }, context) {
    const subject = await subjectOf(about, context);
    return prepare(subject, recipe, await baselineOf(subject, context), context);
  },
};

/** The study's own link, or one of another rate, at a loss; `asked` as in `Circumstances`. */
export interface Cell {
  rate?: number;
  loss: number;
  asked?: true;
}

interface EvaluateInput {
  about: About;
  recipe: Recipe;
  /** Which of the recipe's designs. */
  name: string;
  transport?: TransportSpec;
  /** Digest of the costs, which lie in the store. */
  grounds: string;
  cells: Cell[];
}

export const candidateName = ({ name, transport }: Pick<EvaluateInput, "name" | "transport">): string =>
  [name, transport?.kind].filter(Boolean).join(" ");

export const evaluateJob: Job<EvaluateInput> = {
  name: "evaluate",
  version: 1,
  schema: evaluateSchema,
  title: candidateName,
  async run({ about, recipe, name, transport, cells, ...input }, context) {
    const subject = await subjectOf(about, context);
    const found = await recall<[Record<string, HostSpeed>, Costs, Uint32Array]>(
      pricesKey(input.grounds, context),
      context,
    );
    if (!found) throw new Error("the costs that designs are evaluated with are not in the store");
    const baseline = await baselineOf(subject, context);
    const { value } = await prepare(subject, recipe, baseline, context);
    const prepared = value.left.find((one) => basisName(one.design) === name);
    if (!prepared) throw new Error(`there is no design ${name}`);
    const grounds = groundsOf(subject, ...found);
    let cached = true;
    for (const { rate, loss, asked } of cells) {
      const study = atRate(subject.study, rate);
      const circumstances = { study, loss, baseline, ...(asked && { asked }) };
      for await (const one of evaluate(grounds, [{ prepared, transport }], circumstances, context))
        cached &&= one.cached;
    }
    return { cached };
  },
};

/** The study over a link of another rate; itself where that is its own. */
export const atRate = (study: Study, rate: number | undefined): Study =>
  rate === undefined || rate === uplinkOf(study).link.rate ? study : withUplink(study, () => ({ rate }));

/** Every job that there is, by name: what workers know. */
export const designJobs = Object.fromEntries(
  [saliencyJob, prepareJob, evaluateJob].map((job) => [job.name, job as Job<unknown>]),
);

const pricesKey = (of: string, context: Pick<Context, "engine">): Key =>
  keyOf({ name: "prices", version: 1 }, of, context);

/** Has designs evaluated ahead, each in its cells; outcomes in the order of the candidates. */
export async function evaluateAhead(
  about: About,
  { prices, answers }: Grounds,
  asked: readonly { candidate: Candidate; cells: Cell[] }[],
  context: Context,
): Promise<Outcome[]> {
  if (!context.jobs.apart) return asked.map(() => ({ state: "here" }));
  const value = [...(prices as [unknown, unknown]), answers];
  const grounds = digest(value);
  await keep(pricesKey(grounds, context), value, context);
  const outcomes: Outcome[] = asked.map(() => ({ state: "here" }));
  const sent = asked.flatMap(({ candidate: { prepared, transport }, cells }, i) => {
    const { recipe, design } = prepared;
    const name = basisName(design);
    // What nothing has to be asked for is done before a process has heard of it.
    if (!recipe || cells.length === 0) return [];
    return [{ i, input: { about, recipe, name, grounds, cells, ...(transport && { transport }) } }];
  });
  const found = await context.jobs.ahead(
    evaluateJob,
    sent.map(({ input }) => input),
    context,
  );
  found.forEach((outcome, k) => (outcomes[sent[k]!.i] = outcome));
  return outcomes;
}
