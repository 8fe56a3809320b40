/** @file What the page and its workers say to each other. */
import type { DesignResult, Result, Verdict, WhatIfDesign, WhatIfOptions } from "@split-et-impera/core/design";
import type { Study } from "@split-et-impera/core/study";

/** Circumstances to simulate under. */
export interface Circumstances extends WhatIfOptions {
  study: Study;
}

export type Order =
  /** The result that all later orders are about. */
  | { kind: "open"; result: Result }
  /** New circumstances, by a number of their own. */
  | { kind: "circumstances"; number: number; circumstances: Circumstances }
  | { kind: "design"; number: number; ticket: number; id: string }
  | { kind: "verdict"; number: number; ticket: number; designs: DesignResult[] };

export type Reply = { ticket: number } & (
  | { kind: "design"; design: WhatIfDesign }
  | { kind: "verdict"; verdict: Verdict }
  | { kind: "failed"; why: string }
);
