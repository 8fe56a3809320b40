/** @file Designs that cross more than once: the model in several pieces, or sent on to a host that runs the first of them. */
import {
  cutName,
  designsAt,
  designsAtCuts,
  isTried,
  relayedDesigns,
  routesTried,
  type Cut,
  type Design,
  type PlacementName,
} from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import { planSegments, type Inspection } from "@split-et-impera/core/onnx";
import { isPictureInput, type RemoteInput } from "@split-et-impera/core/study";
import type { Evidence } from "@split-et-impera/core/task";
import type { Context, Kept } from "../context.ts";
import { makePieces } from "./pieces.ts";
import type { Prepared, SentCapture } from "./prepared.ts";
import { heated, races, started, type Field } from "./race.ts";
import { tensorCapture } from "./remote-tensor.ts";
import { prepareSplit } from "./split-design.ts";
import { endsOfModel, kept, type Subject } from "./subject.ts";
import { pictureCapture } from "./whole.ts";

/** Cuts that are made at once, and the inputs that are sent before them; undefined: the capturing host runs the first piece. */
export interface Row {
  cuts: readonly Cut[];
  input?: RemoteInput;
}

/** Every row of cuts that crosses twice or more often, as far as the study's hosts and `explore.cuts` have room for it. */
export function rowsOf(subject: Subject, cuts: readonly Cut[]): Row[] {
  const { study, inspection } = subject;
  const most = Math.max(...routesTried(study).routes.map(({ links }) => links.length));
  const lists = inRow(cuts, most, inspection);
  const split = isTried(study, "SC") ? lists.filter(({ length }) => length > 1) : [];
  // What is sent before a head is RC, and what follows SC.
  const { scenarios, inputs } = study.explore;
  const both = scenarios.includes("RC") && scenarios.includes("SC");
  const relayed = both ? lists.filter(({ length }) => length < most) : [];
  return [
    ...split.map((one) => ({ cuts: one })),
    ...relayed.flatMap((one) => inputs.map((input) => ({ cuts: one, input }))),
  ].filter((row) => designsOf(subject, row).length > 0);
}

/** Lists of up to so many cuts, each behind the one before it. */
function inRow(cuts: readonly Cut[], most: number, { index, state }: Inspection): Cut[][] {
  const follows = (list: readonly Cut[]): boolean => {
    try {
      planSegments(index, list, state);
      return true;
    } catch (error) {
      if (error instanceof InputError) return false;
      throw error;
    }
  };
  let longest: { list: Cut[]; last: number }[] = [{ list: [], last: -1 }];
  const all: Cut[][] = [];
  for (let length = 1; length <= most; length++) {
    longest = longest.flatMap(({ list, last }) =>
      cuts.flatMap((cut, i) => (i > last && follows([...list, cut]) ? [{ list: [...list, cut], last: i }] : [])),
    );
    all.push(...longest.map(({ list }) => list));
  }
  return all;
}

/** `pool1 and pool3`, `jpeg 90, then pool1`. */
export function rowText({ cuts, input }: Row): string {
  const names = cuts.map(cutName).join(" and ");
  return input ? `${[input.format, input.quality].filter(Boolean).join(" ")}, then ${names}` : names;
}

/** Those that keep what must stay. */
function designsOf(subject: Subject, { cuts, input }: Row): Design[] {
  const { study } = subject;
  const ends = endsOfModel(subject);
  return kept(subject, input ? relayedDesigns(study, ends, input, cuts) : designsAtCuts(study, ends, cuts));
}

/**
 * Every design of a row.
 * @param only those of this placement, though the study itself tries no such cuts
 */
export async function prepareRow(
  subject: Subject,
  row: Row,
  baseline: readonly Evidence[],
  context: Context,
  only?: PlacementName,
): Promise<Kept<Field<Prepared>>> {
  const { cuts, input } = row;
  const crossings = cuts.length + (input ? 1 : 0);
  const { study } = subject;
  const wide = { ...subject, study: { ...study, explore: { ...study.explore, cuts: crossings } } };
  const designs = only ? designsAt(only, designsOf(wide, row)) : designsOf(subject, row);
  const pieces = await makePieces(subject, cuts, undefined, context);
  const value: Field<Prepared> = { left: [], out: [] };
  for (const design of designs) {
    const capture = input && (await captureOf(subject, design, input, baseline, context)).value;
    if (races(subject)) {
      const start = started(subject, [design], pieces.value, capture);
      const heat = await heated(subject, start.left, pieces.value, baseline, context, capture);
      value.out.push(...start.out, ...heat.out);
      if (heat.left.length === 0) continue;
    }
    value.left.push(await prepareSplit(subject, design, pieces.value, context, capture));
    context.update(value.left.at(-1)!.name);
  }
  return { value, cached: pieces.cached };
}

const captureOf = (
  subject: Subject,
  design: Parameters<typeof tensorCapture>[1],
  input: RemoteInput,
  baseline: readonly Evidence[],
  context: Context,
): Promise<Kept<SentCapture>> =>
  isPictureInput(input)
    ? pictureCapture(subject, design, input, baseline, context)
    : tensorCapture(subject, design, baseline, context);
