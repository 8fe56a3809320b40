/** @file What has been changed: in the URL, as a study, and as changes of the study's text. */
import type { Result } from "@split-et-impera/core/design";
import { uplinkOf, type Study } from "@split-et-impera/core/study";
import { parseProtection } from "@split-et-impera/core/wire";
import type { Circumstances } from "../../simulation/messages.ts";
import type { Quantity } from "./quantities.ts";
import type { StudyChange } from "../../../messages.ts";

/** By the quantity's key; those that are as in the study are absent. */
export type Changes = Readonly<Record<string, number>>;

export interface WhatIfState {
  changes: Changes;
  /** As a study writes it; absent: as in the study. */
  protection?: string;
  /** The only one in which tensors are sent, of those that the study tried; absent: any of them. */
  codec?: string;
}

/** @param query of the URL; what it says that cannot be is passed over */
export function stateIn(
  query: URLSearchParams,
  quantities: readonly Quantity[],
  codecs: readonly string[],
): WhatIfState {
  const changes: Record<string, number> = {};
  for (const { key, own, range } of quantities) {
    const text = query.get(key);
    const value = Number(text);
    if (text === null || !Number.isFinite(value) || value === own) continue;
    if (value >= range[0] * 0.999 && value <= range[1] * 1.001) changes[key] = value;
  }
  const protection = query.get("protection");
  const known = protection !== null && typeof parseProtection(protection, { rate: 0.01, burst: 1 }) !== "string";
  const codec = codecs.find((one) => one === query.get("codec"));
  return { changes, ...(known && { protection }), ...(codec !== undefined && { codec }) };
}

export function circumstancesOf(
  { study }: Pick<Result, "study">,
  quantities: readonly Quantity[],
  { changes, protection }: WhatIfState,
): Circumstances {
  const changed = quantities.reduce<Study>(
    (of, one) => (changes[one.key] === undefined ? of : one.apply(of, changes[one.key]!)),
    study,
  );
  const spec = protection === undefined ? undefined : parseProtection(protection, uplinkOf(changed).link.loss);
  return { study: changed, ...(spec !== undefined && typeof spec !== "string" && { protection: spec }) };
}

export function studyChanges(
  { study }: Pick<Result, "study">,
  quantities: readonly Quantity[],
  { changes, protection, codec }: WhatIfState,
): StudyChange[] {
  const after = circumstancesOf({ study }, quantities, { changes }).study;
  const all = quantities.flatMap((one) => {
    const value = changes[one.key];
    return value === undefined ? [] : [one.change(value, after)];
  });
  if (protection !== undefined) all.push({ path: ["explore", "protections"], value: [protection] });
  if (codec !== undefined) all.push({ path: ["explore", "codecs"], value: [codec] });
  // Loss and burst are one field.
  return [...new Map(all.map((one) => [JSON.stringify(one.path), one])).values()];
}
