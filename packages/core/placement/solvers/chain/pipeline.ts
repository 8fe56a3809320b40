/**
 * @file The pipeline of a chain that takes most frames per second: hosts along a way of links, each with one stretch of
 * the chain; the busiest host sets the pace. Exact, by dynamic programming along every way.
 */
import { InputError } from "../../../errors/index.ts";
import { along, hostsOf, sumsOf, waysFrom, type StretchOf, type Way } from "./path-dp.ts";
import { checkChain, openTo, type Chain, type ChainPrices } from "./problem.ts";

/** A host's stretch, none where it only passes on, and what it does for every frame. */
export interface PipelineLoad extends StretchOf {
  compute: number;
  input: number;
  output: number;
  load: number;
}

export interface Pipeline {
  /** Host per piece. */
  hosts: number[];
  /** The largest load: the least time between two frames. No pipeline has a lower one. */
  value: number;
  /** Of the hosts on the way, as far as it goes. */
  loads: PipelineLoad[];
  /** From each of them to the next. */
  links: number[];
}

/**
 * The pipeline whose largest load is least, and among those the one with the least sum of loads. A host's load is its
 * compute and its links in and out, what it passes on included; delays take no one's time, and the answer is small.
 *
 * @param avoid a stretch that its host may not have
 * @throws InputError when the problem is malformed, or nothing fits
 */
export function placePipeline(chain: Chain, prices: ChainPrices, avoid?: StretchOf): Pipeline {
  checkChain(chain, prices);
  const open = chain.pieces.map((_, i) => openTo(chain, prices, i));
  const all = waysFrom(chain).map((way) => ({ way, loadOf: loadsAlong(chain, prices, way) }));
  const best = (
    join: "largest" | "sum",
    limit: number,
  ): { way: number; value: number; stretches: StretchOf[] } | undefined => {
    let kept: { way: number; value: number; stretches: StretchOf[] } | undefined;
    all.forEach(({ way, loadOf }, w) => {
      const weight = (k: number, stretch: StretchOf): number =>
        avoid?.host === stretch.host && avoid.first === stretch.first && avoid.last === stretch.last
          ? Infinity
          : loadOf(k, stretch).load;
      const found = along(chain, open, way, weight, join, { weight: limit, value: kept?.value ?? Infinity });
      if (found) kept = { way: w, ...found };
    });
    return kept;
  };
  const pace = best("largest", Number.MAX_VALUE);
  if (!pace) {
    throw new InputError(
      "ERR_PLACEMENT_MEMORY",
      "no pipeline fits: along no way of links is there memory for all pieces, in their order and where they may run",
    );
  }
  const { way, stretches } = best("sum", pace.value)!;
  // What comes behind the last piece has nothing to do.
  const used = stretches.slice(0, 1 + stretches.findIndex(({ last }) => last === chain.pieces.length));
  const loads = used.map((stretch, k) => all[way]!.loadOf(k, stretch));
  const links = all[way]!.way.links.slice(0, used.length - 1);
  return { hosts: hostsOf(chain, loads), value: pace.value, loads, links };
}

function loadsAlong(
  { pieces }: Chain,
  { compute, links, enter }: ChainPrices,
  way: Way,
): (k: number, stretch: StretchOf) => PipelineLoad {
  const sums = way.hosts.map((host) => sumsOf(compute, host));
  const sent = (link: number | undefined, piece: number): number =>
    link === undefined || piece === pieces.length ? 0 : links[link]!.perByte * pieces[piece]!.reads;
  return (k, stretch) => {
    const entered = stretch.first > 0 && stretch.last > stretch.first ? (enter?.[stretch.host] ?? 0) : 0;
    const done = entered + sums[k]!(stretch.first, stretch.last);
    const input = sent(way.links[k - 1], stretch.first);
    const output = sent(way.links[k], stretch.last);
    return {
      host: stretch.host,
      first: stretch.first,
      last: stretch.last,
      compute: done,
      input,
      output,
      load: done + input + output,
    };
  };
}
