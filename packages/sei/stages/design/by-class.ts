/** @file How well each class is answered, by the whole model and by the designs that a reader looks at first. */
import { namedDesigns, type ClassResult, type Result } from "@split-et-impera/core/design";
import { clusteredDifference, clusteredShare, type Trials } from "@split-et-impera/core/statistics";
import type { Dataset } from "../../data/index.ts";
import type { Evaluated } from "./evaluate.ts";

/** Designs at most; each costs eight numbers a class. */
const mostDesigns = 7;

/**
 * Qualities and drops by class, at the loss of `evaluated`; undefined where all test images are of one class.
 * @param baseline per test image, whether the whole model is right
 */
export function byClassOf(
  { classes, count, label }: Pick<Dataset, "classes" | "count" | "label">,
  baseline: Uint8Array,
  evaluated: readonly Evaluated[],
  found: Pick<Result, "designs" | "verdict">,
): ClassResult | undefined {
  const images = Map.groupBy(
    Array.from({ length: count }, (_, i) => i),
    label,
  );
  const present = [...images.keys()].toSorted((a, b) => a - b);
  if (present.length < 2) return undefined;
  const groups = present.map((one) => groupOf(images.get(one)!, count));
  const byId = new Map(evaluated.map((one) => [one.result.id, one]));
  const whole = groups.map(({ of }) => of(baseline));
  return {
    classes: present.map((one) => classes[one] ?? String(one)),
    whole: whole.map((scores) => clusteredShare({ scores })),
    designs: namedDesigns(found, mostDesigns).map(({ id }) => {
      const { clean, delivered } = byId.get(id)!;
      const own = groups.map(({ of, among }) => ({ clean: of(clean), delivered: among(delivered) }));
      return {
        id,
        quality: own.map(({ clean, delivered }) => clusteredShare(delivered, clean)),
        drop: own.map(({ clean, delivered }, i) =>
          clusteredDifference({ scores: whole[i]! }, delivered, { first: whole[i]!, second: clean }),
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
    of: (scores: Uint8Array): Uint8Array => Uint8Array.from(members, (member) => scores[member]!),
    among({ scores, samples }: Trials): Trials {
      const trials = Array.from(scores, (_, i) => i).filter((i) => place[samples ? samples[i]! : i]! >= 0);
      return {
        scores: trials.map((i) => scores[i]!),
        samples: trials.map((i) => place[samples ? samples[i]! : i]!),
      };
    },
  };
}
