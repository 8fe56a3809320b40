/** @file A distribution, drawn in text. */
import { formatDuration } from "@split-et-impera/core/units";

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/**
 * Bars of the counts of `values` (seconds, sorted, at least one) from the least to the 99th percentile, and one for
 * what lies beyond it.
 */
export function histogram(values: ArrayLike<number>, width = 48, rows = 12): string {
  const least = values[0]!;
  const most = values[values.length - 1]!;
  const end = values[Math.floor((values.length - 1) * 0.99)]!;
  const spread = end - least;
  // All but equal: one bar says it.
  const bins = spread <= least * 1e-4 ? 1 : rows;
  const counts = Array.from({ length: bins }, () => 0);
  let beyond = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value > end) beyond++;
    else counts[bins === 1 ? 0 : Math.min(bins - 1, Math.floor(((value - least) / spread) * bins))]!++;
  }
  const highest = Math.max(...counts, beyond);
  const bar = (count: number): string => {
    const eighths = Math.round((count / highest) * width * 8);
    const drawn = "█".repeat(eighths >> 3) + EIGHTHS[eighths & 7]!;
    return drawn === "" && count > 0 ? EIGHTHS[1]! : drawn;
  };
  const lines = counts.map((count, i) => [formatDuration(least + (spread * i) / bins), bar(count), count] as const);
  if (beyond > 0) lines.push([`> ${formatDuration(end)}`, bar(beyond), beyond]);
  const label = Math.max(...lines.map(([text]) => text.length));
  const drawn = lines.map(([text, bars, count]) => `${text.padStart(label)} ${bars}${count > 0 ? ` ${count}` : ""}`);
  return beyond > 0 ? [...drawn, `${" ".repeat(label)} most: ${formatDuration(most)}`].join("\n") : drawn.join("\n");
}
