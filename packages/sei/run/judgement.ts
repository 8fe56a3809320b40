/** @file Answers of a run judged by what the source knows of its samples, as the deployment's task judges them. */
import { InputError } from "@split-et-impera/core/errors";
import {
  judgedByModel,
  judges,
  openTask,
  qualityOf,
  type AnyTask,
  type Evidence,
  type Quality,
} from "@split-et-impera/core/task";
import type { Deployment } from "@split-et-impera/core/deploy";
import type { Dataset } from "../data/index.ts";
import { Reservoir } from "./reservoir.ts";

/** What is known of a frame that shows a sample of data with truths. */
export interface Known {
  sample: number;
  /** As the task judges by it. */
  truth: unknown;
}

export interface Judgement {
  sample: number;
  evidence: Evidence;
  /** How far the answer is right, from 0 to 1, where one number says so. */
  right?: number;
}

/** What the data say of each sample; undefined where they do not say what the task judges by, or its truths are a model's. */
export function truthsOf(
  { task: spec }: Pick<Deployment, "task">,
  data: Pick<Dataset, "annotation">,
): ((sample: number) => unknown) | undefined {
  if (judgedByModel(spec.kind)) return undefined;
  const task = openTask(spec);
  const truth = (sample: number): unknown => task.truth(data.annotation(sample));
  try {
    truth(0);
    return truth;
  } catch (error) {
    if (error instanceof InputError && error.code === "ERR_TASK_TRUTH") return undefined;
    throw error;
  }
}

/** @param says undefined where there is no answer */
export function judge(task: AnyTask, says: unknown, { sample, truth }: Known): Judgement {
  const evidence = evidenceOf(task, says, truth);
  const { score } = task.metrics[0]!;
  return { sample, evidence, ...(score && { right: score(evidence) }) };
}

/** What another host says need not be an answer of the task; then it is none. */
function evidenceOf(task: AnyTask, says: unknown, truth: unknown): Evidence {
  try {
    return task.judge(says, truth);
  } catch (error) {
    if (says === undefined) throw error;
    return task.judge(undefined, truth);
  }
}

/** Judged frames that a run's qualities are told from: of more, so many drawn at random. */
export const mostJudged = 8192;

/** Judgements added up. */
export class RunQuality {
  private readonly task: AnyTask;
  private readonly judged = new Reservoir<Judgement>(mostJudged, "judgements");

  constructor(task: AnyTask) {
    this.task = task;
  }

  add(judgement: Judgement): void {
    this.judged.add(judgement);
  }

  /** Every metric of the task, a sample counting once; undefined where nothing was judged. Metrics that look at nothing shown are left out. */
  get quality(): Quality | undefined {
    const { kept } = this.judged;
    if (kept.length === 0) return undefined;
    const of = { evidence: kept.map(({ evidence }) => evidence), samples: kept.map(({ sample }) => sample) };
    const able = this.task.metrics.filter((metric) => judges(metric, of.evidence));
    return Object.fromEntries(able.map((metric) => [metric.name, qualityOf(metric, of)]));
  }
}
