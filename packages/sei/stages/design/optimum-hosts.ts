/** @file The optimum over all cuts and more than two hosts: the placement solver's proof, and what its rivals cost. */
import {
  routesTried,
  runsWhereCaptured,
  type LeftOut,
  type PlacementName,
  type PricedPlacement,
} from "@split-et-impera/core/design";
import { linkName, pathBetween, uplinkOf, type Study } from "@split-et-impera/core/study";
import {
  memoryOf,
  messagesOf,
  place,
  pricesOf,
  valueOf,
  type Placement,
  type Problem,
} from "@split-et-impera/core/placement";
import { codecs, type CodecKind } from "@split-et-impera/core/wire";
import { problemOf } from "../place/problem.ts";
import {
  delayStretches,
  leftOutOf,
  mapOf,
  spanOf,
  stretchesOf,
  type NamedProblem,
  type Optimum,
  type PricedModel,
} from "./optimum.ts";

/** Placements that a result keeps beside those that the study tries. */
const mostKept = 60;

/** What pricing over many hosts takes beside the cuts and their times. */
export interface PricedHosts {
  study: Pick<Study, "hosts" | "links" | "frames" | "explore">;
  /** Of each piece: weights, and what it needs while it runs. */
  needs: readonly { parameters: number; activations: number }[];
  /** Whether a host may run a piece, by what has to stay elsewhere. */
  mayRun(host: string, piece: number): boolean;
}

/** Undefined where no host has room for some piece, or what the study explores leaves nothing. */
export function solveOptimumOfMany(model: PricedModel, asked: PricedHosts): Optimum | undefined {
  const { study } = asked;
  const kinds = study.explore.codecs.toSorted((a, b) => codecs[a].share - codecs[b].share);
  const problems = kinds.flatMap((codec) => problemOver(model, asked, codec) ?? []);
  const [problem] = problems;
  if (!problem) return undefined;
  const all = problems
    .flatMap((one) => everyPlacement(one, study, problems[0] === one))
    .sort((a, b) => a.seconds - b.seconds);
  const best = simple(problem, place(problem.asked), all[0]);
  const priced = ({ found, seconds }: { found: PlacementName; seconds: number }): PricedPlacement => ({
    ...found,
    seconds,
    over: Math.max(0, seconds - best.value),
    candidate: found.cut === undefined || found.cut.split(" + ").every((cut) => model.candidates.includes(cut)),
  });
  const listed = all.map(priced);
  const { link, name } = uplinkOf(study);
  const at = problem.ways.findIndex((way) => way.name === name && way.from === study.frames.host);
  const speeds = problem.asked.hosts.map(({ name: host }, h) => {
    const given = study.hosts[host]!.speed;
    return { host, given, stretches: stretchesOf(problem, { of: "speed", host: h }, given) };
  });
  const rates = stretchesOf(problem, { of: "rate", link: at }, link.rate);
  const capturing = speeds.find(({ host }) => host === study.frames.host)!;
  const { found } = best;
  const second = listed.find(
    (one) =>
      JSON.stringify({ ...one, seconds: 0, over: 0, candidate: 0 }) !==
      JSON.stringify({ ...found, seconds: 0, over: 0, candidate: 0 }),
  );
  return {
    best: found,
    value: best.value,
    bound: best.bound,
    gap: best.gap,
    ...(second && { runnerUp: second }),
    placements: listed.filter(({ candidate }, i) => candidate || i < mostKept),
    of: listed.length,
    leftOut: leftOutOver(model, asked),
    breakEvens: {
      rate: rates,
      delay: delayStretches(problem, link.delay, at),
      speed: Object.fromEntries(speeds.map(({ host, stretches }) => [host, stretches])),
    },
    map: mapOf(
      problem,
      capturing.host,
      { given: link.rate, span: spanOf(rates, link.rate), link: at },
      { given: capturing.given, span: spanOf(capturing.stretches, capturing.given), host: problem.asked.source },
    ),
  };
}

/**
 * What a design can be of the solver's placement. Where links make a ring it may come back to a host that it has left, which no
 * design does: then the cheapest of all designs that the study's ways allow, with the solver's bound, which holds for them too.
 */
function simple(
  problem: ProblemOver,
  { assignment, value, bound, gap }: Pick<Placement, "assignment" | "value" | "bound" | "gap">,
  cheapest: { found: PlacementName; seconds: number } | undefined,
): Pick<Placement, "value" | "bound" | "gap"> & { found: PlacementName } {
  const runs = assignment.filter((host, i) => i === 0 || host !== assignment[i - 1]);
  if (new Set(runs).size === runs.length || !cheapest) return { found: problem.name(assignment), value, bound, gap };
  const { found, seconds } = cheapest;
  return { found, value: seconds, bound, gap: seconds > 0 ? Math.max(0, seconds - bound) / seconds : 0 };
}

interface ProblemOver extends NamedProblem {
  /** The study's links as the problem has them: one whose ways differ is two. */
  ways: { name: string; from: string }[];
}

function problemOver(
  { cuts, seconds, entry = {}, sent, hosts: { capturing } }: PricedModel,
  { study, needs, mayRun }: PricedHosts,
  codec: CodecKind,
): ProblemOver | undefined {
  const { explore } = study;
  // The nearest to the capturing host first: where links make no ring, data flow onwards alone.
  const distance = (host: string): number => pathBetween(study, capturing, host).length;
  const names = Object.keys(study.hosts).sort((a, b) => distance(a) - distance(b));
  const last = cuts.length;
  const runs = (host: string): boolean => explore.hosts?.includes(host) ?? true;
  const open = Array.from({ length: last + 1 }, (_, i) =>
    names.flatMap((host, h) => {
      const needed = needs[i]!.parameters + needs[i]!.activations;
      const room = needed <= (study.hosts[host]!.memory ?? Infinity);
      const asked =
        host === capturing ? i < last || explore.scenarios.includes("LC") : i > 0 || explore.scenarios.includes("RC");
      return room && asked && runs(host) && mayRun(host, i) ? [h] : [];
    }),
  );
  if (open.some((list) => list.length === 0)) return undefined;
  const { links, frames } = study;
  const problem = problemOf({
    study: { frames, links, hosts: Object.fromEntries(names.map((name) => [name, study.hosts[name]!])) },
    pieces: [...cuts, undefined].map((cut, i) => ({
      ...(i > 0 && { from: cuts[i - 1]!.name }),
      ...(cut && { to: cut.name }),
      bytes: 4 * (cut?.values ?? 0) + (cut?.plainBytes ?? 0),
      plainBytes: cut?.plainBytes ?? 0,
    })),
    seconds,
    entry,
    inputBytes: sent[0]!.bytes,
    codec: codecs[codec].share,
    needs,
    open,
  });
  return {
    asked: { ...problem, ...(links.length === names.length - 1 && { onwards: true }) },
    ways: links.flatMap((link, l) => {
      const name = linkName(study, l);
      const [from, to] = link.between;
      // A link that is alike both ways is one, whoever begins.
      return link.back
        ? [
            { name, from },
            { name, from: to },
          ]
        : [{ name, from: capturing }];
    }),
    name(assignment) {
      const starts = assignment.flatMap((host, i) => (i === 0 || host !== assignment[i - 1] ? [i] : []));
      const hosts = starts.map((i) => names[assignment[i]!]!);
      const input = sent[0]!.codec;
      if (starts.length === 1)
        return hosts[0] === capturing ? { kind: "LC", hosts } : { kind: "RC", codec: input, hosts };
      const cut = starts
        .slice(1)
        .map((i) => cuts[i - 1]!.name)
        .join(" + ");
      return { kind: "SC", cut, codec, hosts, ...(hosts[0] !== capturing && { input }) };
    },
  };
}

/** What every design of the study's space over the priced cuts costs, the hosts' memory allowing. */
function everyPlacement(
  { asked, name }: ProblemOver,
  study: PricedHosts["study"],
  whole: boolean,
): { found: PlacementName; seconds: number }[] {
  const prices = pricesOf(asked);
  const place = new Map(asked.hosts.map((host, h) => [host.name, h]));
  const routes = new Map(routesTried(study).routes.map(({ hosts }) => [hosts.join(), hosts]));
  const rows = [
    ...(runsWhereCaptured(study) ? [[study.frames.host]] : []),
    ...[...routes.values()].flatMap((hosts) => [...(runsWhereCaptured(study) ? [hosts] : []), hosts.slice(1)]),
  ].filter((hosts) => whole || hosts.length > 1);
  return rows.flatMap((hosts) =>
    boundaries(asked.nodes.length, hosts.length).flatMap((starts) => {
      const assignment = asked.nodes.map((_, i) => place.get(hosts[starts.findLastIndex((start) => start <= i)]!)!);
      if (!allowed(asked, assignment)) return [];
      const messages = messagesOf(asked, prices, assignment);
      return [{ found: name(assignment), seconds: valueOf(asked, prices, { assignment, messages }) }];
    }),
  );
}

/** Where each of so many parts begins, the first at 0, none of them empty. */
function boundaries(nodes: number, parts: number): number[][] {
  let lists: number[][] = [[0]];
  for (let part = 1; part < parts; part++)
    lists = lists.flatMap((list) =>
      Array.from({ length: nodes - 1 - list.at(-1)! }, (_, i) => [...list, list.at(-1)! + 1 + i]),
    );
  return lists;
}

function allowed(problem: Problem, assignment: readonly number[]): boolean {
  return (
    assignment.every((host, i) => problem.nodes[i]!.on!.includes(host)) &&
    problem.hosts.every(({ memory = Infinity }, h) => {
      const mine = assignment.flatMap((host, i) => (host === h ? [i] : []));
      return mine.length === 0 || memoryOf(problem, mine) <= memory;
    })
  );
}

/** The whole model on each host that has no room for it; what else lacks room is not counted one by one. */
function leftOutOver(model: PricedModel, { study, needs, mayRun }: PricedHosts): LeftOut[] {
  const needed =
    needs.reduce((sum, { parameters }) => sum + parameters, 0) +
    Math.max(...needs.map(({ activations }) => activations));
  const whole = Object.entries(study.hosts).flatMap(([host, { memory = Infinity }]): LeftOut[] => {
    const kind = host === study.frames.host ? "LC" : "RC";
    const may = needs.every((_, piece) => mayRun(host, piece));
    if (!study.explore.scenarios.includes(kind) || needed <= memory || !may) return [];
    return [{ because: "memory", what: { kind, hosts: [host] }, host, needs: needed, has: memory }];
  });
  const sent = Object.keys(study.hosts).some((host) => host !== study.frames.host && mayRun(host, 0));
  const others = leftOutOf(model).filter(({ because }) => because !== "memory" && (sent || because !== "coding"));
  return [...whole, ...others];
}
