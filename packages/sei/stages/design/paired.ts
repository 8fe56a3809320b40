/** @file How much better one design's answers are than another's, worked out once for answers that are alike. */
import type { Estimate } from "@split-et-impera/core/statistics";
import { pairedOf, type AnyTask, type Evidence } from "@split-et-impera/core/task";
import { digest } from "../../store/index.ts";

/** By task: estimates by metric and by what both answers are. */
const known = new WeakMap<object, Map<string, Estimate>>();
/** Answers are plain data that nobody changes. */
const contents = new WeakMap<object, string>();

/**
 * Of answers when nothing is lost, as `pairedOf`. A study over rows of hosts compares hundreds of designs in every cell of its
 * map, and most of them answer alike, since only where they run differs; of metrics that are bootstrapped one comparison
 * takes up to a second.
 */
export function pairedClean(
  task: Pick<AnyTask, "metrics">,
  metric: AnyTask["metrics"][number],
  a: readonly Evidence[],
  b: readonly Evidence[],
): Estimate {
  const found = known.get(task) ?? new Map<string, Estimate>();
  known.set(task, found);
  const name = `${metric.name} ${contentOf(a)} ${contentOf(b)}`;
  const estimate = found.get(name) ?? pairedOf(metric, { evidence: a }, { evidence: b });
  found.set(name, estimate);
  return estimate;
}

function contentOf(answers: readonly Evidence[]): string {
  const content = contents.get(answers) ?? digest(answers);
  contents.set(answers, content);
  return content;
}
