/** @file What a way allows at best, without simulating it: the least latency of each frame. */
import { workSteps, type ComputeStep, type Step, type WorkStep } from "../frames/index.ts";
import { fastestRate, hopsAlong, type LinkOptions, type Study } from "../study/index.ts";

/**
 * Lower bounds of the latencies, in seconds, of frames that arrive whole: a frame takes no less than all of its steps
 * alone. And any one host with one core, or link over TCP, works on no frame before the first has come to it, has then to do this and
 * all earlier frames, and what comes behind it takes its time too. From the first datagrams on that holds no more: what
 * overflows a queue holds nobody up, and a frame that waits for lost ones is overtaken. Ways with exits or repetitions
 * have only the steps that every frame passes for sure.
 */
export function quickestLatencies(
  study: Pick<Study, "hosts" | "links" | "frames">,
  way: readonly Step[],
): Float64Array {
  const { rate, count } = study.frames;
  const certain = way.findIndex(({ kind }) => kind === "exit" || kind === "repeat");
  const steps = workSteps(certain < 0 ? way : way.slice(0, certain));
  const linksOf = (step: WorkStep): LinkOptions[] =>
    step.kind === "compute" ? [] : hopsAlong(study, step.from, [step.link].flat()).map(({ link }) => link);
  // Seconds by step and frame: how long it keeps its host or its slowest link busy, and all of it.
  const busy = (step: WorkStep, frame: number): number =>
    step.kind === "compute"
      ? leastNs(step, frame) / 1e9
      : (8 * ofFrame(step.bytes, frame)) / Math.min(...linksOf(step).map(fastestRate));
  const whole = (step: WorkStep, frame: number): number =>
    busy(step, frame) + linksOf(step).reduce((sum, { delay }) => sum + delay, 0);
  const total = (of: readonly WorkStep[], frame: number): number =>
    of.reduce((sum, step) => sum + whole(step, frame), 0);

  const datagrams = steps.findIndex((step) => step.kind === "transfer" && step.transport.kind === "udp");
  const inOrder = datagrams < 0 ? steps : steps.slice(0, datagrams);
  const single = (step: WorkStep): boolean => {
    const { cores = 1, batch } = (step.kind === "compute" && study.hosts[step.host]) || {};
    return cores === 1 && !batch;
  };
  const resources = [...new Set(inOrder.filter(single).map(resourceOf))].map((name) => {
    const mine = inOrder.filter((step) => resourceOf(step) === name);
    const before = total(steps.slice(0, steps.indexOf(mine[0]!)), 0);
    return { mine, after: steps.slice(steps.indexOf(mine.at(-1)!) + 1), done: before };
  });
  return Float64Array.from({ length: count }, (_, frame) => {
    let least = total(steps, frame);
    for (const resource of resources) {
      for (const step of resource.mine) resource.done += busy(step, frame);
      const last = resource.mine.at(-1)!;
      const way = whole(last, frame) - busy(last, frame);
      least = Math.max(least, resource.done + way + total(resource.after, frame) - frame / rate);
    }
    return least;
  });
}

/** What one thing at a time goes through: a host, or one connection over its links. */
function resourceOf(step: WorkStep): string {
  return step.kind === "compute" ? step.host : `${[step.link].flat().join()} from ${step.from}`;
}

/** In a batch a frame takes the time of another one's draw. */
function leastNs({ ns, together }: ComputeStep, frame: number): number {
  if (!together || typeof ns === "number") return ofFrame(ns, frame);
  return ns.reduce((least, one) => Math.min(least, one), Infinity);
}

function ofFrame(values: number | ArrayLike<number>, frame: number): number {
  return typeof values === "number" ? values : values[frame]!;
}
