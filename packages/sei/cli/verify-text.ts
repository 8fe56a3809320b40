/** @file A verification for people: predicted beside measured, and what holds. */
import { formatBytes, formatDuration, formatPercent } from "@split-et-impera/core/units";
import { table } from "./table.ts";
import { calibrationText, madeText, wayText, type Cell } from "../verify/index.ts";

const marks = { holds: "✓", "does not hold": "✕", undecided: "?" } as const;

export function cellText(cell: Cell): string {
  const { name, frames, predicted, measured, verdicts, parts, doubts, calibration } = cell;
  const time = (seconds: number | null): string =>
    seconds === null || seconds === Infinity ? "never" : formatDuration(seconds);
  const rows: string[][] = [];
  for (const key of ["p50", "p90", "p95", "p99"] as const) {
    const { value, lo, hi } = measured[key];
    const off = Number.isFinite(predicted[key]) && Number.isFinite(value) ? predicted[key] / value - 1 : undefined;
    rows.push([
      key,
      time(predicted[key]),
      time(value),
      `${time(lo)} to ${time(hi)}`,
      off === undefined ? "" : `${off < 0 ? "" : "+"}${formatPercent(off, 2)}`,
      marks[verdicts[key]!],
    ]);
  }
  const share = (key: "misses" | "quality", label: string): void => {
    const { [key]: seen } = measured;
    const { [key]: said } = predicted;
    if (!seen || said === undefined) return;
    rows.push([
      label,
      formatPercent(said),
      formatPercent(seen.value),
      `${formatPercent(seen.lo)} to ${formatPercent(seen.hi)}`,
      `${said < seen.value ? "" : "+"}${(100 * (said - seen.value)).toFixed(1)} points`,
      marks[verdicts[key]!],
    ]);
  };
  share("misses", "deadline misses");
  share("quality", "accuracy");
  rows.push(["bytes", formatBytes(predicted.bytes), formatBytes(measured.bytes.value), "", "", ""]);
  const own = Object.entries(calibration).map(([name, seconds]) => `${name} ${formatDuration(seconds)}`);
  const steps = parts.map(({ step, predicted: said, measured: seen }) => [
    step,
    said === undefined ? "" : formatDuration(said),
    formatDuration(seen),
  ]);
  return [
    `${marks[cell.holds]} ${name} over ${wayText(cell)}: ${cell.holds} (${frames} frames, ${madeText(cell)})`,
    table(["", "predicted", "measured", "95 % interval", "off", ""], rows, [1, 2, 3, 4]),
    table(["in the mean", "predicted", "measured"], steps, [1, 2]),
    ...(own.length > 0 ? [`of the prediction, ${calibrationText(cell)}: ${own.join(", ")}`] : []),
    ...doubts.map((doubt) => `doubtful: ${doubt}`),
  ].join("\n");
}
