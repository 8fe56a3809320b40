/** @file Which work of a study's hosts is done for several frames at once, and how long it takes. */
import { timesTogether, type CostTable } from "../cost/index.ts";
import type { Study } from "../study/index.ts";

/** Whether a work runs a part of the model: the rest, coding and exits, is done frame by frame. */
const runsModel = (work: string): boolean => /^(whole$|head@|part@|tail@)/.test(work);

/** How many times as long n frames take together, by n - 1; undefined where each is done alone. As `Costs` of a way asks for it. */
export function togetherOn(
  { hosts }: Pick<Study, "hosts">,
  costs: CostTable,
): (host: string, work: string) => number[] | undefined {
  return (host, work) => {
    const { batch } = hosts[host]!;
    if (!batch || !runsModel(work)) return undefined;
    return timesTogether(work, batch.size, (one) => costs.of(host, one).seconds);
  };
}
