/** @file A worker that simulates a design's frames up to one of them, and tells what its packets did. */
import { canSimulate, scenarioOf, simulatorOf, type Result } from "@split-et-impera/core/design";
import { frameJourney, workSteps, type FrameJourney } from "@split-et-impera/core/frames";

export type PacketsOrder = { result: Result } | { key: string; design: string; frame: number };

export interface Journey extends FrameJourney {
  /** What each work step is: `head of conv2`, or a link. */
  names: { kind: "compute" | "transfer"; at: string; what: string; part: string }[];
  /** Hosts in the order in which the frame meets them. */
  hosts: string[];
  /** By link: its two ends. */
  links: Record<string, [from: string, to: string]>;
}

export type PacketsReply = { key: string } & ({ journey: Journey } | { why: string });

let result: Result | undefined;

function journeyOf(id: string, frame: number): Journey {
  if (!result || !canSimulate(result)) throw new Error("This result does not keep what a simulation needs.");
  const design = result.designs.find((one) => one.id === id);
  if (!design) throw new Error(`There is no design "${id}".`);
  const steps = simulatorOf(result.basis, result.study).steps(design);
  const scenario = scenarioOf(result.study, steps);
  const work = workSteps(steps);
  return {
    ...frameJourney(scenario, frame),
    names: work.map((step) =>
      step.kind === "compute"
        ? { kind: "compute", at: step.host, what: step.work, part: step.part }
        : { kind: "transfer", at: step.from, what: step.to, part: step.part },
    ),
    hosts: [...new Set(work.flatMap((step) => (step.kind === "compute" ? [step.host] : [step.from, step.to])))],
    links: Object.fromEntries(scenario.links.map(({ name, from, to }) => [name, [from, to]])),
  };
}

addEventListener("message", ({ data }: MessageEvent<PacketsOrder>) => {
  if ("result" in data) {
    ({ result } = data);
    return;
  }
  try {
    postMessage({ key: data.key, journey: journeyOf(data.design, data.frame) } satisfies PacketsReply);
  } catch (error) {
    postMessage({ key: data.key, why: (error as Error).message } satisfies PacketsReply);
  }
});
