/** @file Designs of a result simulated again, under other circumstances, from what the result keeps: as the study did it. */
import { internal } from "../errors/index.ts";
import type { Step } from "../frames/index.ts";
import { deadlineOf, type Study } from "../study/index.ts";
import { basisName, costsOf, ofImages, type Basis, type DesignBasis } from "./basis.ts";
import type { Design } from "./design.ts";
import { holesOf, withoutUnreadable, type Holes } from "./holes.ts";
import { sentByImage, stepsByImage, type ByImage } from "./image-steps.ts";
import type { DesignResult } from "./result.ts";
import {
  exitStandsAt,
  simulateSteps,
  summariseFrames,
  sustainedRate,
  withExitAnswers,
  type FrameOutcome,
  type Simulation,
} from "./simulate.ts";
import { doubtOf, type TimesDoubt } from "./times-doubt.ts";
import { togetherOn } from "./together.ts";

/** What a simulation tells of a design: all but the quality of its answers. */
export type FramesResult = Pick<
  DesignResult,
  "latency" | "parts" | "overload" | "deadlineMisses" | "framesLost" | "throughput" | "throughputInterval" | "holes"
>;

/**
 * What frames amount to.
 * @param study as it was simulated
 * @param simulation its frames as their answers came
 */
export function framesResult(
  study: Study,
  design: Pick<Design, "crossings">,
  steps: readonly Step[],
  { frames, overload }: Simulation,
  doubt: TimesDoubt,
): FramesResult {
  const holes = holesOf(design, steps, frames);
  return {
    ...summariseFrames(frames, deadlineOf(study), doubt.latency),
    ...(overload && { overload }),
    throughput: sustainedRate(study, steps),
    ...(doubt.throughput.lo < doubt.throughput.hi && { throughputInterval: doubt.throughput }),
    ...(holes && { holes }),
  };
}

export interface Again extends FramesResult {
  bytes: number;
  /** Share of frames for which an exit's answer stood. */
  fallback: number;
  /** Holes in messages; absent where nothing crosses as datagrams. */
  holes?: Holes;
  frames: FrameOutcome[];
}

export interface Simulator {
  /**
   * What each frame of it passes.
   * @throws internal where the result's basis does not know the design
   */
  steps(design: Design): Step[];
  /** @throws internal where the result's basis does not know the design */
  simulate(design: Design): Again;
}

/**
 * The designs of a result in the circumstances of a study: other links, speeds, frames or deadlines than the result's own.
 * With its own they give the result's figures, to the last digit.
 */
export function simulatorOf(basis: Basis, given: Study): Simulator {
  const study = given;
  const costs = costsOf(basis, study);
  const { images } = basis;
  const drawn = new Map<string, Float64Array>();
  const frames = (host: string, work: string): Float64Array => {
    const name = JSON.stringify([host, work]);
    const known = drawn.get(name) ?? costs.frames(host, work, study.frames.count, study.seed);
    drawn.set(name, known);
    return known;
  };
  const least = Math.ceil(study.frames.answer.bytes);
  const answers = Uint32Array.from(ofImages(basis.answers, images), (bytes) => Math.max(least, bytes));
  const deadline = deadlineOf(study);
  const together = togetherOn(study, costs);
  const knownOf = (design: Design): { known: DesignBasis; of: ByImage } => {
    const name = basisName(design);
    const known = Object.hasOwn(basis.designs, name) ? basis.designs[name]! : undefined;
    if (!known) throw internal(`no basis of "${name}"`);
    const of: ByImage = { images, frames, together, answers };
    if (known.bytes !== undefined)
      of.bytes = [known.bytes, ...(known.behind ?? [])].map((bytes) => Uint32Array.from(ofImages(bytes, images)));
    if (known.taken) {
      of.taken = new Uint8Array(images);
      for (const image of known.taken) of.taken[image] = 1;
    }
    return { known, of };
  };
  return {
    steps: (design) => stepsByImage(design, study, knownOf(design).of),
    simulate(design) {
      const { known, of } = knownOf(design);
      const steps = stepsByImage(design, study, of);
      const simulation = simulateSteps(study, steps);
      const readable = withoutUnreadable(design, steps, simulation.frames);
      const stands = exitStandsAt(deadline);
      const fallen = readable.filter(({ latency, unsure }) => unsure !== undefined && latency > stands).length;
      const found = known.taken ? withExitAnswers(readable, deadline) : readable;
      return {
        ...framesResult(study, design, steps, { ...simulation, frames: found }, doubtOf(costs, study, steps)),
        bytes: sentByImage(design, of),
        fallback: fallen / Math.max(1, found.length),
        frames: found,
      };
    },
  };
}
