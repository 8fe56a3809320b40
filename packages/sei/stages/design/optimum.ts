/** @file The optimum over all cuts, by adding up what was measured, and what the study's candidates give up to it. */
import type {
  LeftOut,
  OptimumMap,
  OptimumResult,
  OptimumStretch,
  PlacementName,
  PricedPlacement,
} from "@split-et-impera/core/design";
import { isPictureInput, uplinkOf, type Study } from "@split-et-impera/core/study";
import {
  breakEvenMap,
  breakEvens,
  messagesOf,
  place,
  pricesOf,
  valueOf,
  type Change,
  type Problem,
} from "@split-et-impera/core/placement";
import { codecs, type CodecKind } from "@split-et-impera/core/wire";
import { problemOf } from "../place/problem.ts";

/** What is priced: a model in pieces between its cuts. */
export interface PricedModel {
  study: Pick<Study, "hosts" | "links" | "frames"> & {
    explore: Pick<Study["explore"], "scenarios" | "codecs"> & Partial<Pick<Study["explore"], "bottlenecks" | "inputs">>;
  };
  hosts: { capturing: string; other: string };
  /** In the model's order, each behind the one before it, with the values of an image that cross. */
  cuts: readonly { name: string; values: number; /** Whole numbers, whatever the codec. */ plainBytes?: number }[];
  /** By host, of every piece: one more than cuts. */
  seconds: Readonly<Record<string, readonly number[]>>;
  /** By host, seconds more for a segment behind a cut (default: none). */
  entry?: Readonly<Record<string, number>>;
  /** What RC sends a frame as, and bytes; the fewest first, one at least. */
  sent: readonly { codec: string; bytes: number }[];
  /** Bytes of memory that the first `here` pieces need on the capturing host, and the others on the other. */
  memory(here: number): { here: number; there: number };
  /** The cuts that the study tries. */
  candidates: readonly string[];
  /** Legal cuts that are not priced: of very many, and those of several tensors that lie across the others (default: none). */
  skipped?: { many: number; several: number };
}

/** Without what only the designs can say. */
export type Optimum = Omit<OptimumResult, "designs" | "added" | "says">;

/**
 * The optimum over all cuts and codecs: a minimum cut with its proof, every placement's price beside it, and where the
 * answer changes. Undefined where the hosts have no room for the model, or what the study explores leaves nothing.
 */
export function solveOptimum(model: PricedModel): Optimum | undefined {
  const { study, hosts } = model;
  // What is not priced does not tell codecs apart but by their bytes: the narrowest is never the dearer.
  const kinds = study.explore.codecs.toSorted((a, b) => codecs[a].share - codecs[b].share);
  const problems = kinds.flatMap((codec) => namedProblem(model, codec) ?? []);
  const others = model.sent.slice(1).flatMap((sent) => namedProblem(model, kinds[0]!, sent) ?? []);
  const [problem] = problems;
  if (!problem) return undefined;
  const { asked, name } = problem;
  const best = place(asked);
  const { runnerUp } = best;
  const { rate, delay } = uplinkOf(study).link;
  const rates = stretchesOf(problem, { of: "rate", link: 0 }, rate);
  const [here, there] = [hosts.capturing, hosts.other].map((host, h) => {
    const given = study.hosts[host]!.speed;
    return { host, given, stretches: stretchesOf(problem, { of: "speed", host: h }, given) };
  });
  const priced = (found: PlacementName, seconds: number): PricedPlacement => ({
    ...found,
    seconds,
    over: Math.max(0, seconds - best.value),
    candidate: found.cut === undefined || model.candidates.includes(found.cut),
  });
  return {
    best: name(best.assignment),
    value: best.value,
    bound: best.bound,
    gap: best.gap,
    ...(runnerUp && { runnerUp: priced(name(runnerUp.assignment), runnerUp.value) }),
    placements: everyPlacement(problems, others).map(({ found, seconds }) => priced(found, seconds)),
    leftOut: leftOutOf(model),
    breakEvens: {
      rate: rates,
      delay: delayStretches(problem, delay),
      speed: { [here!.host]: here!.stretches, [there!.host]: there!.stretches },
    },
    map: mapOf(
      problem,
      here!.host,
      { given: rate, span: spanOf(rates, rate) },
      { given: here!.given, span: spanOf(here!.stretches, here!.given) },
    ),
  };
}

/** A placement problem whose answers have names. */
export interface NamedProblem {
  asked: Problem;
  /** What a placement, as a host per piece, is called. */
  name(assignment: readonly number[]): PlacementName;
}

/** Undefined where some piece can run nowhere. */
function namedProblem(
  { study, hosts, cuts, ...model }: PricedModel,
  codec: CodecKind,
  sent = model.sent[0]!,
): NamedProblem | undefined {
  const { explore } = study;
  const [here, there] = [study.hosts[hosts.capturing]!, study.hosts[hosts.other]!];
  const last = cuts.length;
  const open = Array.from({ length: last + 1 }, (_, i) => {
    // A host needs the more the more pieces it has, so that the memory of a placement bans pieces one by one.
    const local =
      model.memory(i + 1).here <= (here.memory ?? Infinity) && (i < last || explore.scenarios.includes("LC"));
    const remote = model.memory(i).there <= (there.memory ?? Infinity) && (i > 0 || explore.scenarios.includes("RC"));
    return [...(local ? [0] : []), ...(remote ? [1] : [])];
  });
  if (open.some((list) => list.length === 0)) return undefined;
  const problem = problemOf({
    study: {
      frames: study.frames,
      hosts: { [hosts.capturing]: { speed: here.speed }, [hosts.other]: { speed: there.speed } },
      links: [uplinkOf(study).link],
    },
    pieces: [...cuts, undefined].map((cut, i) => ({
      ...(i > 0 && { from: cuts[i - 1]!.name }),
      ...(cut && { to: cut.name }),
      bytes: 4 * (cut?.values ?? 0) + (cut?.plainBytes ?? 0),
      plainBytes: cut?.plainBytes ?? 0,
    })),
    seconds: model.seconds,
    entry: model.entry ?? {},
    inputBytes: sent.bytes,
    codec: codecs[codec].share,
    // What memory allows is in `open`, exactly.
    needs: open.map(() => ({ parameters: 0, activations: 0 })),
    open,
  });
  return {
    // Designs do not come back to the capturing host.
    asked: { ...problem, onwards: true },
    name(assignment) {
      const found = placementOf(assignment.filter((host) => host === 0).length, cuts, sent.codec);
      return found.kind === "SC" ? { ...found, codec } : found;
    },
  };
}

/**
 * Every number of pieces on the capturing host that is allowed, none first; each cut with every codec.
 * @param others the problem with what else is sent where no piece is on the capturing host
 */
function everyPlacement(
  problems: readonly NamedProblem[],
  others: readonly NamedProblem[],
): { found: PlacementName; seconds: number }[] {
  const { nodes } = problems[0]!.asked;
  return Array.from({ length: nodes.length + 1 }, (_, here) => nodes.map((_, i) => (i < here ? 0 : 1)))
    .filter((assignment) => assignment.every((host, i) => nodes[i]!.on!.includes(host)))
    .flatMap((assignment) => {
      const cut = assignment.includes(0) && assignment.includes(1);
      const whole = [problems[0]!, ...(assignment.includes(0) ? [] : others)];
      return (cut ? problems : whole).map(({ asked, name }) => {
        const prices = pricesOf(asked);
        const messages = messagesOf(asked, prices, assignment);
        return { found: name(assignment), seconds: valueOf(asked, prices, { assignment, messages }) };
      });
    });
}

/** What the study could try, or does, that none of this is about. */
export function leftOutOf({ study, hosts, cuts, memory, skipped, sent }: PricedModel): LeftOut[] {
  const { scenarios, bottlenecks = [], inputs = [] } = study.explore;
  const left: LeftOut[] = [];
  for (let here = cuts.length + 1; here >= 0; here--) {
    const what = placementOf(here, cuts, sent.length === 1 ? sent[0]!.codec : undefined);
    if (!scenarios.includes(what.kind)) continue;
    const needed = memory(here);
    for (const [host, needs] of [
      [hosts.capturing, needed.here],
      [hosts.other, needed.there],
    ] as const) {
      const { memory: has = Infinity } = study.hosts[host]!;
      if (needs > has) left.push({ because: "memory", what, host, needs, has });
    }
  }
  const compressions = [...new Set(bottlenecks.map(({ compression }) => compression))];
  if (compressions.length > 0) left.push({ because: "bottleneck", compressions });
  const coded = inputs
    .filter((input) => isPictureInput(input) && input.format !== "raw")
    .map(({ format, quality }) => [format, quality].filter(Boolean).join(" "));
  if (coded.length > 0 && scenarios.includes("RC")) left.push({ because: "coding", inputs: coded });
  if (skipped && skipped.many > 0) left.push({ because: "many", cuts: skipped.many });
  if (skipped && skipped.several > 0) left.push({ because: "several", cuts: skipped.several });
  return left;
}

/** What the placement with that many pieces on the capturing host is called, of a cut without its codec. */
function placementOf(here: number, cuts: PricedModel["cuts"], sent: string | undefined): PlacementName {
  if (here === 0) return { kind: "RC", ...(sent !== undefined && { codec: sent }) };
  return here > cuts.length ? { kind: "LC" } : { kind: "SC", cut: cuts[here - 1]!.name };
}

/** Factors over which break-even points are looked for. */
const widest = 1000;

/** The best placements while a cost is multiplied, as stretches of what divides it: a rate, a speed. */
export function stretchesOf({ asked, name }: NamedProblem, change: Change, given: number): OptimumStretch[] {
  const result: OptimumStretch[] = [];
  for (const { from, to, found } of breakEvens(asked, change, 1 / widest, widest).stretches.toReversed()) {
    const stretch = { ...name(found.assignment), from: given / to, to: given / from };
    const before = result.at(-1);
    // Stretches that differ only in ties are one.
    if (before?.kind === stretch.kind && before.cut === stretch.cut && String(before.hosts) === String(stretch.hosts))
      before.to = stretch.to;
    else result.push(stretch);
  }
  return result;
}

/** A delay multiplies its cost where a rate divides it, so that the stretches turn around. */
export function delayStretches(problem: NamedProblem, delay: number, link = 0): OptimumStretch[] {
  if (delay === 0) return [];
  const inverse = stretchesOf(problem, { of: "delay", link }, 1 / delay);
  return inverse.toReversed().map((one) => Object.assign(one, { from: 1 / one.to, to: 1 / one.from }));
}

/** The map spans at least this factor either way, and this one beyond every break-even point of its axes. */
const reach = { least: 100, beyond: 5 };

/** From where to where the map has to go for the break-even points of one of its axes to show. */
export function spanOf(stretches: readonly OptimumStretch[], given: number): [from: number, to: number] {
  const changes = stretches.slice(1).map(({ from }) => from);
  return [
    Math.max(given / widest, Math.min(given / reach.least, ...changes.map((at) => at / reach.beyond))),
    Math.min(given * widest, Math.max(given * reach.least, ...changes.map((at) => at * reach.beyond))),
  ];
}

/** The map over given numbers, each with its span. */
export function mapOf(
  { asked, name }: NamedProblem,
  host: string,
  rate: { given: number; span: [number, number]; link?: number },
  speed: { given: number; span: [number, number]; host?: number },
): OptimumMap {
  const factors = ({ given, span: [from, to] }: Pick<typeof rate, "given" | "span">) => ({
    from: given / to,
    to: given / from,
  });
  const { cells, exact } = breakEvenMap(
    asked,
    { change: { of: "rate", link: rate.link ?? 0 }, ...factors(rate) },
    { change: { of: "speed", host: speed.host ?? 0 }, ...factors(speed) },
  );
  return {
    host,
    rate: rate.span,
    speed: speed.span,
    exact,
    regions: cells.map(({ polygon, found, base, slopes }) => {
      const corners = polygon.map(([a, b]): [number, number] => [rate.given / a, speed.given / b]);
      const [bits, work] = [slopes[0] * rate.given, slopes[1] * speed.given];
      return Object.assign(name(found.assignment), { fixed: base, bits, work, corners });
    }),
  };
}
