/** @file Where the answer changes along one quantity: the verdict at places of its range, in the background. */
import type { Result } from "@split-et-impera/core/design";
import { useEffect, useState } from "react";
import type { Circumstances } from "./messages.ts";
import { poolOf } from "./use-what-if.ts";

export interface Scanned {
  value: number;
  /** The recommended design's id; null: nothing is sure to fit. */
  recommended: string | null;
}

/**
 * @param ids the designs that are asked about
 * @param places values in the order in which they are wanted; none: nothing is asked
 * @param at the circumstances at a value
 * @param key says when it is another question
 */
export function useScan(
  result: Result,
  ids: readonly string[],
  places: readonly number[],
  at: (value: number) => Circumstances,
  key: string,
): { found: readonly Scanned[]; done: boolean } {
  const [state, setState] = useState<{ key: string; found: Scanned[] }>({ key, found: [] });
  useEffect(() => {
    const inquiries = places.map((value) => ({ value, inquiry: poolOf(result).inquire(at(value)) }));
    const found: Scanned[] = [];
    setState({ key, found: [] });
    const ask = async (): Promise<void> => {
      for (const { value, inquiry } of inquiries) {
        const designs = await Promise.all(ids.map((id) => inquiry.design(id, 5)));
        const { recommended } = await inquiry.verdict(designs, 5);
        found.push({ value, recommended: recommended ?? null });
        setState({ key, found: found.toSorted((a, b) => a.value - b.value) });
      }
    };
    ask().catch(() => undefined);
    return () => inquiries.forEach(({ inquiry }) => inquiry.cancel());
    // What is asked is told by the key.
  }, [result, key]);
  return state.key === key
    ? { found: state.found, done: state.found.length === places.length }
    : { found: [], done: false };
}
