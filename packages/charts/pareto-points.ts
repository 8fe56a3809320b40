/** @file The designs as points of quality and latency, and the front among them. */
import { qualityOf, type DesignResult } from "@split-et-impera/core/design";
import type { Estimate } from "@split-et-impera/core/statistics";
import type { Requirement } from "@split-et-impera/core/study";
import type { Size } from "./chart.ts";
import { boundOnQuality, roleOf, stateOf, type Context } from "./context.ts";
import { bytes, seconds } from "./format.ts";
import { latestOf, offScale } from "./hatch.ts";
import { qualityWords } from "./quality.ts";

export type Statistic = NonNullable<Requirement["statistic"]>;

export interface Point {
  id: string;
  name: Record<Size, string>;
  kind: DesignResult["kind"];
  x: number;
  y: number;
  lo: number;
  hi: number;
  met: boolean;
  /** Stands at the lower edge because it lies below it. */
  below: boolean;
  /** Why it has no latency; it then stands in the hatched strip. */
  off?: string;
  /** Its latency lies beyond the right edge, where it stands with its number. */
  late: boolean;
  /** The latency in words. */
  number: string;
  title: string;
  /** Worth a name: the verdict speaks of it, or it is on the front. */
  rank: number;
}

/** Qualities, as shares, further than this below the best would press all others together at the top. */
const reach = 0.15;

/** The statistic that the study bounds, so that the bound can be drawn; p95 where it bounds none. */
export function latencyBound({ result }: Context): { statistic: Statistic; most?: number } {
  const stated = result.study.requirements.filter((r) => r.metric === "latency" && r.operator === "<=");
  const chosen = stated.find((r) => r.statistic === "p95") ?? stated[0];
  return { statistic: chosen?.statistic ?? "p95", most: chosen?.value };
}

export function pointsOf(context: Context, statistic: Statistic): Point[] {
  const { result, names } = context;
  const latency = (design: DesignResult): number => {
    const value: Estimate | number = design.latency[statistic];
    return typeof value === "number" ? value : value.value;
  };
  const usable = result.designs.filter((design) => Number.isFinite(qualityOf(design.quality).value));
  const latest = latestOf(result.study);
  const words = qualityWords(result);
  const best = Math.max(...usable.map((design) => qualityOf(design.quality).value));
  const least = boundOnQuality(result)?.value ?? best;
  // Of what is no share, or better when less, none is left out.
  const floor = words.share && words.more ? Math.min(best, least) - reach : -Infinity;
  const points = usable.map((design): Point => {
    const { value, lo, hi } = qualityOf(design.quality);
    const below = value < floor;
    const role = roleOf(result.verdict, design.id);
    const off = offScale(design, latency(design));
    return {
      id: design.id,
      name: { wide: names.label(design.id), narrow: names.tiny(design.id) },
      kind: design.kind,
      x: off === undefined ? latency(design) : Infinity,
      ...(off !== undefined && { off }),
      late: off === undefined && latency(design) > latest,
      number: seconds(latency(design)),
      y: below ? floor : value,
      lo: Math.max(floor, lo),
      hi: Math.max(floor, hi),
      met: stateOf(design) === "met",
      below,
      title: `${design.id}\n${words.word} ${words.full(qualityOf(design.quality))}\n${statistic} latency ${off ?? seconds(latency(design))}\n${bytes(design.bytes)} per frame`,
      rank: role === "recommended" || role === "nearest" ? 0 : role === undefined ? (design.kind === "LC" ? 2 : 9) : 1,
    };
  });
  const front = frontOf(points.filter((point) => point.off === undefined));
  for (const point of front) point.rank = Math.min(point.rank, 3);
  for (const kind of ["RC", "SC", "EE"] as const) {
    const first = points.find((point) => point.kind === kind && point.rank === 9);
    if (first && !points.some((point) => point.kind === kind && point.rank < 9)) first.rank = 4;
  }
  return points;
}

/** Designs that no other beats in both, fastest first. */
export function frontOf<T extends { x: number; y: number; below: boolean }>(points: readonly T[]): T[] {
  const front: T[] = [];
  for (const point of points.filter((p) => !p.below).sort((a, b) => a.x - b.x || b.y - a.y)) {
    const last = front.at(-1);
    if (!last || point.y > last.y) front.push(point);
  }
  return front;
}
