/** @file A deployment run between real hosts, beside what was predicted of it, or would be over the way as it was measured. */
import {
  latencyCurve,
  qualityOf,
  simulateSteps,
  wayOf,
  withExitAnswers,
  type FrameOutcome,
  type LatencyCurve,
} from "@split-et-impera/core/design";
import { answerForm, type Deployment } from "@split-et-impera/core/deploy";
import { InputError } from "@split-et-impera/core/errors";
import type { LinkOptions } from "@split-et-impera/core/study";
import { openTask, type Evidence } from "@split-et-impera/core/task";
import type { FrameLine } from "../run/index.ts";
import { calibrated, calibrationMedians, warmUp, type Calibration } from "./calibrate.ts";
import type { Cell, Figures } from "./cell.ts";
import { curveFigures } from "./curve-figures.ts";
import { predictedParts } from "./predict.ts";
import { seiCommand, start } from "./process.ts";
import { evidenceOf, judged, measuredOf } from "./verify.ts";

export interface BetweenOptions {
  deployment: Deployment;
  /** What `sei run` is called with: bundle, source, where the other hosts are, trust. */
  argv: readonly string[];
  /** Frames that are compared; {@link warmUp} more are run. */
  count: number;
  signal: AbortSignal;
  onFrame(count: number): void;
}

/** Runs the host that captures, here; the others run where they are. Throws `InputError` `ERR_VERIFICATION` where it ends early. */
export async function runBetween({ deployment, argv, count, signal, onFrame }: BetweenOptions): Promise<FrameLine[]> {
  const lines: FrameLine[] = [];
  const wanted = count + warmUp;
  const command = seiCommand(["run", ...argv, "--count", String(wanted), "--in-flight", "100000", "--json"]);
  const said = await start(command.flat(), signal, (line) => {
    lines.push(JSON.parse(line) as FrameLine);
    onFrame(lines.length);
  }).ended;
  signal.throwIfAborted();
  if (lines.length !== wanted)
    throw new InputError(
      "ERR_VERIFICATION",
      `${deployment.frames.host} ended after ${lines.length} of ${wanted} frames: ${said}`,
    );
  return lines.toSorted((a, b) => a.frame - b.frame);
}

/**
 * A run's frames beside the deployment's own prediction; with `links`, beside the design simulated over these, with the hosts'
 * work as the run itself found it.
 * @throws InputError `ERR_VERIFICATION` where the links are not those of a deployment of two hosts
 */
export function cellBetween(deployment: Deployment, lines: readonly FrameLine[], links?: readonly LinkOptions[]): Cell {
  const { predicted: own, deadlineNs, id, task, crossings, frames } = deployment;
  const deadline = deadlineNs / 1e9;
  const clean = firstShown(lines);
  const {
    measured,
    curve,
    parts: means,
  } = measuredOf(lines, { deadline, task, clean, exits: own.exited !== undefined });
  const over = links && simulatedOver(deployment, lines, links);
  const { curve: said } = over ?? own.latency;
  if (!said)
    throw new InputError("ERR_VERIFICATION", `${id}: its manifest tells no distribution of latencies; design it again`);
  const predicted: Figures<number> = {
    ...curveFigures(said, deadline),
    bytes: own.bytesPerFrame,
    ...(own.exited && { exits: own.exited.share.value, exitFallbacks: own.exited.fallback.value }),
    quality: qualityOf(own.quality).value,
  };
  const parts: Record<string, number> = over ? predictedParts(over.frames) : {};
  const [link] = links ?? [];
  const compared = lines.slice(warmUp);
  return judged({
    name: id,
    transport: crossings[0]?.transport.kind ?? "none",
    ...(link && { rate: link.rate, delay: link.delay, loss: link.loss.rate, burst: link.loss.burst }),
    frames: compared.length,
    deadline,
    task,
    clean,
    calibration: over ? over.work : {},
    predicted,
    measured,
    curves: { predicted: said, measured: curve },
    parts: Object.entries(means).map(([step, seconds]) => ({
      step,
      ...(parts[step] !== undefined && { predicted: parts[step] }),
      measured: seconds,
    })),
    doubts: doubtsOf(compared, frames.rate),
    link: { kind: "real", lossesByLink: compared.reduce((sum, { missing }) => sum + missing, 0), dropsInBuffers: 0 },
  });
}

/** By sample, its answer as it was judged when it was first shown; none where nothing is known of samples. */
function firstShown(lines: readonly FrameLine[]): Evidence[] {
  const again = lines.findIndex(({ frame, of }) => frame > 0 && of === "0");
  return evidenceOf(again < 0 ? lines : lines.slice(0, again));
}

/**
 * The one link between the hosts of a deployment of two.
 * @throws InputError `ERR_VERIFICATION` where there is none, or more
 */
export function linkBetween(names: readonly string[], links: readonly LinkOptions[]): LinkOptions {
  const [link, ...others] = links;
  if (names.length === 2 && link && others.length === 0 && names.every((name) => link.between.includes(name)))
    return link;
  const got = links.map(({ between }) => between.join(" and ")).join(", ") || "none";
  throw new InputError("ERR_VERIFICATION", `--link: expected one link between ${names.join(" and ")}, got ${got}`);
}

/** The frames simulated over links, and medians of the work that they were simulated with. */
function simulatedOver(
  deployment: Deployment,
  lines: readonly FrameLine[],
  links: readonly LinkOptions[],
): { frames: FrameOutcome[]; curve: LatencyCurve; work: Record<string, number> } {
  const { design, frames, hosts } = deployment;
  const link = linkBetween(Object.keys(hosts), links);
  const all = Object.fromEntries(link.between.map((name) => [name, { speed: 1 }]));
  const study = { hosts: all, links: [link], frames: { ...frames, count: lines.length }, seed: 1 };
  const work = workOf(lines);
  const sent = Uint32Array.from(lines, ({ bytes, message = bytes }) => message);
  // 1 ns stands for work, and is replaced by what the run found.
  const steps = wayOf(design, study, {
    ns: () => 1,
    bytes: () => sent,
    answer: () => answerBytes(deployment, lines),
    deadline: deployment.deadlineNs,
    ...(design.exits && { taken: () => Uint8Array.from(lines, ({ exit }) => (exit ? 1 : 0)) }),
  });
  const found = simulateSteps(study, calibrated(steps, study, work)).frames.slice(warmUp);
  const simulated = withExitAnswers(found, deployment.deadlineNs / 1e9);
  const { overhead: _, ...medians } = calibrationMedians(work);
  const curve = latencyCurve(Float64Array.from(simulated, ({ latency }) => latency));
  return { frames: simulated, curve, work: medians };
}

/** Bytes of each frame's answer on its way; without one, as few as there may be. */
function answerBytes({ task, reads, frames }: Deployment, lines: readonly FrameLine[]): Uint32Array {
  const form = answerForm(openTask(task), reads);
  const { bytes: least } = frames.answer;
  return Uint32Array.from(lines, ({ answer }) => (answer === null ? least : Math.max(least, form.bytes(answer))));
}

/** Seconds of the hosts' work, of all answered frames behind the first ones. */
function workOf(lines: readonly FrameLine[]): Calibration {
  const parts: Record<string, number[]> = {};
  for (const { parts: seen } of lines.slice(warmUp))
    for (const name of ["head", "encode", "decode", "tail"] as const) {
      const { [name]: seconds } = seen;
      if (seconds !== undefined) (parts[name] ??= []).push(seconds);
    }
  return { overhead: [], parts };
}

/** What speaks against the run. */
function doubtsOf(lines: readonly FrameLine[], rate: number): string[] {
  const count = (which: (line: FrameLine) => boolean): number => lines.filter(which).length;
  const disconnected = count(({ why }) => why === "disconnected");
  const seconds = lines.at(-1)!.captured - lines[0]!.captured;
  const slow = (lines.length - 1) / seconds < 0.95 * rate;
  return [
    ...(disconnected > 0 ? [`${disconnected} frames found no connection`] : []),
    ...(slow ? [`frames were captured at ${((lines.length - 1) / seconds).toFixed(1)} a second, not at ${rate}`] : []),
  ];
}
