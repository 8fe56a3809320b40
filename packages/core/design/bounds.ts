/** @file What a way allows at best, without simulating it: the least latency of each frame, and what frames amount to with these. */
import {
  simulateFrames,
  workSteps,
  type ComputeStep,
  type FrameTrace,
  type Step,
  type TransferStep,
  type WorkStep,
} from "../frames/index.ts";
import { atLoss, deadlineOf, fastestRate, hopsAlong, uplinkOf, type Study } from "../study/index.ts";
import { isSystemMetric, type DesignMetrics } from "./check.ts";
import { transportsOf, type Design } from "./design.ts";
import type { Check } from "./result.ts";
import {
  noParts,
  scenarioOf,
  summariseFrames,
  sustainedRate,
  type Doubt,
  type FrameOutcome,
  type FrameSummary,
  type Simulated,
} from "./simulate.ts";

/**
 * Lower bounds of the frames' latencies, in seconds: a frame takes no less than all of its steps alone. And any one host
 * or link works on no frame before the first has come to it, has then to do this and all earlier frames, and what comes
 * behind it takes its time too; as long as frames keep their order, which they do up to the first datagrams, or host with several
 * cores or batches. Of a message as datagrams one may be enough: its receiver goes on near the deadline, or when it knows that the
 * others are lost. Ways with exits or repetitions have only the steps that every frame passes for sure.
 */
export function quickestLatencies(
  study: Pick<Study, "hosts" | "links" | "frames">,
  way: readonly Step[],
): Float64Array {
  const { rate, count, order = "oldest" } = study.frames;
  const certain = way.findIndex(({ kind }) => kind === "exit" || kind === "repeat");
  const steps = workSteps(certain < 0 ? way : way.slice(0, certain));
  const least = steps.map((step) => leastOf(study, step));
  const total = (of: readonly LeastTime[], frame: number): number =>
    of.reduce((sum, { busy, delay }) => sum + busy(frame) + delay, 0);

  const overtakes = order === "oldest" ? least.findIndex(({ keepsOrder }) => !keepsOrder) : 0;
  const inOrder = overtakes < 0 ? least : least.slice(0, overtakes);
  const resources = [...new Set(inOrder.map(({ resource }) => resource))].map((name) => {
    const mine = inOrder.filter(({ resource }) => resource === name);
    const last = mine.at(-1)!;
    const before = total(least.slice(0, least.indexOf(mine[0]!)), 0);
    return { mine, delay: last.delay, after: least.slice(least.indexOf(last) + 1), done: before };
  });
  return Float64Array.from({ length: count }, (_, frame) => {
    let seconds = total(least, frame);
    for (const resource of resources) {
      for (const { busy } of resource.mine) resource.done += busy(frame);
      seconds = Math.max(seconds, resource.done + resource.delay + total(resource.after, frame) - frame / rate);
    }
    return seconds;
  });
}

/** What a step takes at least. */
interface LeastTime {
  /** What one thing at a time goes through: a host, or one connection over its links. */
  resource: string;
  /** Whether frames leave it in the order in which they came. */
  keepsOrder: boolean;
  /** Seconds that a frame keeps it busy; of several links the slowest. */
  busy(frame: number): number;
  /** Seconds more until it is through. */
  delay: number;
}

function leastOf(study: Pick<Study, "hosts" | "links">, step: WorkStep): LeastTime {
  if (step.kind === "compute") {
    const { cores = 1, batch } = study.hosts[step.host] ?? {};
    const busy = batch ? leastTogether(step) : (frame: number) => ofFrame(step.ns, frame) / 1e9;
    return { resource: step.host, keepsOrder: cores === 1 && !batch, busy, delay: 0 };
  }
  const links = hopsAlong(study, step.from, [step.link].flat()).map(({ link }) => link);
  const slowest = Math.min(...links.map(fastestRate));
  const bytes = leastBytes(step);
  return {
    resource: `${[step.link].flat().join()} from ${step.from}`,
    keepsOrder: step.transport.kind !== "udp",
    busy: (frame) => (8 * bytes(frame)) / slowest,
    delay: links.reduce((sum, { delay }) => sum + delay, 0),
  };
}

/** In a batch a frame takes the time of another one's draw. */
function leastTogether({ ns, together = [1] }: ComputeStep): LeastTime["busy"] {
  const one = typeof ns === "number" ? ns : ns.reduce((least, each) => Math.min(least, each), Infinity);
  const seconds = (one * Math.min(...together)) / 1e9;
  return () => seconds;
}

/** Of datagrams the smallest, which is the last one: it holds what is left of the message. */
function leastBytes({ bytes, transport }: TransferStep): (frame: number) => number {
  if (transport.kind !== "udp") return (frame) => ofFrame(bytes, frame);
  const { payload } = transport;
  return (frame) => ofFrame(bytes, frame) % payload;
}

function ofFrame(values: number | ArrayLike<number>, frame: number): number {
  return typeof values === "number" ? values : values[frame]!;
}

/**
 * Bounds of latencies raised by a simulation of the first frames: each frame has the latency that comes of it, or exceeds it, in the
 * simulation of all frames too. Until the first frame that is left out is captured, both are the same, event by event: what is random is
 * drawn in the order of events. Frames answered by then have their latency; the others have waited until then at least.
 * @param end nanoseconds at which the first frame that is left out is captured
 */
export function raisedBy(
  bounds: Float64Array,
  traces: readonly Pick<FrameTrace, "captured" | "finished" | "dropped">[],
  end: number,
): Float64Array {
  const raised = bounds.slice();
  for (const [frame, { captured, finished, dropped }] of traces.entries()) {
    const known = finished >= 0 && finished <= end ? finished : dropped === undefined ? end : captured;
    raised[frame] = Math.max(raised[frame]!, (known - captured) / 1e9);
  }
  return raised;
}

/** Lower bounds of all frames' latencies, in seconds, of which the first ones are simulated. */
export function latenciesByFirst(study: Simulated, steps: readonly Step[], first: number): Float64Array {
  const scenario = scenarioOf(study, steps);
  const flows = scenario.flows.map((flow) => ({ ...flow, count: first }));
  const [traces] = simulateFrames({ ...scenario, flows });
  return raisedBy(quickestLatencies(study, steps), traces!, Math.round(first * flows[0]!.period));
}

/** Frames that are answered after so many seconds, by frame, with nothing lost. */
export function framesOfLatencies(latencies: Float64Array): FrameOutcome[] {
  const parts = noParts();
  const missing: Uint32Array[] = [];
  return Array.from(latencies, (latency) => ({ latency, parts, missing }));
}

/**
 * What no simulation betters: frames at their quickest, and the throughput.
 * @param losses at which it may be simulated; default: the study's own
 */
export function timesAtBest(
  study: Study,
  steps: readonly Step[],
  { losses = [uplinkOf(study).link.loss.rate], doubt }: { losses?: readonly number[]; doubt?: Doubt } = {},
): FrameSummary & Pick<DesignMetrics, "throughput"> {
  const frames = framesOfLatencies(quickestLatencies(study, steps));
  const { latency, ...rest } = summariseFrames(frames, deadlineOf(study), doubt);
  return {
    ...rest,
    latency: withoutMeanInterval(latency),
    // What TCP sends again takes a link's time; what datagrams lose where they enter it takes none.
    throughput: Math.max(...[0, ...losses].map((loss) => sustainedRate(atLoss(study, loss), steps))),
  };
}

/** Of bounds the mean has no interval: a frame that takes longer may make it narrower. */
export function withoutMeanInterval(latency: FrameSummary["latency"]): FrameSummary["latency"] {
  const { meanInterval: _, ...rest } = latency;
  return rest;
}

/**
 * Whether a design may meet every requirement, from checks of it at its best. Answers to datagrams are judged as they come: what the
 * samples leave undecided of those that lose nothing they may decide.
 */
export function mayFit(design: Pick<Design, "crossings" | "answer">, checks: readonly Check[]): boolean {
  const judgedAnew = transportsOf(design).includes("udp");
  return checks.every(
    ({ state, requirement: { metric } }) =>
      state === "met" || (judgedAnew && state === "undecided" && !isSystemMetric(metric)),
  );
}
