/** @file How well each class is answered, by the whole model and by the designs that a reader looks at first. */
import { namedDesigns, type ClassResult, type Result } from "@split-et-impera/core/design";
import { pairedOf, qualityOf, type Judged, type Evidence } from "@split-et-impera/core/task";
import type { Dataset } from "../../data/index.ts";
import type { Exam } from "../answers/index.ts";
import type { Evaluated } from "./evaluate.ts";

/** Designs at most; each costs eight numbers a class. */
const mostDesigns = 7;

/**
 * Qualities by the task's first metric, and drops, by class, at the loss of `evaluated`; undefined where test images have
 * no class or all the same, or the metric is no mean over samples.
 * @param baseline per test image, the whole model's answer judged
 */
export function byClassOf(
  { task }: Pick<Exam, "task">,
  { classes, count, annotation }: Pick<Dataset, "classes" | "count" | "annotation">,
  baseline: readonly Evidence[],
  evaluated: readonly Evaluated[],
  found: Pick<Result, "designs" | "verdict">,
): ClassResult | undefined {
  const [metric] = task.metrics;
  // What is no mean over samples, such as F1, means nothing of those of one class.
  if (!metric?.score) return undefined;
  const images = Map.groupBy(
    Array.from({ length: count }, (_, i) => i),
    (i) => annotation(i).label ?? -1,
  );
  const present = [...images.keys()].filter((label) => label >= 0).toSorted((a, b) => a - b);
  if (present.length < 2) return undefined;
  const groups = present.map((one) => groupOf(images.get(one)!, count));
  const byId = new Map(evaluated.map((one) => [one.result.id, one]));
  const whole = groups.map(({ of }) => of(baseline));
  return {
    classes: present.map((one) => classes[one] ?? String(one)),
    whole: whole.map((evidence) => qualityOf(metric, { evidence })),
    designs: namedDesigns(found, mostDesigns).map(({ id }) => {
      const { clean, delivered } = byId.get(id)!;
      const own = groups.map(({ of, among }) => ({ clean: of(clean), delivered: among(delivered) }));
      return {
        id,
        quality: own.map(({ clean, delivered }) => qualityOf(metric, delivered, clean)),
        drop: own.map(({ clean, delivered }, i) =>
          pairedOf(metric, { evidence: whole[i]! }, delivered, { first: whole[i]!, second: clean }),
        ),
      };
    }),
  };
}

/** Some of the samples, counted anew from 0. */
function groupOf(members: readonly number[], count: number) {
  const place = new Int32Array(count).fill(-1);
  members.forEach((member, i) => (place[member] = i));
  return {
    of: (evidence: readonly Evidence[]): Evidence[] => members.map((member) => evidence[member]!),
    among({ evidence, samples }: Judged<Evidence>): Judged<Evidence> {
      const trials = Array.from(evidence, (_, i) => i).filter((i) => place[samples ? samples[i]! : i]! >= 0);
      return {
        evidence: trials.map((i) => evidence[i]!),
        samples: trials.map((i) => place[samples ? samples[i]! : i]!),
      };
    },
  };
}
