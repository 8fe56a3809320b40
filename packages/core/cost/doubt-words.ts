/** @file What is doubtful about measured times, in sentences. */
import { formatDuration } from "../units/index.ts";
import { fewest, widest, type Doubt, type DoubtfulTimes } from "./doubts.ts";

/** A line for each kind of doubt, with the worst case; none where nothing is doubtful. */
export function doubtLines(doubts: readonly Doubt[]): string[] {
  const lines: string[] = [];
  const say = (kind: Doubt["kind"], worse: (doubt: Doubt) => number, words: (doubt: Doubt) => string): void => {
    const [worst, ...others] = doubts.filter((one) => one.kind === kind).sort((a, b) => worse(b) - worse(a));
    if (!worst) return;
    lines.push(`${words(worst)}${others.length > 0 ? ` (and ${others.length} more)` : ""}`);
  };
  say(
    "prefix",
    ({ seconds }) => seconds,
    ({ work, seconds, whole = 0 }) =>
      `${work} takes ${formatDuration(seconds)}, the whole model ${formatDuration(whole)}: a part cannot take longer than the whole`,
  );
  say(
    "spread",
    ({ lo, hi }) => hi / lo,
    ({ work, lo, hi }) =>
      `${work} takes from ${formatDuration(lo)} to ${formatDuration(hi)}: more than ${widest} times as long`,
  );
  say(
    "runs",
    ({ n }) => -n,
    ({ work, n }) => `${work} rests on ${n} ${n === 1 ? "run" : "runs"}, fewer than ${fewest}`,
  );
  return lines;
}

/** A line for each kind of doubt, as loud as a terminal without colours allows. */
export function doubtWarnings(all: readonly DoubtfulTimes[]): string[] {
  return all.flatMap(({ source, doubts }) => doubtLines(doubts).map((line) => `DOUBTFUL TIMES, ${source}: ${line}`));
}
