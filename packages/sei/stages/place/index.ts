/** @file Where the parts of a study's model run best, proved. */
import type { DoubtfulTimes, HostSpeed } from "@split-et-impera/core/cost";
import { indexGraph } from "@split-et-impera/core/onnx";
import type { Cost, Weights } from "@split-et-impera/core/placement";
import type { Study } from "@split-et-impera/core/study";
import { codecs, type CodecKind } from "@split-et-impera/core/wire";
import { measuredDoubts, openProfiles } from "../measure/index.ts";
import { forModel, openData } from "../../data/index.ts";
import { readStudyModel } from "../../model/index.ts";
import { captured, takeApart } from "./pieces.ts";
import { breakEvensOf, type BreakEvens } from "./change.ts";
import { measurePieces, pieceSeconds, withCall, type Measured } from "./measure.ts";
import { openHosts } from "./pins.ts";
import { checkCosts, checkRoom, problemOf, type StudyProblem } from "./problem.ts";
import { judge, latencyBound, type Judged } from "./requirements.ts";
import { solve, tradeOffs, type Solved, type TradeOff } from "./solve.ts";

export type { BreakEvens, Stretch } from "./change.ts";
export type { Judged } from "./requirements.ts";
export type { PlacedPart, TradeOff } from "./solve.ts";

/** What is to be least: the time between two frames, a cost, a weighed sum; or two or three costs traded off. */
export type Goal = { throughput: true } | { weights: Weights } | { pareto: Cost[] };

export interface PlaceOptions {
  goal: Goal;
  codec: CodecKind;
  /** Seconds to measure and to search at most. */
  seconds: number;
  /** Whether to say what would change the answer. */
  explain: boolean;
  signal: AbortSignal;
  update(status: string): void;
  /** Told what is doubtful in the hosts' profiles, before anything is measured, and then in all times; may throw. */
  onDoubts?(doubts: readonly DoubtfulTimes[]): void;
}

/** What was measured, and what a host's memory has room for where that is not all. */
export interface Grounds {
  room: Record<string, string>;
  /** Times that cannot be trusted. */
  doubts: DoubtfulTimes[];
  /** What is said of the hosts' profiles. */
  notes: string[];
  measured: Pick<Measured, "pieces" | "whole" | "sum" | "ratio" | "entry" | "error"> & {
    /** Kinds of operators whose work is not known, so that estimates leave it out. */
    uncounted: string[];
  };
}

export interface StudyPlacement extends Omit<Solved, "value" | "bound" | "gap">, Grounds {
  /** `name`: latency, throughput, energy, price, or the weighed sum as asked for. */
  objective: { name: string; unit: string; value: number; bound: number; gap: number };
  /** What the study requires, by adding up: without losses, queues and waiting, and without accuracy. */
  requirements: Judged[];
  breakEvens?: BreakEvens;
}

export interface StudyTradeOffs extends Grounds {
  pareto: TradeOff[];
  /** Units of the values. */
  units: Partial<Record<Cost, string>>;
  exact: boolean;
}

/** Measures a study's model on this machine and places it on the study's hosts at the proved optimum. */
export async function placeStudy(study: Study, options: PlaceOptions): Promise<StudyPlacement | StudyTradeOffs> {
  const { goal } = options;
  const asked = askedOf(goal);
  checkCosts(study.placing, asked);
  const { model, sha256, inputs: said } = await readStudyModel(study);
  // Data of several inputs there are none: what is captured is then as the model declares it.
  const { inputs, consumers } = indexGraph(model.graph!);
  const alone = inputs.filter((name) => consumers.has(name)).length === 1;
  const data = alone ? await openData(forModel(study.data, model), "test") : undefined;
  const row = data?.batch([0]).dims.slice(1);
  const { speeds: hosts, doubts: profiled, notes } = await openProfiles(study.hosts, sha256);
  options.onDoubts?.(profiled);
  const apart = await takeApart(model, { ...said, proposed: row });
  const open = openHosts(study.placing, apart, Object.keys(study.hosts));
  checkRoom(study, apart.pieces, apart.needs, open);
  const measured = await measurePieces(apart, options.seconds, options.update, options.signal);
  const doubts = [...profiled, ...measuredDoubts(hosts, measured.costs)];
  options.onDoubts?.(doubts);
  const perHost = <T>(value: (host: HostSpeed) => T): Record<string, T> =>
    Object.fromEntries(Object.entries(hosts).map(([name, host]) => [name, value(host)]));
  const problem = problemOf({
    study,
    pieces: measured.pieces,
    seconds: perHost((host) => pieceSeconds(host, measured)),
    entry: perHost((host) => withCall(host, measured.entry, measured.whole)),
    // Pictures are sent as their pixels, a byte for each; other data as what they are.
    inputBytes: captured(apart, data?.image && row),
    codec: codecs[options.codec].share,
    needs: apart.needs,
    open,
  });
  const { pieces, whole, sum, ratio, entry, error } = measured;
  const { uncounted } = apart;
  const grounds = {
    room: problem.room,
    doubts,
    notes: [...notes, ...apart.survey.troubles.map(({ message }) => message)],
    measured: { pieces, whole, sum, ratio, entry, uncounted, ...(error !== undefined && { error }) },
  };
  const units = unitsOf(study.placing?.currency);
  if ("pareto" in goal) {
    const { points, exact } = tradeOffs(problem, goal.pareto);
    return {
      pareto: points,
      units: Object.fromEntries(goal.pareto.map((cost) => [cost, units[cost]])),
      exact,
      ...grounds,
    };
  }
  return { ...solvedFor(study, problem, goal, options, units), ...grounds };
}

function solvedFor(
  study: Study,
  problem: StudyProblem,
  goal: Exclude<Goal, { pareto: Cost[] }>,
  { seconds, explain }: PlaceOptions,
  units: Record<Cost, string>,
): Omit<StudyPlacement, keyof Grounds> {
  const deadline = performance.now() + 1000 * seconds;
  const weights = "throughput" in goal ? undefined : goal.weights;
  const objective = weights ? { weights } : "throughput";
  const stop = (): boolean => performance.now() > deadline;
  // Where latency itself is to be least, the bound changes nothing.
  const timed = weights !== undefined && Object.keys(weights).join() === "latency";
  const within = weights && !timed ? latencyBound(study) : undefined;
  const solved = solve(problem, objective, { stop, explain, latency: within });
  const { value, bound, gap, assignment, messages, leastLatency, ...rest } = solved;
  return {
    objective: { ...nameOf(weights, units), value, bound, gap },
    ...rest,
    requirements: judge(study, problem, { assignment, messages }, timed ? bound / weights.latency! : leastLatency),
    ...(explain && { breakEvens: breakEvensOf(problem, objective, study, stop) }),
  };
}

function askedOf(goal: Goal): Cost[] {
  if ("throughput" in goal) return [];
  return "pareto" in goal ? goal.pareto : (Object.keys(goal.weights) as Cost[]);
}

/** SI units, and money as the study has it. */
function unitsOf(currency = ""): Record<Cost, string> {
  return { latency: "s", energy: "J", price: currency || "money" };
}

/** `latency` in `s`; `latency + 0.2 energy` in `s + 0.2 J`. */
function nameOf(weights: Weights | undefined, units: Record<Cost, string>): { name: string; unit: string } {
  if (!weights) return { name: "throughput", unit: "s between frames" };
  const mixed = (word: (cost: Cost) => string): string =>
    (Object.entries(weights) as [Cost, number][])
      .map(([cost, weight]) => (weight === 1 ? word(cost) : `${weight} ${word(cost)}`))
      .join(" + ");
  return { name: mixed((cost) => cost), unit: mixed((cost) => units[cost]) };
}
