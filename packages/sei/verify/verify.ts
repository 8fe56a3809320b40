/** @file One cell: a design over a link, simulated, run, compared. */
import {
  exitStandsAt,
  latencyCurve,
  qualityOf as firstOf,
  type FrameOutcome,
  type LatencyCurve,
} from "@split-et-impera/core/design";
import { deadlineOf, uplinkOf, type Study } from "@split-et-impera/core/study";
import { quantile } from "@split-et-impera/core/statistics";
import { openTask, qualityOf, type Evidence, type TaskSpec } from "@split-et-impera/core/task";
import type { LinkKind } from "@split-et-impera/runtime/emulation";
import { judge, type FrameLine } from "../run/index.ts";
import type { Exam } from "../stages/answers/index.ts";
import type { RunDesign } from "../stages/design/index.ts";
import type { Cell, Figures } from "./cell.ts";
import { figuresOf, overall, verdictsOf, type Spread } from "./judge.ts";
import { measure, type Measured } from "./measure.ts";
import { calibrationMedians, calibrationOf, calibrationStudy, warmUp, type Calibration } from "./calibrate.ts";
import { predict, predictedParts, type Predicted } from "./predict.ts";

export interface CellOptions {
  /** With as many frames as are to be compared. */
  study: Study;
  design: RunDesign;
  /** What the study's answers are judged by. */
  exam: Exam;
  /** The folder of its files. */
  bundle: string;
  source: readonly string[];
  kind?: LinkKind | undefined;
  signal: AbortSignal;
  update(status: string): void;
}

/** A cell with the frames that it was made from. */
export interface MeasuredCell {
  cell: Cell;
  lines: FrameLine[];
}

/**
 * Runs that are simulated for a prediction over the losses that the emulated link draws, each with other times of the hosts: the medians of
 * their figures are what is predicted. And over other losses: one run more lies among as many with a probability of 1 - 2 / 40.
 */
const repetitions = 39;

/** @throws InputError as {@link measure} does */
export async function verifyCell(options: CellOptions): Promise<MeasuredCell> {
  const { design, exam, bundle, update, source, kind, signal } = options;
  const { frames } = options.study;
  const study: Study = { ...options.study, frames: { ...frames, count: frames.count + warmUp } };
  const run = (of: Study, predicted: Predicted, what: string): Promise<Measured> =>
    measure({
      study: of,
      predicted,
      bundle,
      source,
      kind,
      signal,
      onFrame: (count) => update(`${what}, ${count} of ${of.frames.count} frames`),
    });
  // On both sides of the cell: a machine that others share is faster or slower some minutes later.
  const empty = calibrationStudy(study);
  const byThemselves = (): Promise<Measured> => run(empty, predict(design, empty), "this machine's hosts");
  const before = await byThemselves();
  const found = await run(study, predict(design, study), "the link");
  const after = await byThemselves();
  const calibration = calibrationOf(empty, design.steps(empty), [...before.lines, ...after.lines]);
  const draws = Array.from({ length: repetitions }, (_, i) => i);
  const predicted = draws.map((draw) => predict(design, study, calibration, draw));
  const others = draws.map((draw) => predict(design, { ...study, seed: study.seed + draw }, calibration));
  const result = await design.over(study);
  const lines = found.lines.map((line) => withEvidence(line, exam, design.clean.length));
  const cell = cellOf(study, { ...design, result }, { predicted, others, calibration, exam }, { ...found, lines });
  return { cell, lines };
}

/** A frame's answer judged, where the host that ran could not: it does not know what the unchanged model says. */
function withEvidence(line: FrameLine, { task, truth }: Exam, samples: number): FrameLine {
  if (line.evidence !== undefined) return line;
  const sample = line.frame % samples;
  const { right, evidence } = judge(task, line.answer ?? undefined, { sample, truth: truth(sample) });
  return { ...line, ...(right !== undefined && { right }), evidence };
}

function predictedFigures(frames: readonly FrameOutcome[], study: Study, { result }: RunDesign): Figures<number> {
  const deadline = deadlineOf(study);
  const seen = frames.map(({ latency, unsure }) => ({
    latency,
    bytes: result.bytes,
    // What was asked and went on is told; the others left.
    exit: unsure === undefined ? ("sure" as const) : latency >= exitStandsAt(deadline) ? ("stood" as const) : undefined,
  }));
  const figures = figuresOf(seen, deadline, result.exited !== undefined);
  const { p50, p90, p95, p99, misses, exits, exitFallbacks } = figures;
  return {
    p50: p50.value,
    p90: p90.value,
    p95: p95.value,
    p99: p99.value,
    misses: misses.value,
    bytes: result.bytes,
    ...(exits && exitFallbacks && { exits: exits.value, exitFallbacks: exitFallbacks.value }),
    quality: firstOf(result.quality).value,
  };
}

/** Of several runs, name by name. */
function medians<Values extends object>(runs: readonly Values[]): Values {
  const names = Object.keys(runs[0]!) as (keyof Values)[];
  const median = (name: keyof Values): number =>
    quantile(
      runs.map((run) => run[name] as number),
      0.5,
    );
  return Object.fromEntries(names.map((name) => [name, median(name)])) as Values;
}

/** Of latencies and misses, the lowest and the highest of several runs. */
function spreadOf(runs: readonly Figures<number>[]): Spread {
  const spread: Spread = {};
  for (const name of ["p50", "p90", "p95", "p99", "misses"] as const) {
    const values = runs.map((figures) => figures[name]);
    spread[name] = { lo: Math.min(...values), hi: Math.max(...values) };
  }
  return spread;
}

/** The parts of a run's records, in the words of a prediction. */
function measuredParts(lines: readonly FrameLine[]): Record<string, number> {
  const answered = lines.filter(({ answered: at }) => at !== null);
  const mean = (...names: (keyof FrameLine["parts"])[]): number =>
    answered.reduce((sum, { parts }) => sum + names.reduce((all, name) => all + (parts[name] ?? 0), 0), 0) /
    Math.max(1, answered.length);
  return {
    wait: mean("wait", "remoteWait"),
    head: mean("head"),
    encode: mean("encode"),
    network: mean("network"),
    decode: mean("decode"),
    tail: mean("tail"),
  };
}

/** What a cell's measured side is made from, beside its frames. */
export interface MeasuredGrounds {
  /** Seconds. */
  deadline: number;
  task: TaskSpec;
  /** Whether the design has an early exit. */
  exits?: boolean;
  /** By sample, the answer judged when nothing is lost: frames show them in turn. */
  clean: ArrayLike<Evidence>;
}

/** Of the lines that have any. An answer's evidence may itself be a list. */
export const evidenceOf = (lines: readonly FrameLine[]): Evidence[] =>
  lines.map(({ evidence }) => evidence).filter((evidence) => evidence !== undefined);

/** The measured side of a cell, from its frames alone. */
export function measuredOf(
  lines: readonly FrameLine[],
  { deadline, task, clean, exits }: MeasuredGrounds,
): { measured: Cell["measured"]; curve: LatencyCurve; parts: Record<string, number> } {
  const frames = lines.filter(({ frame }) => frame >= warmUp).sort((a, b) => a.frame - b.frame);
  const seen = frames.map(({ captured, answered, bytes, exit, fallback }) => ({
    latency: answered === null ? Infinity : answered - captured,
    bytes,
    exit: exit ? ("sure" as const) : fallback === "exit" ? ("stood" as const) : undefined,
  }));
  // Of all frames, as the prediction has it: the first ones are only late.
  const evidence = evidenceOf(lines);
  const samples = lines.map(({ frame }) => frame % clean.length);
  const judged = evidence.length === lines.length;
  const quality = judged && qualityOf(openTask(task).metrics[0]!, { evidence, samples }, clean);
  return {
    measured: { ...figuresOf(seen, deadline, exits), ...(quality && { quality }) },
    curve: latencyCurve(Float64Array.from(seen, ({ latency }) => latency)),
    parts: measuredParts(frames),
  };
}

/** The cell judged anew. */
export function judged(cell: Omit<Cell, "verdicts" | "holds">): Cell {
  const verdicts = verdictsOf(cell.predicted, cell.measured, cell.spread);
  return { ...cell, verdicts, holds: overall(Object.values(verdicts)) };
}

/** What a cell's predicted side is made from. */
interface Grounds {
  /** Over the run's losses. */
  predicted: readonly Predicted[];
  /** Over other ones. */
  others: readonly Predicted[];
  calibration: Calibration;
  exam: Exam;
}

function cellOf(
  study: Study,
  design: RunDesign,
  { predicted, others, calibration, exam }: Grounds,
  { lines, link, realTime }: Measured,
): Cell {
  const { result, clean } = design;
  const task = exam.task.spec as TaskSpec;
  const { rate, delay, loss } = uplinkOf(study).link;
  const deadline = deadlineOf(study);
  const counted = (of: readonly Predicted[]): FrameOutcome[][] => of.map(({ frames }) => frames.slice(warmUp));
  const figures = (of: readonly FrameOutcome[][]): Figures<number>[] =>
    of.map((frames) => predictedFigures(frames, study, design));
  const runs = counted(predicted);
  const parts = medians(runs.map(predictedParts));
  const {
    measured,
    curve,
    parts: means,
  } = measuredOf(lines, { deadline, task, clean, exits: result.exited !== undefined });
  const { lossesByLink = 0, dropsInBuffers = 0 } = link.counters ?? {};
  return judged({
    name: result.id,
    transport: result.crossings[0]?.transport.kind ?? "none",
    rate,
    delay,
    loss: loss.rate,
    burst: loss.burst,
    frames: runs[0]!.length,
    deadline,
    task,
    clean: [...clean],
    calibration: calibrationMedians(calibration),
    predicted: medians(figures(runs)),
    spread: spreadOf(figures(counted(others))),
    measured,
    curves: { predicted: latencyCurve(Float64Array.from(runs.flat(), ({ latency }) => latency)), measured: curve },
    parts: Object.keys(parts).map((step) => ({ step, predicted: parts[step]!, measured: means[step]! })),
    doubts: [
      ...doubtsOf(link),
      ...(realTime ? [] : ["the hosts ran among the machine's other work: real time is not allowed here"]),
    ],
    link: { kind: link.kind, lossesByLink, dropsInBuffers },
  });
}

/** What speaks against the run, not against the prediction. */
function doubtsOf({ differs, counters }: Measured["link"]): string[] {
  const doubts = [...differs];
  const held = counters?.lateness?.max ?? 0;
  if (held > 0.05) doubts.push(`the machine held up packets for up to ${(1e3 * held).toFixed(0)} ms`);
  const dropped = counters?.dropsInBuffers ?? 0;
  if (dropped > 0) doubts.push(`${dropped} packets were dropped by full buffers, not by the link`);
  return doubts;
}
