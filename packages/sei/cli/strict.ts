/** @file The flag `--strict`: doubtful times are an error and not a warning. */
import { doubtLines, type Doubt } from "@split-et-impera/core/cost";
import { InputError } from "@split-et-impera/core/errors";

export const strictFlag = {
  type: "boolean",
  description:
    "refuse times that contradict each other, vary by more than half, or rest on fewer than 10 runs (default: warn)",
} as const;

/**
 * @param source where the times are from: `profile camera.json`, `measured here`
 * @throws InputError `ERR_PROFILE_DOUBTFUL` where there is a doubt
 */
export function refuseDoubts(doubts: readonly Doubt[], source: string): void {
  if (doubts.length === 0) return;
  throw new InputError("ERR_PROFILE_DOUBTFUL", `--strict: ${source}: ${doubtLines(doubts).join("; ")}`);
}
