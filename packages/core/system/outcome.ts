/** @file A selection simulated, for all of the time or its beginning, and what is sure by then. */
import {
  checkDesign,
  exitStandsAt,
  framesOfLatencies,
  outcomesOf,
  quickestLatencies,
  raisedBy,
  resourceName,
  summariseFrames,
  withExitAnswers,
  withoutMeanInterval,
  withoutUnreadable,
  type Check,
  type DesignMetrics,
  type FrameOutcome,
  type FrameSummary,
} from "../design/index.ts";
import {
  loadsOf,
  overloadOf,
  simulateFrames,
  type FrameFlow,
  type FrameScenario,
  type FrameTrace,
  type Load,
  type Overload,
} from "../frames/index.ts";
import { checkWhole, type WholeCheck } from "./whole.ts";
import { scenarioOfSystem, streamsOf, type Stream } from "./scenario.ts";
import { chosen, framesOf, type Selection, type System } from "./system.ts";
import { overfull } from "./values.ts";

export interface SystemOutcome {
  /** By flow. */
  flows: FlowOutcome[];
  /** Busiest first; what is offered, whether it can be served or not. */
  loads: Load[];
  whole: WholeCheck[];
  /** A host on which all flows together need more memory than there is; absent where none is. */
  overfull?: { host: string; bytes: number; memory: number };
  /** Whether every requirement is surely met, and nothing has more to do than it can. */
  fits: boolean;
  /** Seconds of the flow and camera whose p95 is the highest. */
  latency: { value: number; lo: number; hi: number };
  /** Frames simulated. */
  frames: number;
}

export interface FlowOutcome {
  /** By camera. */
  cameras: FrameSummary[];
  /** The place of the camera whose p95 is the highest. */
  worst: number;
  /** The design's, with the times of the worst camera. */
  metrics: DesignMetrics;
  /** Of the flow's requirements, which every camera has to meet. */
  checks: Check[];
}

/** Simulates all of the time. */
export function simulateSystem(
  system: System,
  selection: Selection,
): SystemOutcome & { traces: FrameTrace[][]; streams: Stream[] } {
  const { scenario, streams } = scenarioOfSystem(system, selection);
  const traces = simulateFrames(scenario);
  const picked = chosen(system, selection);
  const frames = streams.map(({ flow, steps }, i) => {
    const choice = picked[flow]!;
    const found = withoutUnreadable(choice, steps, outcomesOf(steps, traces[i]!));
    // An exit's answer stands where the other comes too late.
    return choice.alone.exited ? withExitAnswers(found, system.flows[flow]!.deadline) : found;
  });
  const loads = loadsOf(scenario);
  const growing = scenario.flows.map((flow, i) => overloadAmong(loads, scenario, flow, traces[i]!));
  return {
    ...judge(system, selection, { frames, streams, loads, growing }),
    frames: traces.reduce((sum, all) => sum + all.length, 0),
    traces,
    streams,
  };
}

/** What is busy without end holds all up; else a flow's own latencies tell whether they grow. */
function overloadAmong(
  loads: readonly Load[],
  { links }: FrameScenario,
  flow: FrameFlow,
  traces: readonly FrameTrace[],
): Overload | undefined {
  const offered = 1e9 / flow.period;
  const [load] = loads;
  if (load && overloads(load)) return { offered, sustained: offered / load.utilisation, load };
  return overloadOf({ flows: [], links }, flow, traces);
}

/** What is busy to the last is served without end, if only just. */
export const overloads = ({ utilisation }: Load): boolean => utilisation > 1 + 1e-9;

interface Seen {
  /** By camera of all flows. */
  frames: readonly FrameOutcome[][];
  streams: readonly Pick<Stream, "flow" | "camera">[];
  loads: readonly Load[];
  /** By camera, where frames come faster than they are answered. */
  growing: readonly (Overload | undefined)[];
  /** Whether latencies are bounds. */
  atBest?: true;
}

/** What frames amount to: each flow by its worst camera. */
export function judge(
  system: System,
  selection: Selection,
  { frames, streams, loads, growing, atBest }: Seen,
): Omit<SystemOutcome, "frames"> {
  const flows = chosen(system, selection).map(({ alone }, flow): FlowOutcome => {
    const { deadline, requirements } = system.flows[flow]!;
    const mine = streams.flatMap((one, i) => (one.flow === flow ? [i] : []));
    const cameras = mine.map((i) => summariseFrames(frames[i]!, deadline));
    const worst = cameras.reduce(
      (most, one, i) => (one.latency.p95.value > cameras[most]!.latency.p95.value ? i : most),
      0,
    );
    const over = mine.map((i) => growing[i]).find((one) => one !== undefined);
    const overload = over && {
      offered: over.offered,
      sustained: over.sustained,
      ...(over.load && { busiest: resourceName(over.load.resource) }),
    };
    const { overload: _, throughputInterval: __, ...rest } = alone;
    const { latency } = cameras[worst]!;
    const metrics: DesignMetrics = {
      ...rest,
      latency: atBest ? withoutMeanInterval(latency) : latency,
      deadlineMisses: cameras.map((one) => one.deadlineMisses).reduce((a, b) => (b.hi > a.hi ? b : a)),
      ...(overload && { overload }),
    };
    return { cameras, worst, metrics, checks: checkDesign(metrics, requirements) };
  });
  const whole = checkWhole(system, selection, loads);
  const full = overfull(system, selection);
  const p95 = flows.flatMap(({ cameras }) => cameras.map(({ latency }) => latency.p95));
  const most = (of: (one: (typeof p95)[number]) => number): number =>
    p95.reduce((top, one) => Math.max(top, of(one)), -Infinity);
  const overloaded = flows.some(({ metrics }) => metrics.overload !== undefined);
  return {
    flows,
    loads: [...loads],
    whole,
    ...(full && { overfull: full }),
    fits:
      !overloaded &&
      !full &&
      [...whole, ...flows.flatMap(({ checks }) => checks)].every(({ state }) => state === "met"),
    latency: { value: most(({ value }) => value), lo: most(({ lo }) => lo), hi: most(({ hi }) => hi) },
  };
}

/**
 * A selection by bounds of its frames' latencies: what it does not keep at its best it does not keep at all. The interval
 * of a mean is left out, since a frame that takes longer may make it narrower.
 */
export function judgeAtBest(
  system: System,
  selection: Selection,
  bounds: readonly Float64Array[],
  streams: Seen["streams"],
): Omit<SystemOutcome, "frames"> {
  const picked = chosen(system, selection);
  const frames = streams.map(({ flow }, i) => {
    const stands = picked[flow]!.alone.exited ? exitStandsAt(system.flows[flow]!.deadline) : Infinity;
    return framesOfLatencies(bounds[i]!.map((latency) => Math.min(latency, stands)));
  });
  return judge({ ...system, requirements: [] }, selection, { frames, streams, loads: [], growing: [], atBest: true });
}

/**
 * What is sure after a share of the time: for every frame of every camera a latency that it has or exceeds, in the whole
 * simulation too (see `raisedBy`).
 */
export function latenciesByThen(
  system: System,
  selection: Selection,
  share: number,
): { bounds: Float64Array[]; streams: Stream[]; frames: number } {
  const { scenario, streams } = scenarioOfSystem(system, selection, share);
  const traces = simulateFrames(scenario);
  const end = Math.min(...scenario.flows.map(({ period, count, offset = 0 }) => Math.round(offset + count * period)));
  const bounds = streams.map((stream, i) => raisedBy(quickestOf(system, stream), traces[i]!, end));
  return { bounds, streams, frames: traces.reduce((sum, all) => sum + all.length, 0) };
}

/** Seconds that no frame of a camera can be quicker than, whoever shares its hosts and links. */
function quickestOf({ flows, place, seconds }: System, { flow, steps }: Stream): Float64Array {
  const { rate } = flows[flow]!;
  const frames = { ...place.frames, rate, count: framesOf({ rate }, seconds) };
  return quickestLatencies({ ...place, frames }, steps);
}

/** A choice by itself, at its best, by the flow's own requirements. */
export function choiceAtBest(system: System, flow: number, choice: number): AtBest {
  const alone = { ...system, flows: [system.flows[flow]!], requirements: [] };
  const streams = streamsOf(alone, [choice]);
  const bounds = streams.map((stream) => quickestOf(alone, stream));
  const { latency, flows } = judgeAtBest(alone, [choice], bounds, streams);
  return { latency, checks: flows[0]!.checks };
}

/** What a choice does not better, whoever shares its hosts and links. */
export interface AtBest extends Pick<SystemOutcome, "latency"> {
  checks: readonly Check[];
}
