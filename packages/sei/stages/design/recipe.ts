/** @file What designs are made of, as plain data: enough to make them ready again, in any process that has the study's files. */
import {
  bottleneckName,
  cutName,
  designsAtCut,
  inputName,
  remoteDesigns,
  type Cut,
  type Design,
  type PlacementName,
} from "@split-et-impera/core/design";
import type { BottleneckOptions, RemoteInput } from "@split-et-impera/core/study";
import type { Evidence } from "@split-et-impera/core/task";
import { exitAt } from "../check/index.ts";
import type { Context, Kept } from "../context.ts";
import { runStage } from "../run-stage.ts";
import { codecSearchStage, searchProblem, type CodecSearch } from "./codec-search.ts";
import { prepareExits } from "./exit-design.ts";
import { makeExit, type ReadyExit } from "./exits.ts";
import { makePieces, untrainedPieces } from "./pieces.ts";
import type { Prepared } from "./prepared.ts";
import { heated, races, started, type Field } from "./race.ts";
import { prepareSplit } from "./split-design.ts";
import { prepareRow, rowText, type Row } from "./rows.ts";
import { endsOfModel, kept, type Subject } from "./subject.ts";
import { prepareLocal, prepareRemote } from "./whole.ts";

export type Recipe =
  /** LC; RC with an input. */
  | { kind: "local" }
  | { kind: "remote"; input: RemoteInput }
  /** SC at a cut, with a bottleneck or without. */
  | { kind: "cut"; cut: Cut; bottleneck?: BottleneckOptions }
  /** SC over hosts in a row; of all of it one placement alone, whatever the study tries of itself. */
  | { kind: "row"; row: Row; only?: PlacementName }
  /** EE: an exit at a cut. */
  | { kind: "exit"; cut: Cut };

/** That of a placement's designs over some of the priced cuts. */
export function recipeOf({ study }: Pick<Subject, "study">, placement: PlacementName, priced: readonly Cut[]): Recipe {
  const cuts = placement.cut!.split(" + ").map((name) => priced.find((one) => cutName(one) === name)!);
  if (!placement.hosts) return { kind: "cut", cut: cuts[0]! };
  const input = study.explore.inputs.find((one) => inputName(one) === placement.input);
  return { kind: "row", row: { cuts, ...(input && { input }) }, only: placement };
}

/** What making its designs ready is called. */
export function recipeTitle(recipe: Recipe): string {
  if (recipe.kind === "local") return "LC";
  if (recipe.kind === "remote") return `RC ${recipe.input.format}`;
  if (recipe.kind === "row") return `split at ${rowText(recipe.row)}`;
  const at = cutName(recipe.cut);
  if (recipe.kind === "exit") return `exit at ${at}`;
  return recipe.bottleneck ? `bottleneck ${bottleneckName(recipe.bottleneck)} at ${at}` : `split at ${at}`;
}

/** Every design of a recipe made ready: what it takes to train is trained, or comes from the store; and those that left a race. */
export async function prepare(
  subject: Subject,
  recipe: Recipe,
  baseline: readonly Evidence[],
  context: Context,
): Promise<Kept<Field<Prepared>>> {
  const { value, cached } = await made(subject, recipe, baseline, context);
  return { value: { ...value, left: value.left.map((one) => ({ ...one, recipe })) }, cached };
}

async function made(
  subject: Subject,
  recipe: Recipe,
  baseline: readonly Evidence[],
  context: Context,
): Promise<Kept<Field<Prepared>>> {
  const all = (left: Prepared[]): Field<Prepared> => ({ left, out: [] });
  if (recipe.kind === "local") return { value: all([prepareLocal(subject, baseline)]), cached: true };
  if (recipe.kind === "cut") return atCut(subject, recipe, baseline, context);
  if (recipe.kind === "row") return prepareRow(subject, recipe.row, baseline, context, recipe.only);
  if (recipe.kind === "exit") {
    const found = await prepareExit(subject, recipe.cut, baseline, context);
    return { value: all(found?.value ?? []), cached: found?.cached ?? true };
  }
  const value: Prepared[] = [];
  let cached = true;
  for (const design of kept(subject, remoteDesigns(subject.study, endsOfModel(subject), recipe.input))) {
    const one = await prepareRemote(subject, design, recipe.input, baseline, context);
    value.push(one.value);
    cached &&= one.cached;
  }
  return { value: all(value), cached };
}

async function atCut(
  subject: Subject,
  { cut, bottleneck }: Extract<Recipe, { kind: "cut" }>,
  baseline: readonly Evidence[],
  context: Context,
): Promise<Kept<Field<Prepared>>> {
  const searches = subject.study.explore.search === true && searchProblem(subject) === undefined;
  const designs = (least?: CodecSearch["least"]): Design[] =>
    kept(subject, designsAtCut(subject.study, endsOfModel(subject), cut, bottleneck, least));
  // What a search finds sends as few bytes as nobody knows before.
  const start = races(subject) && !searches ? await atStart(subject, cut, bottleneck, designs(), context) : undefined;
  if (start?.left.length === 0) return { value: { left: [], out: start.out }, cached: false };
  const { value: pieces, cached } = await makePieces(subject, [cut], bottleneck, context);
  const found = searches ? await runStage(codecSearchStage, { subject, pieces }, context) : undefined;
  const running = start?.left ?? designs(found?.value.least);
  const heat = races(subject) ? await heated(subject, running, pieces, baseline, context) : undefined;
  const left: Prepared[] = [];
  for (const design of heat?.left ?? running) {
    const made = await prepareSplit(subject, design, pieces, context);
    const { bottleneck: small } = design.crossings[0]!;
    const search = found && { cut: cutName(cut), ...(small && { bottleneck: small }), ...found.value };
    left.push({ ...made, ...(search && { search }) });
  }
  const out = [...(start?.out ?? []), ...(heat?.out ?? [])];
  return { value: { left, out }, cached: cached && (found?.cached ?? true) };
}

/** Before anything is trained. */
async function atStart(
  subject: Subject,
  cut: Cut,
  bottleneck: BottleneckOptions | undefined,
  designs: readonly Design[],
  context: Context,
): Promise<Field<Design>> {
  const pieces = bottleneck
    ? await untrainedPieces(subject, cut, bottleneck, context)
    : (await makePieces(subject, [cut], undefined, context)).value;
  return started(subject, designs, pieces);
}

/** An exit at a cut with its designs; undefined where none can stand there. */
export async function prepareExit(
  subject: Subject,
  cut: Cut,
  baseline: readonly Evidence[],
  context: Context,
): Promise<(Kept<Prepared[]> & { exit: ReadyExit }) | undefined> {
  const planned = exitAt(subject.study, subject.inspection, subject.exam, cut[0]!);
  if ("why" in planned || cut.length > 1) return undefined;
  const { value: exit, cached } = await makeExit(subject, planned.plan, context);
  const pieces = await makePieces(subject, [cut], undefined, context);
  const designs = await prepareExits(subject, exit, pieces.value, baseline, context);
  const recipe: Recipe = { kind: "exit", cut };
  return {
    exit,
    value: designs.value.map((one) => ({ ...one, recipe })),
    cached: cached && pieces.cached && designs.cached,
  };
}
