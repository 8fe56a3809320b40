/** @file Where the answer changes, in words: for the page and for a terminal. */
import type { OptimumStretch, PlacementName } from "@split-et-impera/core/design";
import { uplinkOf } from "@split-et-impera/core/study";
import type { Context } from "./context.ts";
import { rate, seconds, trim } from "./format.ts";
import { lossText } from "./verdict.ts";

/** `LC`, `RC`, `SC@features.23`, as short as they come. */
export function placementLabel({ names }: Context, { kind, cut, hosts, input }: PlacementName): string {
  const where = hosts && kind !== "LC" ? ` on ${hosts.join(", ")}` : "";
  const cuts = cut?.split(" + ").map((one) => names.brief(one));
  return `${input ? `RC ${input} + ` : ""}${cuts ? `SC@${cuts.join(" + ")}` : kind}${where}`;
}

/** As studies write them: `1/20` of this machine, `3` of it. */
export function speedText(value: number): string {
  return value < 0.4 ? `1/${Number((1 / value).toPrecision(2))}` : String(Number(value.toPrecision(2)));
}

/** What is varied with its own value, and the answers in the order of their ranges: the facts of the section in words. */
export function changesOf(
  context: Context,
): { what: string; own: string; stretches: { range: string; answer: string }[] }[] {
  const { study, optimum, lossMap } = context.result;
  const { link } = uplinkOf(study);
  const shortRate = (value: number): string => trim(rate(value));
  const shortTime = (value: number): string => trim(seconds(value));
  const priced = (what: string, own: number, list: readonly OptimumStretch[], show: (value: number) => string) => ({
    what,
    own: show(own),
    stretches: list.map((one, i) => ({
      range: rangeWords(one, i === 0, i === list.length - 1, show),
      answer: placementLabel(context, one),
    })),
  });
  const row = lossMap.recommended[lossMap.losses.indexOf(link.loss.rate)] ?? [];
  return [
    ...(optimum
      ? [
          priced("link rate", link.rate, optimum.breakEvens.rate, shortRate),
          priced("link delay", link.delay, optimum.breakEvens.delay, shortTime),
          ...Object.entries(optimum.breakEvens.speed).map(([host, list]) =>
            priced(`speed of ${host}`, study.hosts[host]!.speed, list, speedText),
          ),
        ]
      : []),
    {
      what: `link rate, simulated at ${lossText(link.loss.rate)} loss`,
      own: shortRate(link.rate),
      stretches: runsOf(row).map(({ value, from, to }) => ({
        range:
          from === to
            ? `at ${shortRate(lossMap.rates[from]!)}`
            : [from, to].map((i) => shortRate(lossMap.rates[i]!)).join(" to "),
        answer: value === null ? "nothing is sure to fit" : context.names.label(value),
      })),
    },
  ].filter(({ stretches }) => stretches.length > 0);
}

function rangeWords(
  { from, to }: OptimumStretch,
  first: boolean,
  last: boolean,
  show: (value: number) => string,
): string {
  if (first) return last ? "always" : `below ${show(to)}`;
  return last ? `above ${show(from)}` : `${show(from)} to ${show(to)}`;
}

/** Runs of equal values, with their first and last index. */
function runsOf<T>(values: readonly T[]): { value: T; from: number; to: number }[] {
  const runs: { value: T; from: number; to: number }[] = [];
  values.forEach((value, i) => {
    const last = runs.at(-1);
    if (last && last.value === value) last.to = i;
    else runs.push({ value, from: i, to: i });
  });
  return runs;
}
