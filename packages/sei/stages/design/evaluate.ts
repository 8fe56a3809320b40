/** @file Designs under loss: simulated frames, and the accuracy of what arrived. */
import {
  checkDesign,
  designId,
  doubtOf,
  framesResult,
  kindOf,
  over,
  sentByImage,
  servingOf,
  stepsByImage,
  togetherOn,
  type Design,
  type DesignResult,
  type TimesDoubt,
  type TransportSpec,
} from "@split-et-impera/core/design";
import { costTable, type Costs, type CostTable, type HostSpeed } from "@split-et-impera/core/cost";
import type { Step } from "@split-et-impera/core/frames";
import { atLoss, deadlineOf, type Study } from "@split-et-impera/core/study";
import {
  dropsOf,
  pairedOf,
  pairedOfScores,
  pairedScores,
  qualitiesOf,
  type AnyTask,
  type Judged,
  type MetricWords,
  type Quality,
  type Evidence,
} from "@split-et-impera/core/task";
import type { Exam } from "../answers/index.ts";
import type { Context, Kept, Stage } from "../context.ts";
import { runEach, runStage } from "../run-stage.ts";
import { deliver, deliveredOf, type Damage, type Sent } from "./delivery.ts";
import { exitedOf } from "./fallback.ts";
import { pairedClean } from "./paired.ts";
import type { Prepared } from "./prepared.ts";
import type { Subject } from "./subject.ts";

/** A design at one loss rate, with what comparisons need. */
export interface Evaluated {
  result: DesignResult;
  /** The answer to each test image, judged when nothing is lost, and that of each frame as it was delivered. */
  clean: readonly Evidence[];
  delivered: Judged<Evidence>;
  /** How much worse than the unchanged model's the answers are when nothing is lost. */
  cleanDrop: Quality;
}

/** What a design is evaluated under. */
export interface Circumstances {
  /** The study, with the links and the frames that count here. */
  study: Study;
  /** Of packets: at the uplink's own all links are as they are, at another one all have that. */
  loss: number;
  /** Per test image, the unchanged model's answer judged. */
  baseline: readonly Evidence[];
  /** Whether only metrics count that the study asks for: of hundreds of cells nothing else is looked at. */
  asked?: true;
}

/** A design made ready, over a transport. */
export interface Candidate {
  prepared: Prepared;
  transport: TransportSpec | undefined;
}

interface EvaluationInput extends Circumstances, Sent {
  /** What latencies may differ by, since times are measured. */
  doubt: TimesDoubt;
}

interface Outcome {
  metrics: Omit<DesignResult, keyof Design | "id" | "kind" | "checks" | "pareto">;
  cleanDrop: Quality;
  /** What is otherwise alone: evidence of thousands of samples, kept for every loss and rate, would fill disk and memory. */
  damage?: Damage;
}

/** What the answers without loss are worth, and how much less than the unchanged model's: alike over any link. */
const cleanStage: Stage<
  Pick<EvaluationInput, "subject" | "prepared" | "baseline">,
  Record<"quality" | "drop", Quality>
> = {
  name: "clean-quality",
  version: 1,
  key: ({ subject: { modelHash, testKey, trainKey, study }, prepared }) => [
    [modelHash, testKey, trainKey, study.seed],
    [prepared.name, prepared.key],
  ],
  async run({ subject, prepared: { clean, exact }, baseline }) {
    const { metrics } = subject.exam.task;
    return {
      quality: qualitiesOf(metrics, { evidence: clean }),
      drop: exact ? noDrop(metrics, clean.length) : dropsOf(metrics, { evidence: baseline }, { evidence: clean }),
    };
  },
};

/** The study's frames simulated for a design, and the answers judged. Requirements are none of its business. */
export const evaluationStage: Stage<EvaluationInput, Outcome> = {
  name: "evaluation",
  version: 9,
  key: ({ subject, study, loss, prepared, design, steps, doubt, asked }) => [
    [subject.modelHash, subject.testKey, subject.trainKey, prepared.key, designId(design)],
    [study.frames, study.links, study.seed, deadlineOf(study), loss],
    [steps, doubt, servingOf(study)].filter(Boolean),
    asked ? metricsOf({ subject, study, asked }).map(({ name }) => name) : "all",
  ],
  async run(input, context) {
    const { subject, study, loss, baseline, prepared, steps, doubt } = input;
    const { hosts } = subject;
    const of = metricsOf(input);
    const { frames, overload, damage, fallbacks } = await deliver(input, context);
    const lossy = atLoss(study, loss);
    const { clean } = prepared;
    const { value: whole } = await runStage(cleanStage, { subject, prepared, baseline }, context);
    const delivered = deliveredOf(input, damage);
    const metrics = {
      quality: damage && damage.size > 0 ? qualitiesOf(of, delivered, clean) : whole.quality,
      clean: whole.quality,
      drop:
        !damage || (damage.size === 0 && (loss === 0 || !prepared.exact))
          ? whole.drop
          : dropsOf(of, { evidence: baseline }, delivered, { first: baseline, second: clean }),
      ...framesResult(lossy, input.design, steps, { frames, ...(overload && { overload }) }, doubt),
      ...(prepared.exit && { exited: exitedOf(prepared.exit, fallbacks, frames.length) }),
      bytes: sentByImage(input.design, { bytes: prepared.bytes, taken: prepared.exit?.taken }),
      memory: Object.fromEntries([hosts.capturing, ...hosts.others].map((host) => [host, prepared.memory[host] ?? 0])),
    };
    return { metrics, cleanDrop: whole.drop, ...(damage && { damage }) };
  },
};

function metricsOf({
  subject,
  study,
  asked,
}: Pick<EvaluationInput, "subject" | "study" | "asked">): AnyTask["metrics"] {
  const { metrics } = subject.exam.task;
  if (!asked) return metrics;
  const named = new Set([...study.requirements.map(({ metric }) => metric), ...study.objective]);
  const wanted = metrics.filter(({ name }) => named.has(name) || named.has(`${name}-drop`));
  return wanted.length > 0 ? wanted : metrics.slice(0, 1);
}

/** The unchanged model differs from itself by nothing, which no sample needs to show. */
const noDrop = (metrics: readonly MetricWords[], n: number): Quality =>
  Object.fromEntries(metrics.map(({ name }) => [name, { value: 0, lo: 0, hi: 0, n }]));

/** The simulated frames of a design at one loss rate. */
export interface DesignFrames {
  loss: number;
  /** The design's id. */
  design: string;
  /** By frame: the test image that it shows, seconds from capture to answer (Infinity: never), and how far the answer is right, from 0 to 1. */
  frames: { image: number; latency: number; right?: number }[];
}

/** The frames of designs that were evaluated, one design at a time: they are simulated again, which takes less than keeping them. */
export async function* framesOf(
  grounds: Grounds,
  candidates: readonly Candidate[],
  circumstances: Circumstances,
  context: Context,
): AsyncGenerator<DesignFrames> {
  const { test, exam } = grounds.subject;
  const { count } = test;
  const { score } = exam.task.metrics[0]!;
  for (const candidate of candidates) {
    context.signal.throwIfAborted();
    const input = inputOf(grounds, candidate, circumstances);
    const { frames, damage } = await deliver(input, context);
    const delivered = deliveredOf(input, damage);
    yield {
      loss: circumstances.loss,
      design: designId(input.design),
      frames: frames.map(({ latency }, i) => {
        const image = i % count;
        const evidence = delivered.evidence[delivered.samples ? i : image]!;
        return { image, latency, ...(score && { right: latency < Infinity ? score(evidence) : 0 }) };
      }),
    };
  }
}

/** What designs are evaluated on. */
export interface Grounds {
  subject: Subject;
  /** Everything that costs come from, for keys. */
  prices: unknown;
  /** Bytes of the answer to each test image on its way. */
  answers: Uint32Array;
  /** What timed work costs on the study's hosts. */
  costs: CostTable;
  /** Nanoseconds that it takes for each frame of the study; the same whenever it is asked. */
  frames(host: string, work: string): Float64Array;
  /** How many times as long as one n frames of it take together, by n - 1; undefined where each is done alone. */
  together(host: string, work: string): number[] | undefined;
}

/**
 * Grounds from the study's hosts and what was measured here.
 * @param answers bytes that the unchanged model's answers take; each takes as many at least as the study says
 */
export function groundsOf(
  subject: Subject,
  speeds: Record<string, HostSpeed>,
  here: Costs,
  answers: Uint32Array,
): Grounds {
  const { frames, seed } = subject.study;
  const least = Math.ceil(frames.answer.bytes);
  const costs = costTable(speeds, here);
  const drawn = new Map<string, Float64Array>();
  return {
    subject,
    prices: [speeds, here],
    answers: answers.map((bytes) => Math.max(least, bytes)),
    costs,
    frames(host, work) {
      const name = JSON.stringify([host, work]);
      const known = drawn.get(name) ?? costs.frames(host, work, frames.count, seed);
      drawn.set(name, known);
      return known;
    },
    together: togetherOn(subject.study, costs),
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
  for await (const { value, cached } of runEach(evaluationStage, inputs, context)) {
    const input = inputs[i++]!;
    const { prepared, design } = input;
    const { metrics, cleanDrop, damage } = value;
    const checks = checkDesign(metrics, study.requirements);
    const result: DesignResult = {
      id: designId(design),
      kind: kindOf(design),
      ...design,
      ...metrics,
      checks,
      pareto: false,
    };
    const delivered = deliveredOf(input, damage);
    yield { value: { result, clean: prepared.clean, cleanDrop, delivered }, cached };
  }
}

function inputOf(grounds: Grounds, { prepared, transport }: Candidate, circumstances: Circumstances): EvaluationInput {
  const { study, loss } = circumstances;
  const design = transport ? over(prepared.design, transport, study) : prepared.design;
  const steps = stepsOf(grounds, study, prepared, design);
  const doubt = doubtOf(grounds.costs, atLoss(study, loss), steps);
  return { ...circumstances, subject: grounds.subject, prepared, design, steps, doubt };
}

/** What each frame of a design passes, at times drawn from what was measured and at measured sizes. */
export function stepsOf(
  { frames, together, answers, subject: { test } }: Grounds,
  study: Study,
  { bytes, exit }: Pick<Prepared, "bytes" | "exit">,
  design: Design,
): Step[] {
  return stepsByImage(design, study, {
    images: test.count,
    frames,
    together,
    answers,
    ...(bytes && { bytes }),
    ...(exit && { taken: exit.taken }),
  });
}

/** How much better one design is than another by a metric of the task, on the same images. */
export function pairedQuality({ task }: Pick<Exam, "task">, evaluated: ReadonlyMap<string, Evaluated>) {
  const known = new Map<string, number[] | undefined>();
  const scoresOf = (id: string, of: AnyTask["metrics"][number], { delivered, clean }: Evaluated) => {
    const name = JSON.stringify([id, of.name]);
    if (!known.has(name)) known.set(name, pairedScores(of, delivered, clean));
    return known.get(name);
  };
  return (a: string, b: string, metric: string) => {
    const [first, second] = [evaluated.get(a)!, evaluated.get(b)!];
    const of = task.metrics.find(({ name }) => name === metric)!;
    if (first.delivered.evidence === first.clean && second.delivered.evidence === second.clean)
      return pairedClean(task, of, first.clean, second.clean);
    const [one, other] = [scoresOf(a, of, first), scoresOf(b, of, second)];
    if (one && other) return pairedOfScores(of, one, other);
    return pairedOf(of, first.delivered, second.delivered, { first: first.clean, second: second.clean });
  };
}
