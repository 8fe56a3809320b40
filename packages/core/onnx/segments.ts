/** @file Cutting a model at sets of tensors, in one place or several: a model per segment. */
import { InputError } from "../errors/index.ts";
import type { Cut } from "./cuts.ts";
import { extractModel } from "./extract.ts";
import type { Declared } from "./feeds.ts";
import { planSegments, type Plan } from "./plan.ts";
import { valueInfo, type ModelProto, type ValueInfoProto } from "./proto.ts";
import type { Survey } from "./survey.ts";

export interface Segments {
  plan: Plan;
  /** One per segment, in the order in which a frame passes them. */
  models: ModelProto[];
  /** Every tensor that is fed, crosses or is answered, as it is declared. */
  declared: Map<string, Declared>;
}

/** Cuts a model at sets of tensors; see `planSegments` for what is legal. Weights are shared with the model. */
export function splitSegments(survey: Survey, cuts: readonly Cut[]): Segments {
  const { model, index, seen, declared, opaque, state } = survey;
  const plan = planSegments(index, cuts, state);
  for (const name of plan.cuts.flat()) {
    if (seen.has(name)) continue;
    throw new InputError(
      "ERR_CUT_TYPE",
      `"${name}" is ${opaque.get(name) ?? "no tensor"} and cannot cross; cut elsewhere`,
    );
  }
  const own = new Map<string, ValueInfoProto>(
    [...model.graph!.input, ...model.graph!.output].map((info) => [info.name, info]),
  );
  const infos = (names: readonly string[]): ValueInfoProto[] =>
    names.map((name) => {
      const known = own.get(name);
      if (known?.type) return known;
      const { type, dims, anyRank } = declared.get(name)!;
      return valueInfo(name, type, anyRank ? undefined : dims);
    });
  const models = plan.segments.map(({ inputs, outputs }) => extractModel(model, infos(inputs), infos(outputs), index));
  const moving = plan.tensors.flatMap(({ name }) => declared.get(name) ?? []);
  return { plan, models, declared: new Map(moving.map((one) => [one.name, one])) };
}

/** Head and tail of a model cut at one tensor. */
export interface Split {
  tensor: string;
  head: ModelProto;
  tail: ModelProto;
}

/** `splitSegments` at one cut of one tensor. */
export function headAndTail(survey: Survey, tensor: string): Split {
  const [head, tail] = splitSegments(survey, [[tensor]]).models;
  return { tensor, head: head!, tail: tail! };
}
