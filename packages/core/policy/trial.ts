/** @file A policy over a trace of the link's rate, beside the best fixed design and a plan made with the whole trace known. */
import { mainMetric, whatIf, type Basis, type DesignResult, type Result } from "../design/index.ts";
import { traceRate, type RateTrace } from "../study/index.ts";
import { conditionOf, cellAt, withTrace } from "./condition.ts";
import { Follower } from "./follow.ts";
import { policyCell, type Policy } from "./policy.ts";
import { ableDesigns } from "./table.ts";
import { startingAt, windowRates } from "./rate-windows.ts";
import { answerWorth } from "./worth.ts";

/** What runs from when on, seconds. */
export interface Stretch {
  design: string;
  from: number;
}

export interface Outcome {
  plan: Stretch[];
  frames: number;
  /** Share of frames answered in time. */
  inTime: number;
  /** Share of the windows in which so many were in time as the study asks for. */
  met: number;
  /** Mean of the task's first metric, of the designs that ran; undefined where that is unknown. */
  quality: number;
  /** Share of frames answered in time, less what their answers are worse than the unchanged model's. */
  worth: number;
}

export interface Trial {
  seconds: number;
  windows: number;
  /** Mean rate by window, bit/s. */
  rates: number[];
  /** Every design that could stay all the time, the best first. */
  fixed: Outcome[];
  policy: Outcome;
  /** The policy told each window's mean rate before it begins: what a perfect prediction for one window would give. */
  foreseen: Outcome;
  /** The best plan that was found with the whole trace known. */
  clairvoyant: Outcome;
}

export interface TrialInput {
  result: Result & { basis: Basis };
  policy: Policy;
  trace: RateTrace;
  /** What each window has to have in time, as a share. */
  needed: number;
}

/** Runs the trial, in parts of a simulation each; yields how many are done. */
export function* trialInParts(input: TrialInput): Generator<number, Trial> {
  const { result, policy, trace } = input;
  const { every, axes } = policy;
  const rates = windowRates(trace, every);
  const course: Course = { ...input, seconds: rates.length * every, windows: rates.length };
  let done = 0;
  const fixed: Outcome[] = [];
  const runs = new Map<string, Run>();
  for (const design of ableDesigns(result)) {
    const plan = [{ design: design.id, from: 0 }];
    const run = runPlan(course, plan);
    runs.set(design.id, run);
    fixed.push(outcomeOf(course, plan, run));
    yield ++done;
  }
  fixed.sort((a, b) => b.worth - a.worth || b.met - a.met);
  const own = conditionOf(result.study);
  const first = policyCell(policy, cellAt(axes, own)).best;
  const followed = (ahead: boolean): Outcome => {
    const plan = planOf(policy, first, rates, own, ahead);
    return outcomeOf(course, plan, runPlan(course, plan));
  };
  const simple = followed(false);
  yield ++done;
  const foreseen = followed(true);
  yield ++done;
  const known = plannedAhead(course, runs);
  const planned = outcomeOf(course, known, runPlan(course, known));
  yield ++done;
  const clairvoyant = [planned, foreseen, simple, fixed[0]!].reduce((a, b) => (b.worth > a.worth ? b : a));
  return { seconds: course.seconds, windows: rates.length, rates, fixed, policy: simple, foreseen, clairvoyant };
}

interface Course extends TrialInput {
  seconds: number;
  windows: number;
}

/** What the rule does, told each window when it is over, or, `ahead`, when it begins. */
function planOf(
  policy: Policy,
  first: number,
  rates: readonly number[],
  { rtt, loss }: { rtt: number; loss: number },
  ahead: boolean,
): Stretch[] {
  const follower = new Follower(policy, first);
  const plan: Stretch[] = [{ design: policy.designs[first]!.id, from: 0 }];
  const { every } = policy;
  for (const [window, rate] of rates.entries()) {
    if (!follower.measured({ rate, rtt, loss }, every)) continue;
    const design = policy.designs[follower.design]!.id;
    const from = (ahead ? window : window + 1) * every;
    if (from === 0) plan[0] = { design, from };
    else if (from < rates.length * every) plan.push({ design, from });
  }
  return plan;
}

interface Run {
  /** By frame: captured, seconds since the begin; answered after, seconds; by which design; what an answer is worth. */
  captured: number[];
  latency: number[];
  design: DesignResult[];
  worth: number[];
}

/**
 * The frames of a plan: each design begins anew when it is taken up, with the trace as it is then. Frames that are under way
 * when it changes, and those of the pause after, are lost.
 */
function runPlan({ result, policy, trace, seconds }: Course, plan: readonly Stretch[]): Run {
  const { study } = result;
  const period = 1 / study.frames.rate;
  const run: Run = { captured: [], latency: [], design: [], worth: [] };
  for (const [i, { design: id, from }] of plan.entries()) {
    const to = plan[i + 1]?.from ?? seconds;
    const begin = i === 0 ? 0 : Math.min(to, from + policy.pause);
    const count = Math.max(0, Math.ceil((to - begin) / period - 1e-9));
    const known = result.designs.find((one) => one.id === id)!;
    const add = (captured: number, latency: number, design: DesignResult, worth: number): void => {
      run.captured.push(captured);
      run.latency.push(latency);
      run.design.push(design);
      run.worth.push(worth);
    };
    for (let at = from; at < begin - 1e-9; at += period) add(at, Infinity, known, 0);
    if (count === 0) continue;
    const there = withTrace(
      { ...study, frames: { ...study.frames, count } },
      startingAt(trace, begin),
      traceRate(trace),
    );
    const found = whatIf(result, there).design(id);
    const worth = answerWorth(found, found.framesLost / count);
    for (const [frame, latency] of found.latencies.entries()) {
      const captured = begin + frame * period;
      const inTime = i === plan.length - 1 || captured + latency <= to;
      add(captured, inTime ? latency : Infinity, found, worth);
    }
  }
  return run;
}

function outcomeOf({ policy, needed, windows }: Course, plan: Stretch[], run: Run): Outcome {
  const { every, frames } = policy;
  const metric = mainMetric(run.design[0]!.quality);
  const [good, all] = [new Float64Array(windows), new Float64Array(windows)];
  let [inTime, worth, quality] = [0, 0, 0];
  for (const [i, latency] of run.latency.entries()) {
    const window = Math.min(windows - 1, Math.floor(run.captured[i]! / every + 1e-9));
    all[window]!++;
    quality += run.design[i]!.quality[metric]!.value;
    if (latency > frames.deadline) continue;
    good[window]!++;
    inTime++;
    worth += run.worth[i]!;
  }
  const count = run.latency.length;
  const met = all.filter((of, w) => of === 0 || good[w]! / of >= needed).length;
  return {
    plan,
    frames: count,
    inTime: inTime / count,
    met: met / windows,
    quality: quality / count,
    worth: worth / count,
  };
}

/** The plan with the most worth, by what each design makes of each window when it runs all the time, and the cost of changes. */
function plannedAhead({ policy, windows }: Course, runs: ReadonlyMap<string, Run>): Stretch[] {
  const { every, frames, pause } = policy;
  const ids = [...runs.keys()];
  const gained = ids.map((id) => {
    const { captured, latency, worth } = runs.get(id)!;
    const sums = new Float64Array(windows);
    for (const [i, at] of captured.entries()) {
      const window = Math.min(windows - 1, Math.floor(at / every + 1e-9));
      if (latency[i]! <= frames.deadline) sums[window]! += worth[i]!;
    }
    return sums;
  });
  const share = Math.min(1, pause / every);
  let best = gained.map((of) => of[0]!);
  const came: number[][] = [];
  for (let window = 1; window < windows; window++) {
    const from = best.indexOf(Math.max(...best));
    const before = best;
    came.push(ids.map((_, d) => (before[from]! - share * gained[d]![window]! > before[d]! ? from : d)));
    best = ids.map((_, d) => {
      const here = gained[d]![window]!;
      return came.at(-1)![d] === d ? before[d]! + here : before[from]! + (1 - share) * here;
    });
  }
  let at = best.indexOf(Math.max(...best));
  const plan: Stretch[] = [];
  for (let window = windows - 1; window >= 0; window--) {
    const before = window === 0 ? -1 : came[window - 1]![at]!;
    if (before !== at) plan.unshift({ design: ids[at]!, from: window * every });
    if (before >= 0) at = before;
  }
  return plan;
}

/** Share of a window's frames that a study wants in time: what its misses allow, else all but one in twenty. */
export function neededOf({ requirements }: Result["study"]): number {
  const misses = requirements.find(({ metric }) => metric === "deadline-misses");
  return 1 - (misses?.value ?? 0.05);
}
