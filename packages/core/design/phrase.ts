/**
 * @file What a verdict or an explanation says, as data: kinds of statements with the names and numbers in them. The page
 * and the terminal put them into words, in one place (charts/phrases).
 */
import type { Objective, Requirement } from "../study/index.ts";
import type { DesignOverload, PlacementName } from "./result.ts";

/** A number of a design by a metric, with the requirement's statistic or host. */
export interface Figure extends Pick<Requirement, "metric" | "statistic" | "host"> {
  value: number;
}

/** Seconds that a simulated design takes beside what is added up. */
export interface AddedTime {
  coding: number;
  waiting: number;
  /** TCP's start and windows, headers, losses. */
  sending: number;
}

/** What would tell: more images, more frames, or surer compute times. */
export type Deciding = "images" | "frames" | "times";

export type Phrase =
  /** There is nothing to choose from. */
  | { kind: "nothing" }
  /** Do as this design says. */
  | { kind: "choose"; design: string }
  /** No design meets everything; this one comes nearest. */
  | { kind: "nearest"; design: string }
  /** None is sure to meet everything; of this one it is said what would tell. */
  | { kind: "unsure"; design: string; decides: Deciding[] }
  /** A figure of the design, with what was asked where something was. */
  | ({ kind: "figure"; bound?: number } & Figure)
  | { kind: "unanswered"; frames: number }
  | ({ kind: "overloaded" } & DesignOverload)
  /** It would fit with this in the place of a requirement; the bound is a requirement again. */
  | { kind: "relax"; requirement: string; to: string }
  | ({ kind: "misses"; requirement: string; bound: number } & Figure)
  | ({ kind: "undecided"; requirement: string; lo: number; hi: number } & Figure)
  /** Worse than the other by an objective, beyond the noise. */
  | { kind: "worse"; aim: Objective[number]; value: number; than: number }
  /** Not to be told apart by objectives: value of this, value of the other. */
  | { kind: "even"; aim: Objective[number]; value: number; than: number }
  /** Nothing tells the two apart. */
  | { kind: "tie" }
  /** Of placements that were added up: the best of so many, and its seconds. */
  | { kind: "best-placement"; of: number; placement: PlacementName; host: string; seconds: number }
  /** The best is one of the study's own candidates, or the best candidate gives up some seconds (no more than `unsure` may be noise); none has room. */
  | { kind: "candidate" }
  | { kind: "gives-up"; placement: PlacementName; seconds: number; share: number; unsure?: number }
  | { kind: "no-candidate" }
  /** The study names no candidates, and saliency proposes none. */
  | { kind: "none-tried" }
  /** Medians of the same placements, simulated; where their order is another one, what the simulation adds to each. */
  | { kind: "simulated"; medians: number[]; added?: AddedTime[] }
  /** The quickest of the designs that adding up knows nothing of, since they have a bottleneck. */
  | { kind: "beyond"; design: string; median: number };
