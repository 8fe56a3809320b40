/** @file A verification for people: predicted beside measured, and what holds. */
import { openTask, type MetricWords } from "@split-et-impera/core/task";
import { formatBytes, formatDuration, formatPercent } from "@split-et-impera/core/units";
import { table } from "./table.ts";
import { calibrationText, madeText, wayText, type Cell } from "../verify/index.ts";

const marks = { holds: "✓", "does not hold": "✕", undecided: "?" } as const;

export function cellText(cell: Cell): string {
  const { name, frames, task, predicted, measured, verdicts, parts, doubts, calibration } = cell;
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
  const value = (
    key: "misses" | "exits" | "exitFallbacks" | "quality",
    label: string,
    { unit }: Pick<MetricWords, "unit">,
  ): void => {
    const { [key]: seen } = measured;
    const { [key]: said } = predicted;
    if (!seen || said === undefined) return;
    const text = unit === "share" ? formatPercent : (number: number): string => String(Number(number.toPrecision(4)));
    const off = unit === "share" ? `${(100 * (said - seen.value)).toFixed(1)} points` : text(said - seen.value);
    rows.push([
      label,
      text(said),
      text(seen.value),
      `${text(seen.lo)} to ${text(seen.hi)}`,
      `${said < seen.value ? "" : "+"}${off}`,
      marks[verdicts[key]!],
    ]);
  };
  value("misses", "deadline misses", { unit: "share" });
  value("exits", "left at the exit", { unit: "share" });
  value("exitFallbacks", "exit stood in", { unit: "share" });
  const [metric] = openTask(task).metrics;
  value("quality", metric!.name, metric!);
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
