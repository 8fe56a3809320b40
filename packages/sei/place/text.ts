/** @file A study's placement in words. */
import { formatDuration, formatRate } from "@split-et-impera/core/units";
import { table } from "../cli/table.ts";
import type { PlacedPart, Stretch, StudyPlacement } from "./index.ts";

/** Pieces that add up to the whole within this share are taken to. */
const additive = 0.2;

const digits = (x: number): string => String(Number(x.toPrecision(4)));

export function placementText(placed: StudyPlacement): string {
  const { objective, segments, binding, runnerUp, breakEvens, measured } = placed;
  const proof = objective.gap <= 1e-9 ? "optimal" : `at most ${digits(100 * objective.gap)} % above the optimum`;
  const what =
    objective.name === "latency"
      ? `latency of a frame ${formatDuration(objective.value)}`
      : `a frame every ${formatDuration(objective.value)} (${digits(1 / objective.value)} per second)`;
  const lines = [`${what}: ${proof} (bound ${formatDuration(objective.bound)})`, ""];
  lines.push(
    table(
      ["host", "from", "to", "pieces", "compute"],
      segments.map(({ host, from, to, pieces, seconds }) => [
        host,
        from ?? "input",
        to ?? "output",
        String(pieces),
        formatDuration(seconds),
      ]),
      [3, 4],
    ),
    "",
  );
  for (const { part, seconds, share } of binding.slice(0, 3))
    lines.push(`${part}: ${formatDuration(seconds)}, ${digits(100 * share)} %`);
  if (runnerUp) {
    const proved = runnerUp.exact ? "" : " (not proved)";
    lines.push(`runner-up: ${inShort(runnerUp.segments)}: ${formatDuration(runnerUp.price)} more${proved}`);
  }
  if (breakEvens) {
    for (const [link, list] of Object.entries(breakEvens.rate))
      lines.push(
        "",
        `at other rates of ${link}:`,
        ...list.map((one) => `  ${range(one, formatRate)}: ${inShort(one.segments)}`),
      );
    for (const [host, list] of Object.entries(breakEvens.speed))
      lines.push(
        "",
        `at other speeds of ${host}:`,
        ...list.map((one) => `  ${range(one, digits)}: ${inShort(one.segments)}`),
      );
  }
  const { sum, whole, ratio, pieces } = measured;
  const off = Math.abs(ratio - 1);
  lines.push(
    "",
    `measured the heads of ${pieces.length} pieces; head and tail apart take ${formatDuration(sum)} where they differ most, the whole ${formatDuration(whole.median)} (${digits(100 * ratio)} %)`,
  );
  if (off > additive)
    lines.push("they do not add up (the runtime fuses across cuts, or each call has its price): take times with care");
  for (const [host, room] of Object.entries(placed.room)) lines.push(`${host}'s memory has room for ${room}`);
  lines.push("links without loss or waiting; `sei design` simulates both");
  return lines.join("\n");
}

function range({ from, to }: Stretch, show: (x: number) => string): string {
  return `${show(from)} to ${show(to)}`;
}

function inShort(segments: readonly Pick<PlacedPart, "host" | "to">[]): string {
  return segments.map(({ host, to }) => (to === null ? host : `${host} to ${to}`)).join(", then ");
}
