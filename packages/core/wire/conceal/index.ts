/** @file The table of concealments. */
import { fillElements } from "../channels.ts";
import type { ConcealmentRow } from "./concealment.ts";
import { neighbours } from "./neighbours.ts";

const mean: ConcealmentRow = {
  means: "the channel's mean over training images",
  fill: (data, dims, lost, seen) => fillElements(data, dims, lost, { values: seen.mean, axis: seen.axis }),
};

const zero: ConcealmentRow = {
  means: "zero",
  fill: (data, dims, lost) => fillElements(data, dims, lost, { values: [0], axis: 0 }),
};

export const concealments = { neighbours, mean, zero } as const satisfies Record<string, ConcealmentRow>;
export type ConcealmentKind = keyof typeof concealments;

/** What stands in for a tensor's lost values where nobody says otherwise: it keeps most answers (docs/wire.md). */
export const usualConcealment: ConcealmentKind = "neighbours";
export type { ConcealmentRow } from "./concealment.ts";
