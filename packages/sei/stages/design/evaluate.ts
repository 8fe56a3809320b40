/** @file Designs under loss: simulated frames, and the accuracy of what arrived. */
import {
  arrangementName,
  checkDesign,
  inputName,
  simulateDesign,
  summariseFrames,
  sustainedRate,
  type DesignResult,
  type FrameOutcome,
  type TransportName,
  type Work,
} from "@split-et-impera/core/design";
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

/** Simulates the study's frames for an arrangement over a transport and judges the answers. */
export async function evaluate(
  bench: Workbench,
  prepared: Prepared,
  transport: TransportName | undefined,
  { baseline, deadline, loss }: EvaluateOptions,
): Promise<Evaluated> {
  const { study, test, hosts } = bench;
  const work = workOf(bench, prepared);
  let frames = simulateDesign(study, work, transport, loss);
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
  const summary = summariseFrames(frames, deadline);
  const { arrangement } = prepared;
  const metrics = {
    accuracy: { clean: clusteredShare({ scores: clean }), delivered: clusteredShare(delivered, clean) },
    // The unchanged model differs from itself by nothing, which no sample needs to show.
    accuracyDrop:
      prepared.exact && !changed
        ? { value: 0, lo: 0, hi: 0, n: test.count }
        : clusteredDifference({ scores: baseline }, delivered, { first: baseline, second: clean }),
    ...summary,
    bytes: prepared.bytes ? prepared.bytes.reduce((sum, size) => sum + size, 0) / prepared.bytes.length : 0,
    throughput: sustainedRate(work, study.links[0]!, transport),
    memory: Object.fromEntries([hosts.capturing, hosts.other].map((host) => [host, prepared.memory[host] ?? 0])),
  };
  const result: DesignResult = {
    id: [arrangementName(arrangement), transport].filter(Boolean).join(" "),
    kind: arrangement.kind,
    ...(arrangement.kind === "SC" && {
      cut: arrangement.cut,
      codec: arrangement.codec,
      ...(arrangement.bottleneck && { bottleneck: arrangement.bottleneck.compression }),
    }),
    ...(arrangement.kind === "RC" && { codec: inputName(arrangement.input) }),
    ...(transport && { transport }),
    ...metrics,
    checks: checkDesign(metrics, study.requirements),
    pareto: false,
  };
  return { result, clean, delivered };
}

/** Seconds on the study's hosts and bytes per frame. */
export function workOf({ seconds, study, test, hosts }: Workbench, { work, bytes }: Prepared): Work {
  const on = (host: string, name: string | undefined): number => (name === undefined ? 0 : seconds(host, name));
  return {
    head: on(hosts.capturing, work.head),
    encode: on(hosts.capturing, work.encode),
    ...(bytes && {
      remote: {
        bytes: Uint32Array.from({ length: study.frames.count }, (_, i) => bytes[i % test.count]!),
        decode: on(hosts.other, work.decode),
        tail: on(hosts.other, work.tail),
      },
    }),
  };
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
  const key = [bench.modelHash, bench.testKey, bench.trainKey, bench.study.seed, prepared.arrangement, digest(arrived)];
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
