/** @file The design of a whole system on a terminal: flows, loads, requirements of the whole, and how it was found. */
import { marks, percent, plural, seconds } from "@split-et-impera/charts";
import { wholeText } from "@split-et-impera/core/study";
import type { Broken, SystemResult } from "@split-et-impera/core/system";
import { formatRate } from "@split-et-impera/core/units";
import { table } from "../cli/table.ts";

/** Why systems were ruled out, in words. */
export const reasonWords: Record<string, string> = {
  requirement: "a flow's design misses a requirement by itself",
  latency: "no frame can be quick enough",
  load: "a host or link would have more to do than it can or may",
  memory: "a host has no room for the flows together",
  same: "another design does the same and is nowhere worse",
};

export function brokenText(one: Broken): string {
  if (one.kind === "load") return `${one.name} has ${percent(one.utilisation)} of what it can do to do`;
  if (one.kind === "growing") return `frames of ${one.flow} come faster than they are answered`;
  if (one.kind === "memory") return `${one.host} needs ${Math.round(one.bytes)} bytes of its ${one.memory}`;
  const of = one.flow === undefined ? "" : ` of ${one.flow}`;
  const value = valueText(one.text, one.value);
  return one.state === "missed"
    ? `${one.text}${of} is missed (${value})`
    : `${one.text}${of} is undecided (${value}, but its 95 % interval reaches beyond)`;
}

/** A requirement's value in the unit of its text. */
export function valueText(text: string, value: number): string {
  if (text.startsWith("latency")) return value < Infinity ? seconds(value) : "frames pile up";
  if (text.startsWith("bytes on") || text.startsWith("bytes of")) return wholeText("bytes", value);
  if (/%\s*$/.test(text)) return percent(value);
  return String(Number(value.toPrecision(3)));
}

/** The tables and sentences of a system, without a line break at the end. */
export function systemText(result: SystemResult): string {
  return [flowsTable(result), loadsTable(result), wholeLines(result), verdictLines(result)]
    .filter(Boolean)
    .join("\n\n");
}

function flowsTable({ flows }: SystemResult): string {
  return table(
    ["flow", "design", "meets", "cameras", "fps", "p95", "worst camera", "alone", "misses"],
    flows.map(({ name, design, checks, cameras, rate, alone }) => {
      const worst = cameras.reduce((most, one) => (one.p95 > most.p95 ? one : most));
      const late = cameras.reduce((most, one) => (one.misses > most.misses ? one : most));
      const usual = cameras.map(({ p95 }) => p95).toSorted((a, b) => a - b)[Math.floor((cameras.length - 1) / 2)]!;
      return [
        name,
        design,
        checks.map(({ state }) => marks[state]).join(" "),
        String(cameras.length),
        String(rate),
        time(usual),
        `${time(worst.p95)}${between(worst.intervals?.p95, time)} (${worst.host})`,
        time(alone),
        `${percent(late.misses)}${between(late.intervals?.misses, percent)}`,
      ];
    }),
    [3, 4, 5, 6, 7, 8],
  );
}

const time = (value: number): string => (value < Infinity ? seconds(value) : "never");

/** A 95 % interval behind its value: ` [9.1 ms to 9.6 ms]`; nothing where none is known. An end that is not finite is null in JSON. */
export function between(
  interval: { lo: number; hi: number | null } | undefined,
  show: (value: number) => string,
): string {
  return interval ? ` [${show(interval.lo)} to ${show(interval.hi ?? Infinity)}]` : "";
}

function loadsTable({ loads, bits }: SystemResult): string {
  const rows = loads.filter(({ utilisation }) => utilisation > 0).slice(0, 12);
  return table(
    ["host or link", "busy", "carries"],
    rows.map(({ name, kind, from, utilisation }) => [
      from === undefined ? name : `${name} from ${from}`,
      percent(utilisation),
      kind === "link" && bits[name] !== undefined ? formatRate(bits[name]) : "",
    ]),
    [1, 2],
  );
}

const wholeLines = ({ whole }: SystemResult): string =>
  whole.map(({ text, state, value }) => `${marks[state]} ${text}: ${valueText(text, value)}`).join("\n");

function verdictLines(result: SystemResult): string {
  const { fits, broken, search } = result;
  const says = fits
    ? "This system meets every requirement."
    : [
        "No system meets every requirement; this is the one whose flows by themselves miss by least:",
        ...broken.map((one) => `  ${brokenText(one)}`),
      ].join("\n");
  const ties =
    search.ties.length > 0
      ? `${plural(search.ties.length, "other system")} cannot be told from it by so many frames and samples.`
      : "";
  return [says, overloadText(result), howText(result), ties].filter(Boolean).join("\n");
}

/** What is overloaded whatever the flows are designed as, by how much and by whom; nothing where nothing is. */
export function overloadText({ overloaded }: SystemResult): string {
  if (!overloaded) return "";
  const parts = overloaded.flows.map(({ name, load }) => `${name} ${percent(load)}`).join(", ");
  return (
    `${overloaded.name} is overloaded from the start: the flows ask for ${percent(overloaded.load)} of what it can do, ` +
    `even if each takes as little of it as it can (${parts}).`
  );
}

/** How many systems there were, what became of them, and what is sure. */
export function howText({ search, seconds: simulated }: SystemResult): string {
  const { counts, frames } = search;
  const pruned = Object.entries(counts.pruned).map(([reason, n]) => `${n} since ${reasonWords[reason]}`);
  const ruled = pruned.length > 0 ? `; ruled out before: ${pruned.join(", ")}` : "";
  const cut = counts.cut ? ", but for those that were too many to list" : "";
  return (
    `${plural(counts.all, "system")}: ${counts.simulated} simulated for ${seconds(simulated)}, ${counts.partly} for a part ` +
    `of that, ${counts.untouched} not at all, since bounds show others to be better${ruled}. Simulated were ` +
    `${percent(frames.all > 0 ? frames.simulated / frames.all : 0)} of the frames that simulating every system takes. ` +
    `None of those left out would be chosen if it were simulated too${cut}.`
  );
}
