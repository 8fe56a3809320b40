/** @file A study's placement in words. */
import { doubtWarnings } from "@split-et-impera/core/cost";
import { metricRule } from "@split-et-impera/core/study";
import { formatDuration, formatEnergy, formatNumber, formatPercent, formatRate } from "@split-et-impera/core/units";
import { table } from "../../cli/table.ts";
import type { Cost } from "@split-et-impera/core/placement";
import type { BreakEvens, Grounds, Judged, PlacedPart, Stretch, StudyPlacement, StudyTradeOffs } from "./index.ts";

/** Pieces that add up to the whole within this share are taken to. */
const additive = 0.2;

const digits = (x: number): string => formatNumber(x, 4);

export function placementText(placed: StudyPlacement, currency: string): string {
  const { objective, segments, values, binding, runnerUp, breakEvens } = placed;
  const show = showerOf(objective.name, currency);
  const proof = objective.gap <= 1e-9 ? "optimal" : `at most ${digits(100 * objective.gap)} % above the optimum`;
  const what =
    objective.name === "throughput"
      ? `a frame every ${show(objective.value)} (${digits(1 / objective.value)} per second)`
      : `${objective.name} of a frame ${show(objective.value)}`;
  const lines = [`${what}: ${proof} (bound ${show(objective.bound)})`];
  const others = Object.entries(values ?? {}).filter(([cost]) => cost !== objective.name);
  if (others.length > 0)
    lines.push(`with ${others.map(([cost, value]) => `${cost} ${showerOf(cost, currency)(value)}`).join(", ")}`);
  lines.push(...requirementLines(placed.requirements), "", segmentTable(segments), "");
  for (const { part, cost, share } of binding.slice(0, 3))
    lines.push(`${part}: ${show(cost)}, ${digits(100 * share)} %`);
  if (runnerUp) {
    const proved = runnerUp.exact ? "" : " (not proved)";
    lines.push(`runner-up: ${inShort(runnerUp.segments)}: ${show(runnerUp.price)} more${proved}`);
  }
  if (breakEvens) lines.push(...changes(breakEvens));
  lines.push("", ...groundsText(placed));
  return lines.join("\n");
}

/** What the study requires; what adding up cannot say in one line. */
function requirementLines(requirements: readonly Judged[]): string[] {
  const lines = requirements.flatMap(({ requirement, metric, verdict, value, least }) => {
    if (value === undefined) return [];
    const { format } = metricRule(metric);
    const timed = metric === "latency" || metric === "throughput";
    const met = timed ? "met, if nothing is lost and nothing waits" : "met";
    const none = least === undefined ? "" : `; no placement has less than ${format(least, 3)}`;
    return [`${requirement}: ${format(value, 3)}, ${verdict === "missed" ? `missed${none}` : met}`];
  });
  const open = requirements.flatMap(({ requirement, verdict }) => (verdict === "not judged" ? [requirement] : []));
  if (open.length > 0) lines.push(`not judged by adding up: ${open.join(", ")}; \`sei design\` simulates`);
  return lines;
}

export function tradeOffText({ pareto, exact, ...grounds }: StudyTradeOffs, currency: string): string {
  const asked = Object.keys(pareto[0]?.values ?? {}) as Cost[];
  const rows = pareto.map(({ values, weights, segments }) => [
    ...asked.map((cost) => showerOf(cost, currency)(values[cost]!)),
    asked.map((cost) => digits(weights[cost]!)).join(" : "),
    inShort(segments),
  ]);
  const header = [...asked, `weights (${asked.join(" : ")})`, "placement"];
  return [
    `${pareto.length} trade-off${pareto.length === 1 ? "" : "s"} of ${asked.join(" and ")} that some weighing makes best${exact ? "" : " (maybe more)"}`,
    "",
    table(
      header,
      rows,
      asked.map((_, i) => i),
    ),
    "",
    ...groundsText(grounds),
  ].join("\n");
}

function showerOf(name: string, currency: string): (value: number) => string {
  if (name === "latency" || name === "throughput") return formatDuration;
  if (name === "energy") return formatEnergy;
  // A frame costs next to nothing.
  if (name === "price") return (value) => `${digits(1e6 * value)} ${currency} per million frames`.replace("  ", " ");
  return digits;
}

function segmentTable(segments: readonly PlacedPart[]): string {
  const rows = segments.map(({ host, from, to, pieces, seconds }) => [
    host,
    from ?? "input",
    to ?? "output",
    String(pieces),
    formatDuration(seconds),
  ]);
  return table(["host", "from", "to", "pieces", "compute"], rows, [3, 4]);
}

/** Where something changes; the rest in one line. */
function changes({ rate, delay, speed, exact }: BreakEvens): string[] {
  const lines: string[] = [];
  const still: string[] = [];
  const list = (what: string, all: Record<string, Stretch[]>, show: (x: number) => string): void => {
    for (const [name, stretches] of Object.entries(all)) {
      if (stretches.length < 2) {
        still.push(`${what} of ${name}`);
        continue;
      }
      lines.push("", `at other ${what}s of ${name}:`);
      for (const one of stretches) lines.push(`  ${show(one.from)} to ${show(one.to)}: ${inShort(one.segments)}`);
    }
  };
  list("rate", rate, formatRate);
  list("delay", delay, formatDuration);
  list("speed", speed, digits);
  if (still.length > 0) lines.push("", `the same at a thousandth to a thousand times the ${still.join(", ")}`);
  if (!exact) lines.push("memory is tight: not all of these are proved");
  return lines;
}

function groundsText({ room, measured, doubts, notes }: Grounds): string[] {
  const { sum, whole, ratio, entry, pieces, error } = measured;
  const lines: string[] = [];
  const estimated = pieces.filter((piece) => !piece.measured).length;
  if (estimated > 0) {
    const wrong =
      error === undefined
        ? "too few were measured to say how well"
        : `off by ${formatPercent(error, 2)} of a piece's time on average, by leaving measured ones out`;
    lines.push(
      `times of ${estimated} of ${pieces.length} pieces are estimated from their operators (${wrong}); --time gives more time to measure`,
    );
  } else lines.push(`measured the heads of all ${pieces.length} pieces`);
  lines.push(
    `head and tail apart take ${formatDuration(sum)} where they differ most, the whole ${formatDuration(whole.seconds)} (${digits(100 * ratio)} %)`,
  );
  if (entry > 0)
    lines.push(
      `for every segment behind a cut ${formatDuration(entry)} are added (of this machine: another call, and what is not fused)`,
    );
  if (estimated > 0 && measured.uncounted.length > 0)
    lines.push(`estimates leave out what ${measured.uncounted.join(", ")} compute: how much that is is not known`);
  if (Math.abs(ratio - 1) > additive)
    lines.push("pieces do not add up to the whole within 20 %: take times with care, or measure on an idle machine");
  for (const [host, held] of Object.entries(room)) lines.push(`${host}'s memory has room for ${held}`);
  lines.push(...notes, ...doubtWarnings(doubts));
  lines.push("links without loss or waiting; `sei design` simulates both, between two hosts");
  return lines;
}

function inShort(segments: readonly Pick<PlacedPart, "host" | "to">[]): string {
  return segments.map(({ host, to }) => (to === null ? host : `${host} to ${to}`)).join(", then ");
}
