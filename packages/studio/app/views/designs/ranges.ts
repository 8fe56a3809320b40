/** @file Ranges that are brushed: in the URL as `p95=0.01..0.05`, either end open. */
import type { DesignResult } from "@split-et-impera/core/design";
import { change } from "../../store/url.ts";
import type { Column } from "./columns.ts";

export interface Range {
  from: number;
  to: number;
}

export type Ranges = ReadonlyMap<string, Range>;

const all: Range = { from: -Infinity, to: Infinity };

export function rangesIn(query: URLSearchParams, columns: readonly Column[]): Ranges {
  const found = new Map<string, Range>();
  for (const { key } of columns) {
    const text = query.get(`in-${key}`);
    const [from = "", to = ""] = text?.split("..") ?? [];
    const range = { from: from === "" ? -Infinity : Number(from), to: to === "" ? Infinity : Number(to) };
    if (text !== null && !Number.isNaN(range.from) && !Number.isNaN(range.to)) found.set(key, range);
  }
  return found;
}

const written = (value: number): string => (Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "");

export function rangeText({ from, to }: Range): string | undefined {
  return from === -Infinity && to === Infinity ? undefined : `${written(from)}..${written(to)}`;
}

export function setRanges(ranges: Readonly<Record<string, Range | undefined>>, how: "step" | "same" = "step"): void {
  change(
    Object.fromEntries(Object.entries(ranges).map(([key, range]) => [`in-${key}`, range && rangeText(range)])),
    how,
  );
}

export function isWithin(design: DesignResult, ranges: Ranges, columns: readonly Column[]): boolean {
  return columns.every(({ key, value }) => {
    const { from, to } = ranges.get(key) ?? all;
    const own = value(design);
    return own >= from && (own <= to || to === Infinity);
  });
}
