/**
 * @file Statements put into English, once for all: as runs of text with the names of designs and tensors between, which
 * the page and the terminal show each in their own way.
 */
import {
  carriesCapture,
  codecName,
  crossingCut,
  exitCut,
  kindOf,
  placementName,
  wordsOf,
  type AddedTime,
  type Deciding,
  type Design,
  type Figure,
  type Phrase,
  type PlacementName,
} from "@split-et-impera/core/design";
import { metricRule, moreIsBetter, type Metric, type Objective, type Study } from "@split-et-impera/core/study";
import { formatDuration, formatFrameRate, formatNumber, formatPercent } from "@split-et-impera/core/units";
import { metricWord } from "./quality.ts";

/** A stretch of a sentence. */
export type Run = { text: string } | { design: string } | { tensor: string };

/** What the words need to know: the designs by id, and the study's hosts. */
export interface Speaking {
  designs: ReadonlyMap<string, Design>;
  study: Pick<Study, "frames" | "hosts">;
}

/** More beside a best: `81 %`, where it is more than as much again `36 times as long`. */
const more = (share: number): string =>
  share < 1 ? formatPercent(share, 2) : `${formatNumber(1 + share, 2)} times as long`;

/** A whole sentence, ended. */
export function sentenceRuns(phrases: readonly Phrase[], speaking: Speaking): Run[] {
  return merged([...clauseRuns(phrases, speaking), { text: "." }]);
}

/** The same without its end, to stand behind a colon. */
export function clauseRuns(phrases: readonly Phrase[], speaking: Speaking): Run[] {
  const runs: Run[] = [];
  phrases.forEach((phrase, i) => {
    const before = phrases[i - 1];
    if (before) runs.push({ text: joint(before, phrase, phrases[i + 1]) });
    runs.push(...wordsFor(phrase, speaking, before));
  });
  return merged(runs);
}

/** What stands between two statements. */
function joint(before: Phrase, phrase: Phrase, next: Phrase | undefined): string {
  if (before.kind === "choose" || before.kind === "tie") return before.kind === "tie" ? " in " : ": ";
  if (before.kind === "unsure") return ", ";
  if (before.kind === "nearest") return ", ";
  if (phrase.kind === "worse") return ", but ";
  if (phrase.kind === "simulated" || phrase.kind === "beyond") return ". ";
  if (before.kind === "best-placement") return phrase.kind === "candidate" ? ". " : "; ";
  if (phrase.kind === "figure" || phrase.kind === "unanswered" || phrase.kind === "overloaded") return ", ";
  return next && next.kind === phrase.kind ? ", " : " and ";
}

/** Runs of text that follow each other are one. */
function merged(runs: readonly Run[]): Run[] {
  const result: Run[] = [];
  for (const run of runs) {
    const last = result.at(-1);
    if ("text" in run && last && "text" in last) result[result.length - 1] = { text: last.text + run.text };
    else result.push(run);
  }
  return result;
}

function wordsFor(phrase: Phrase, speaking: Speaking, before: Phrase | undefined): Run[] {
  const text = (...parts: string[]): Run[] => [{ text: parts.join("") }];
  switch (phrase.kind) {
    case "nothing":
      return text("There is no design to choose from: widen what the study explores");
    case "choose": {
      const design = speaking.designs.get(phrase.design);
      return design ? describe(design, speaking) : [{ design: phrase.design }];
    }
    case "nearest":
      return [{ text: "No design meets every requirement; the nearest, " }, { design: phrase.design }];
    case "unsure":
      return [
        {
          text: `No design is sure to meet every requirement (${deciding(phrase.decides)} would decide): the nearest, `,
        },
        { design: phrase.design },
      ];
    case "figure":
      return text(figureText(phrase));
    case "unanswered":
      return text(`${phrase.frames} ${phrase.frames === 1 ? "frame" : "frames"} unanswered`);
    case "overloaded":
      return text(overloadText(phrase));
    case "relax":
      return text(before?.kind === "nearest" ? "would with " : "", `${phrase.to} (asked: ${phrase.requirement})`);
    case "misses":
      return text(`misses ${phrase.requirement} with ${formatApart(phrase.metric, phrase.value, phrase.bound)[0]}`);
    case "undecided": {
      // Frames pile up, unless the hosts are as quick as what was measured leaves open.
      if (phrase.metric === "latency" && phrase.lo === 0 && phrase.value === Infinity)
        return text(
          `is not sure to meet ${phrase.requirement} (overloaded, unless its hosts are quicker than measured)`,
        );
      const { format } = metricRule(phrase.metric);
      const interval = `${format(phrase.value)}, 95 % interval ${format(phrase.lo)} to ${format(phrase.hi)}`;
      return text(`is not sure to meet ${phrase.requirement} (${interval})`);
    }
    case "worse":
      return text(
        `${lesser[phrase.aim] ?? `its ${metricWord(phrase.aim)} is ${moreIsBetter(phrase.aim) ? "lower" : "higher"}`}: ${against(phrase)}`,
      );
    case "even": {
      const first = before?.kind !== "even" && before?.kind !== "tie";
      return text(
        first ? "the samples cannot tell them apart in " : "",
        `${metricWord(phrase.aim)} (${against(phrase)})`,
      );
    }
    case "tie":
      return text("a tie: the samples cannot tell them apart");
    case "best-placement":
      return [
        { text: phrase.of === 1 ? "The only placement is " : `The best of all ${phrase.of} placements is ` },
        ...placementRuns(phrase.placement, phrase.host),
        { text: `: ${formatDuration(phrase.seconds)} by adding up` },
      ];
    case "candidate":
      return text("It is a candidate: the candidates give up nothing");
    case "gives-up":
      return [
        { text: "the best candidate, " },
        ...placementNameRuns(phrase.placement),
        { text: `, gives up ${formatDuration(phrase.seconds)} (${more(phrase.share)})` },
        {
          text:
            phrase.unsure === undefined
              ? ""
              : `, no more than the times that are added up may be off (${formatDuration(phrase.unsure)})`,
        },
      ];
    case "no-candidate":
      return text("there is no candidate for which the hosts have room");
    case "none-tried":
      return text("the study has no candidates of its own to compare");
    case "simulated": {
      const whose = phrase.medians.length > 1 ? "their medians are" : "its median is";
      const medians = phrase.medians.map((one) => formatDuration(one)).join(" and ");
      const added = phrase.added?.map((one, i) => addedText(one, phrase.medians[i]!));
      const turned = added
        ?.map((one, i) => (added.length > 1 ? `${one} to ${["the first", "the second"][i]}` : one))
        .join(" and ");
      const why =
        turned === undefined ? "" : `, the other way round: to what is added up the simulation adds ${turned}`;
      return text(`Simulated, ${whose} ${medians}${why}`);
    }
    case "beyond":
      return [
        { text: "The quickest design with a bottleneck, " },
        { design: phrase.design },
        { text: `, has a median of ${formatDuration(phrase.median)}` },
      ];
    default:
      return phrase satisfies never;
  }
}

/** What is at least a hundredth of the median. */
function addedText({ coding, waiting, sending }: AddedTime, median: number): string {
  const list = [
    ["coding", coding],
    ["waiting for a busy host", waiting],
    ["sending (TCP's start and windows, losses)", sending],
  ] as const;
  const named = list.filter(([, time]) => time > 0.01 * median);
  return named.map(([what, time]) => `${formatDuration(time)} of ${what}`).join(", ") || "nothing";
}

/** What to do: `Split at pool3 with a 64x bottleneck in uint8 over TCP`, `Do not split: run the whole model on camera`. */
export function describe(design: Design, { study }: Speaking): Run[] {
  const { codec, order, bottleneck, lossy, transport, datagram, resend, protection, concealment } = wordsOf(design);
  const small = datagram === undefined ? "" : ` in ${datagram}-byte datagrams`;
  const added = [resend && "resend", protection, concealment]
    .flatMap((word) => (word ? [` with ${word}`] : []))
    .join("");
  const over = transport ? ` over ${transport.toUpperCase()}${small}${added}` : "";
  const inOrder = order === undefined ? "" : ` in ${order} order`;
  const spoken = codec && `${codec.replace("-", " ")}${inOrder}`;
  const [first] = design.segments;
  const kind = kindOf(design);
  if (kind === "EE") return describeExits(design, { study }, { spoken, over });
  if (kind === "LC") return [{ text: `Do not split: run the whole model on ${study.frames.host}` }];
  if (kind === "RC") {
    return [{ text: `Do not split: send the input as ${spoken}${over} and run the whole model on ${first!.host}` }];
  }
  const cuts = design.crossings.filter(({ after }) => after >= 0);
  const at = cuts.flatMap(({ after }, i): Run[] => [
    { text: i === 0 ? "" : " and " },
    ...design.segments[after]!.to.flatMap((tensor, k): Run[] => [{ text: k === 0 ? "" : ", " }, { tensor }]),
  ]);
  const squeezed =
    bottleneck === undefined
      ? ""
      : ` with ${article(bottleneck)} ${bottleneck}x bottleneck${lossy ? " trained for losses" : ""}`;
  const hosts = Object.keys(study.hosts).length > 2 ? ` on ${listed(design.segments.map(({ host }) => host))}` : "";
  // Sent on to a host that runs the head, what crosses first is what was captured.
  const relayed = first!.host !== study.frames.host;
  const codecs = [...new Set(cuts.map((one) => codecName({ ...one.codec, order: undefined })))].join(" and ");
  const coded = cuts.length > 1 || relayed ? codecs : spoken;
  const begins = relayed ? `Send the input as ${spoken}${over} to ${first!.host}, and split at ` : "Split at ";
  return [
    { text: begins },
    ...at,
    { text: `${squeezed}${coded === undefined ? "" : ` in ${coded}`}${relayed ? "" : over}${hosts}` },
  ];
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

/** `Answer at pool3 where the exit is sure, else split at pool3 in uint8 over TCP`. */
function describeExits(
  design: Design,
  { study }: Pick<Speaking, "study">,
  sent: { spoken: string | undefined; over: string },
): Run[] {
  const at = design.exits!.flatMap((exit, i): Run[] => [
    { text: i === 0 ? "" : " and " },
    ...exitCut(design, exit).flatMap((tensor, k): Run[] => [{ text: k === 0 ? "" : ", " }, { tensor }]),
  ]);
  const early: Run[] = [{ text: "Exit at " }, ...at, { text: " where the exit is sure, else " }];
  const { spoken, over } = sent;
  const [crossing] = design.crossings;
  if (!crossing) return [...early, { text: `run the rest on ${study.frames.host} too` }];
  const { host } = design.segments.at(-1)!;
  if (carriesCapture(design, crossing))
    return [...early, { text: `send the input as ${spoken}${over} and run the whole model on ${host}` }];
  const cut = crossingCut(design, crossing).flatMap((tensor, k): Run[] => [{ text: k === 0 ? "" : ", " }, { tensor }]);
  return [...early, { text: "split at " }, ...cut, { text: ` in ${spoken}${over}` }];
}

/** Before a number as it is spoken: an 8x, an 11x, an 18x, an 80x bottleneck. */
function article(number: number): "a" | "an" {
  return /^(8|1[18](\D|$|\d{3}(\D|$)))/.test(String(number)) ? "an" : "a";
}

/** `86.1 % accuracy of 85 % asked`, `p95 31 ms of 50 ms allowed`. */
function figureText({ metric, statistic, value, bound }: Figure & { bound?: number }): string {
  const [own, other] = formatApart(metric, value, bound ?? value);
  const wanted = bound === undefined ? "" : ` of ${other} ${metric === "latency" ? "allowed" : "asked"}`;
  return metric === "latency" ? `${statistic} ${own}${wanted}` : `${own} ${metricWord(metric)}${wanted}`;
}

/** Two numbers in words, with as many digits as it takes to tell them apart where they differ. */
function formatApart(metric: Metric, a: number, b: number): [a: string, b: string] {
  const { format } = metricRule(metric);
  for (let digits = 3; ; digits++) {
    const both: [string, string] = [format(a, digits), format(b, digits)];
    if (both[0] !== both[1] || a === b || digits === 12) return both;
  }
}

/** `more images`, `more frames or surer compute times`. */
function deciding(what: readonly Deciding[]): string {
  const samples = what.filter((one) => one !== "times");
  const more = samples.length > 0 ? [`more ${samples.join(" and ")}`] : [];
  return [...more, ...(what.includes("times") ? ["surer compute times"] : [])].join(" or ");
}

/** `overloaded: 1.6 of 20 fps`, and by what. */
export function overloadText(overload: { offered: number; sustained: number; busiest?: string }): string {
  const rates = `overloaded: ${bare(overload.sustained)} of ${formatFrameRate(overload.offered)}`;
  return overload.busiest === undefined ? rates : `${rates} (${overload.busiest} is busy)`;
}

const bare = (rate: number): string => formatFrameRate(rate).replace(/ fps$/, "");

const lesser: Readonly<Record<string, string>> = {
  latency: "its p95 latency is longer",
  bytes: "it sends more bytes per frame",
  memory: "it needs more memory",
  throughput: "it sustains fewer frames per second",
  exits: "fewer frames leave at its exit",
};

function against({ aim, value, than }: { aim: Objective[number]; value: number; than: number }): string {
  const [mine, other] = formatApart(aim, value, than);
  return mine === other ? `${mine} each` : `${mine} against ${other}`;
}

function placementRuns(placement: PlacementName, host: string): Run[] {
  if (placement.cut === undefined) return [{ text: `the whole model on ${host}` }];
  const { hosts, input, codec } = placement;
  const sent = input ? ` behind the input as ${input}` : "";
  return [
    { text: "a split at " },
    ...cutRuns(placement.cut),
    { text: ` in ${codec}${sent}${hosts ? ` on ${listed(hosts)}` : ""}` },
  ];
}

function placementNameRuns(placement: PlacementName): Run[] {
  if (placement.cut === undefined) return [{ text: placementName(placement) }];
  const { hosts, input, codec } = placement;
  const before = input ? `RC ${input} + ` : "";
  return [
    { text: `${before}${placement.kind}@` },
    ...cutRuns(placement.cut),
    { text: ` ${codec}${hosts ? ` on ${hosts.join(", ")}` : ""}` },
  ];
}

/** Several cuts have a plus between them. */
const cutRuns = (cut: string): Run[] =>
  cut.split(" + ").flatMap((tensor, i): Run[] => [{ text: i === 0 ? "" : " + " }, { tensor }]);
