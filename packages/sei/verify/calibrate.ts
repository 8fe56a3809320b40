/** @file What this machine's hosts take by themselves: measured on a link that takes nothing, before and after each cell. */
import { isExitWork, simulateSteps } from "@split-et-impera/core/design";
import type { Step } from "@split-et-impera/core/frames";
import { workSteps } from "@split-et-impera/core/frames";
import { randomStream } from "@split-et-impera/core/random";
import { quantile } from "@split-et-impera/core/statistics";
import { withUplink, type Study } from "@split-et-impera/core/study";
import type { FrameLine } from "../run/index.ts";
import { isPaced } from "./pace.ts";

/** Seconds, of each frame of the calibration but the first ones. */
export interface Calibration {
  /** Handing messages over and taking them, waking up, all that no step of a prediction is. */
  overhead: number[];
  /** Of the work of hosts that are this machine itself, by its part in the design. */
  parts: Record<string, number[]>;
}

/** Frames of a run that are not counted: code is compiled, caches are filled. */
export const warmUp = 20;
/** Of a calibration, beside those. */
export const calibrationFrames = 120;

/** The study over a link that is not felt: what is left is the hosts' own. */
export function calibrationStudy(study: Study): Study {
  return {
    ...withUplink(study, () => ({ rate: 1e9, delay: 0, loss: { rate: 0, burst: 1 } })),
    frames: { ...study.frames, count: warmUp + calibrationFrames },
  };
}

/**
 * @param study that of {@link calibrationStudy}
 * @param lines the frames of its runs
 */
export function calibrationOf(study: Study, steps: readonly Step[], lines: readonly FrameLine[]): Calibration {
  const simulated = simulateSteps(study, steps).frames;
  const here = new Set(
    workSteps(steps).flatMap((step) => (step.kind === "compute" && !isPaced(step.host, study) ? [step.part] : [])),
  );
  const overhead: number[] = [];
  const parts: Record<string, number[]> = {};
  for (const { frame, captured, answered, exit, parts: seen } of lines) {
    if (frame < warmUp || answered === null) continue;
    const { wire, answer } = simulated[frame]!.parts;
    const { head = 0, encode = 0, decode = 0, tail = 0 } = seen;
    overhead.push(Math.max(0, answered - captured - head - encode - decode - tail - wire - answer));
    for (const [name, seconds] of Object.entries({ head, encode, decode, tail }))
      // What left at an exit did no more than that.
      if (here.has(name) && (name === "head" || !exit)) (parts[name] ??= []).push(seconds);
  }
  return { overhead, parts };
}

/** A design's steps with the work of hosts that are this machine itself as the calibration found it. */
export function calibrated(
  steps: readonly Step[],
  study: Pick<Study, "hosts" | "frames" | "seed">,
  { parts }: Calibration,
): Step[] {
  return steps.map((step) => {
    const samples = step.kind === "compute" && !isPaced(step.host, study) ? parts[step.part] : undefined;
    if (step.kind !== "compute" || !samples || samples.length === 0) return step;
    // A run tells head and exit as one.
    if (isExitWork(step.work)) return { ...step, ns: 0 };
    const random = randomStream(study.seed, `calibration/${step.part}`);
    const ns = Float64Array.from({ length: study.frames.count }, () =>
      Math.round(1e9 * samples[random.integer(samples.length)]!),
    );
    return { ...step, ns };
  });
}

/** Seconds of overhead of each frame, drawn. */
export function overheads({ overhead }: Calibration, count: number, seed: number): Float64Array {
  const random = randomStream(seed, "calibration/overhead");
  return Float64Array.from({ length: count }, () =>
    overhead.length === 0 ? 0 : overhead[random.integer(overhead.length)]!,
  );
}

/** For people and the table: medians. */
export function calibrationMedians({ overhead, parts }: Calibration): Record<string, number> {
  const found: Record<string, number> = {
    overhead:
      overhead.length === 0
        ? 0
        : quantile(
            overhead.toSorted((a, b) => a - b),
            0.5,
          ),
  };
  for (const [name, samples] of Object.entries(parts))
    found[name] = quantile(
      samples.toSorted((a, b) => a - b),
      0.5,
    );
  return found;
}
