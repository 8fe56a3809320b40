/** @file The flag `--strict`: doubtful times are an error and not a warning. */
import { doubtLines, type DoubtfulTimes } from "@split-et-impera/core/cost";
import { InputError } from "@split-et-impera/core/errors";

export const strictFlag = {
  type: "boolean",
  description:
    "refuse times that contradict each other, vary by more than half, or rest on fewer than 10 runs (default: warn)",
} as const;

/** @throws InputError `ERR_PROFILE_DOUBTFUL` where there is a doubt */
export function refuseDoubts(all: readonly DoubtfulTimes[]): void {
  const found = all.filter(({ doubts }) => doubts.length > 0);
  if (found.length === 0) return;
  const lines = found.map(({ source, doubts }) => `${source}: ${doubtLines(doubts).join("; ")}`);
  throw new InputError("ERR_PROFILE_DOUBTFUL", `--strict: ${lines.join("; ")}`);
}
