/** @file Designs under loss: simulated frames, and the accuracy of what arrived. */
import {
  checkDesign,
  designId,
  kindOf,
  over,
  simulateSteps,
  summariseFrames,
  sustainedRate,
  wayOf,
  type Design,
  type DesignResult,
  type Doubt,
  type FrameOutcome,
  type Simulation,
  type TransportName,
} from "@split-et-impera/core/design";
import { costTable, type Costs, type CostTable, type HostSpeed } from "@split-et-impera/core/cost";
import type { Step } from "@split-et-impera/core/frames";
import { deadlineOf, withLoss, type Study } from "@split-et-impera/core/study";
import { clusteredDifference, clusteredShare, quantile, type Trials } from "@split-et-impera/core/statistics";
import type { Context, Kept, Stage } from "../context.ts";
import { runStage } from "../run-stage.ts";
import { lossyStage, type Prepared } from "./prepared.ts";
import type { Subject } from "./subject.ts";

/** A design at one loss rate, with what comparisons need. */
export interface Evaluated {
  result: DesignResult;
  /** Whether each test image is answered rightly when nothing is lost, and each frame as it was delivered. */
  clean: Uint8Array;
  delivered: Trials;
}

/** What a design is evaluated under. */
export interface Circumstances {
  /** The study, with the links and the frames that count here. */
  study: Study;
  /** Of packets, on all links. */
  loss: number;
  /** Per test image, whether the unchanged model is right. */
  baseline: Uint8Array;
}

/** A design made ready, over a transport. */
export interface Candidate {
  prepared: Prepared;
  transport: TransportName | undefined;
}

interface EvaluationInput extends Circumstances {
  subject: Subject;
  prepared: Prepared;
  design: Design;
  steps: Step[];
  /** What latencies may differ by, since times are measured. */
  doubt: TimesDoubt;
}

type Outcome = Pick<Evaluated, "delivered"> & {
  metrics: Omit<DesignResult, keyof Design | "id" | "kind" | "checks" | "pareto">;
};

/** The study's frames simulated for a design, and the answers judged. Requirements are none of its business. */
export const evaluationStage: Stage<EvaluationInput, Outcome> = {
  name: "evaluation",
  version: 3,
  key: ({ subject, study, loss, prepared, design, steps, doubt }) => [
    [subject.modelHash, subject.testKey, subject.trainKey, prepared.key, designId(design)],
    [study.frames, study.links, study.seed, deadlineOf(study), loss],
    [steps, doubt],
  ],
  async run(input, context) {
    const { subject, study, loss, baseline, prepared, steps, doubt } = input;
    const { test, hosts } = subject;
    const { frames, overload, delivered, changed } = await deliver(input, context);
    const lossy = withLoss(study, loss);
    const clean = prepared.correct;
    const metrics = {
      quality: { accuracy: clusteredShare(delivered, clean) },
      clean: { accuracy: clusteredShare({ scores: clean }) },
      // The unchanged model differs from itself by nothing, which no sample needs to show.
      drop: {
        accuracy:
          prepared.exact && !changed
            ? { value: 0, lo: 0, hi: 0, n: test.count }
            : clusteredDifference({ scores: baseline }, delivered, { first: baseline, second: clean }),
      },
      ...summariseFrames(frames, deadlineOf(study), doubt.latency),
      ...(overload && { overload }),
      bytes: prepared.bytes ? prepared.bytes.reduce((sum, size) => sum + size, 0) / prepared.bytes.length : 0,
      throughput: sustainedRate(lossy, steps),
      ...(doubt.throughput.lo < doubt.throughput.hi && { throughputInterval: doubt.throughput }),
      memory: Object.fromEntries([hosts.capturing, hosts.other].map((host) => [host, prepared.memory[host] ?? 0])),
    };
    return { metrics, delivered };
  },
};

/** Frames as their answers arrive, and the answers judged. */
interface Delivery extends Simulation {
  delivered: Trials;
  /** Whether anything was lost that answers may depend on. */
  changed: boolean;
}

async function deliver(
  { subject, study, loss, prepared, design, steps }: EvaluationInput,
  context: Context,
): Promise<Delivery> {
  const simulation = simulateSteps(withLoss(study, loss), steps);
  const delivered = { scores: prepared.correct };
  if (transportOf(design) !== "udp") return { ...simulation, delivered, changed: false };
  const { frames } = simulation;
  const imageOf = (frame: number): number => frame % subject.test.count;
  const judged = await judge(subject, prepared, frames, imageOf, context);
  return {
    ...simulation,
    frames: frames.map((frame, i) => (judged[i] === 2 ? { ...frame, latency: Infinity } : frame)),
    delivered: { scores: judged.map((state) => (state === 1 ? 1 : 0)), samples: frames.map((_, i) => imageOf(i)) },
    changed: loss > 0 || frames.some(({ latency, missing }) => latency === Infinity || missing.length > 0),
  };
}

/** The simulated frames of a design at one loss rate. */
export interface DesignFrames {
  loss: number;
  /** The design's id. */
  design: string;
  /** By frame: the test image that it shows, seconds from capture to answer (Infinity: never), whether the answer is right. */
  frames: { image: number; latency: number; right: boolean }[];
}

/** The frames of designs that were evaluated, one design at a time: they are simulated again, which takes less than keeping them. */
export async function* framesOf(
  grounds: Grounds,
  candidates: readonly Candidate[],
  circumstances: Circumstances,
  context: Context,
): AsyncGenerator<DesignFrames> {
  const { count } = grounds.subject.test;
  for (const candidate of candidates) {
    context.signal.throwIfAborted();
    const input = inputOf(grounds, candidate, circumstances);
    const { frames, delivered } = await deliver(input, context);
    yield {
      loss: circumstances.loss,
      design: designId(input.design),
      frames: frames.map(({ latency }, i) => {
        const image = i % count;
        const right = delivered.scores[delivered.samples ? i : image] === 1;
        return { image, latency, right: right && latency < Infinity };
      }),
    };
  }
}

/** What designs are evaluated on. */
export interface Grounds {
  subject: Subject;
  /** Everything that costs come from, for keys. */
  prices: unknown;
  /** What timed work costs on the study's hosts. */
  costs: CostTable;
  /** Nanoseconds that it takes for each frame of the study; the same whenever it is asked. */
  frames(host: string, work: string): Float64Array;
}

/** Grounds from the study's hosts and what was measured here. */
export function groundsOf(subject: Subject, speeds: Record<string, HostSpeed>, here: Costs): Grounds {
  const { frames, seed } = subject.study;
  const costs = costTable(speeds, here);
  const drawn = new Map<string, Float64Array>();
  return {
    subject,
    prices: [speeds, here],
    costs,
    frames(host, work) {
      const name = JSON.stringify([host, work]);
      const known = drawn.get(name) ?? costs.frames(host, work, frames.count, seed);
      drawn.set(name, known);
      return known;
    },
  };
}

/** Evaluates designs under the same circumstances, in their order. */
export async function* evaluate(
  grounds: Grounds,
  candidates: readonly Candidate[],
  circumstances: Circumstances,
  context: Context,
): AsyncGenerator<Kept<Evaluated>> {
  const { study } = circumstances;
  const inputs = candidates.map((candidate) => inputOf(grounds, candidate, circumstances));
  let i = 0;
  for await (const { value, cached } of context.jobs.map(evaluationStage, inputs, context)) {
    const { prepared, design } = inputs[i++]!;
    const { metrics, delivered } = value;
    const checks = checkDesign(metrics, study.requirements);
    const result: DesignResult = {
      id: designId(design),
      kind: kindOf(design),
      ...design,
      ...metrics,
      checks,
      pareto: false,
    };
    yield { value: { result, clean: prepared.correct, delivered }, cached };
  }
}

function inputOf(grounds: Grounds, { prepared, transport }: Candidate, circumstances: Circumstances): EvaluationInput {
  const { study, loss } = circumstances;
  const design = transport ? over(prepared.design, transport) : prepared.design;
  const steps = stepsOf(grounds, study, prepared, design);
  const doubt = doubtOf(grounds, withLoss(study, loss), steps);
  return { ...circumstances, subject: grounds.subject, prepared, design, steps, doubt };
}

const transportOf = ({ crossings: [crossing], answer }: Design): TransportName | undefined =>
  (crossing?.transport ?? answer?.transport)?.kind;

/** What latencies and the throughput may differ by, since times are measured. */
interface TimesDoubt {
  latency: Doubt;
  throughput: { lo: number; hi: number };
}

/**
 * What the intervals of measured times let latencies and the throughput differ by: all work at either end. Latencies are
 * without bound upwards where the slow end would keep a host busier than it can be. Of a host
 * that is told by its speed the spread is that of the machine that was measured, enlarged as the times are: the host may
 * have less of it, down to none.
 */
function doubtOf({ costs }: Grounds, study: Study, steps: readonly Step[]): TimesDoubt {
  const latency = { less: 0, more: 0, spread: { median: 0, p95: 0, p99: 0 } };
  /** The steps with all work longer or shorter by how unsure it is. */
  const moved = (edge: "lo" | "hi"): Step[] =>
    steps.map((step) => {
      if (step.kind !== "compute") return step;
      const cost = costs.of(step.host, step.work);
      const by = 1e9 * (cost[edge] - cost.seconds);
      return { ...step, ns: typeof step.ns === "number" ? step.ns + by : step.ns.map((ns) => Math.max(0, ns + by)) };
    });
  for (const step of steps) {
    if (step.kind !== "compute") continue;
    const { lo, hi, seconds } = costs.of(step.host, step.work);
    latency.less += seconds - lo;
    latency.more += hi - seconds;
    if (study.hosts[step.host]?.speed === 1 || typeof step.ns === "number") continue;
    for (const [name, p] of [
      ["median", 0.5],
      ["p95", 0.95],
      ["p99", 0.99],
    ] as const) {
      latency.spread[name] += Math.max(0, quantile(step.ns, p) / 1e9 - seconds);
    }
  }
  const throughput = { lo: sustainedRate(study, moved("hi")), hi: sustainedRate(study, moved("lo")) };
  if (throughput.lo < study.frames.rate) latency.more = Infinity;
  return { latency, throughput };
}

/** What each frame of a design passes, at times drawn from what was measured and at measured sizes; frame i shows test image i modulo their number. */
export function stepsOf(
  { frames, subject: { test } }: Grounds,
  study: Study,
  { bytes }: Pick<Prepared, "bytes">,
  design: Design,
): Step[] {
  return wayOf(design, study, {
    ns: frames,
    bytes: () => Uint32Array.from({ length: study.frames.count }, (_, i) => bytes![i % test.count]!),
  });
}

/** Per frame 1 right, 0 wrong, 2 unanswered. Whole frames answer as without loss; the others ask the real tail. */
async function judge(
  subject: Subject,
  prepared: Prepared,
  frames: readonly FrameOutcome[],
  imageOf: (frame: number) => number,
  context: Context,
): Promise<Uint8Array> {
  const judged = Uint8Array.from(frames, ({ latency }, i) =>
    latency === Infinity ? 2 : prepared.correct[imageOf(i)]!,
  );
  const holed = frames.flatMap(({ latency, missing }, i) => (latency < Infinity && missing.length > 0 ? [i] : []));
  if (holed.length === 0 || !prepared.receive) return judged;
  const arrived = holed.map((i) => ({ image: imageOf(i), missing: frames[i]!.missing }));
  const { value } = await runStage(lossyStage, { subject, prepared, arrived }, context);
  holed.forEach((i, k) => (judged[i] = value[k]!));
  return judged;
}

/** Accuracy of one design less another's, on the same images. */
export function pairedAccuracy(evaluated: ReadonlyMap<string, Evaluated>) {
  return (a: string, b: string) => {
    const [first, second] = [evaluated.get(a)!, evaluated.get(b)!];
    return clusteredDifference(first.delivered, second.delivered, { first: first.clean, second: second.clean });
  };
}
