/** @file Designs under loss: simulated frames, and the accuracy of what arrived. */
import {
  checkDesign,
  codecName,
  crossingCut,
  cutName,
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
  type TransportName,
} from "@split-et-impera/core/design";
import type { Step } from "@split-et-impera/core/frames";
import { withLoss, type Study } from "@split-et-impera/core/study";
import { clusteredDifference, clusteredShare, type Trials } from "@split-et-impera/core/statistics";
import { digest } from "../../store/index.ts";
import type { Prepared } from "./prepared.ts";
import type { Workbench } from "./workbench.ts";

/** A design at one loss rate, with what comparisons need. */
export interface Evaluated {
  result: DesignResult;
  /** Whether each test image is answered rightly when nothing is lost, and each frame as it was delivered. */
  clean: Uint8Array;
  delivered: Trials;
}

export interface EvaluateOptions {
  baseline: Uint8Array;
  deadline: number;
  loss: number;
}

/** Simulates the study's frames for a design over a transport, with this loss on all links, and judges the answers. */
export async function evaluate(
  bench: Workbench,
  prepared: Prepared,
  transport: TransportName | undefined,
  { baseline, deadline, loss }: EvaluateOptions,
): Promise<Evaluated> {
  const { study, test, hosts } = bench;
  const design = transport ? over(prepared.design, transport) : prepared.design;
  const steps = stepsOf(bench, study, prepared, design);
  const lossy = withLoss(study, loss);
  const { overload, ...simulated } = simulateSteps(lossy, steps);
  let { frames } = simulated;
  const imageOf = (frame: number): number => frame % test.count;
  const clean = prepared.correct;
  let delivered: Trials = { scores: clean };
  let changed = false;
  if (transport === "udp") {
    const judged = await judge(bench, prepared, frames, imageOf);
    changed = loss > 0 || frames.some(({ latency, missing }) => latency === Infinity || missing.length > 0);
    frames = frames.map((frame, i) => (judged[i] === 2 ? { ...frame, latency: Infinity } : frame));
    delivered = { scores: judged.map((state) => (state === 1 ? 1 : 0)), samples: frames.map((_, i) => imageOf(i)) };
  }
  const doubt = doubtOf(bench, lossy, steps);
  const summary = summariseFrames(frames, deadline, doubt.latency);
  const metrics = {
    accuracy: { clean: clusteredShare({ scores: clean }), delivered: clusteredShare(delivered, clean) },
    // The unchanged model differs from itself by nothing, which no sample needs to show.
    accuracyDrop:
      prepared.exact && !changed
        ? { value: 0, lo: 0, hi: 0, n: test.count }
        : clusteredDifference({ scores: baseline }, delivered, { first: baseline, second: clean }),
    ...summary,
    ...(overload && { overload }),
    bytes: prepared.bytes ? prepared.bytes.reduce((sum, size) => sum + size, 0) / prepared.bytes.length : 0,
    throughput: sustainedRate(lossy, steps),
    ...(doubt.throughput.lo < doubt.throughput.hi && { throughputInterval: doubt.throughput }),
    memory: Object.fromEntries([hosts.capturing, hosts.other].map((host) => [host, prepared.memory[host] ?? 0])),
  };
  const result: DesignResult = {
    id: designId(design),
    ...wordsFor(design),
    ...metrics,
    checks: checkDesign(metrics, study.requirements),
    pareto: false,
  };
  return { result, clean, delivered };
}

/** What a result says of a design beside its figures. */
function wordsFor(design: Design): Pick<DesignResult, "kind" | "cut" | "codec" | "bottleneck" | "transport"> {
  const [crossing] = design.crossings;
  const kind = kindOf(design);
  const transport = crossing?.transport ?? design.answer?.transport;
  return {
    kind: kind === "EE" ? "SC" : kind,
    ...(crossing && crossing.after >= 0 && { cut: cutName(crossingCut(design, crossing)) }),
    ...(crossing && { codec: codecName(crossing.codec) }),
    ...(crossing?.bottleneck && { bottleneck: crossing.bottleneck.compression }),
    ...(transport && { transport: transport.kind }),
  };
}

/**
 * What the intervals of measured times let latencies and the throughput differ by: all work at either end. Latencies are
 * without bound upwards where the slow end would keep a host busier than it can be.
 */
function doubtOf(
  { costs }: Pick<Workbench, "costs">,
  study: Study,
  steps: readonly Step[],
): { latency: Doubt; throughput: { lo: number; hi: number } } {
  const latency = { less: 0, more: 0 };
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
  }
  const throughput = { lo: sustainedRate(study, moved("hi")), hi: sustainedRate(study, moved("lo")) };
  if (throughput.lo < study.frames.rate) latency.more = Infinity;
  return { latency, throughput };
}

/** What each frame of a design passes, at times drawn from what was measured and at measured sizes; frame i shows test image i modulo their number. */
export function stepsOf(
  { frames, test }: Pick<Workbench, "frames" | "test">,
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
  bench: Workbench,
  prepared: Prepared,
  frames: readonly FrameOutcome[],
  imageOf: (frame: number) => number,
): Promise<Uint8Array> {
  const judged = Uint8Array.from(frames, ({ latency }, i) =>
    latency === Infinity ? 2 : prepared.correct[imageOf(i)]!,
  );
  const holed = frames.flatMap(({ latency, missing }, i) => (latency < Infinity && missing.length > 0 ? [i] : []));
  if (holed.length === 0 || !prepared.receive) return judged;
  const arrived = holed.map((i) => ({ image: imageOf(i), missing: frames[i]!.missing }));
  const key = [
    bench.modelHash,
    bench.testKey,
    bench.trainKey,
    bench.study.seed,
    prepared.name,
    prepared.key,
    digest(arrived),
  ];
  const { value } = await bench.cache.get("lossy", key, () => prepared.receive!(arrived));
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
