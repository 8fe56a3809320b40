/** @file A result's designs under circumstances that change while one looks: asked again at once, never shown late. */
import type { Result, Verdict, WhatIfDesign } from "@split-et-impera/core/design";
import { useEffect, useRef, useState } from "react";
import type { Circumstances } from "./messages.ts";
import { Pool } from "./pool.ts";

/** Pools by result, so that views that look at the same one share its workers; the last few stay. */
const pools = new Map<Result, Pool>();
const mostPools = 2;

export function poolOf(result: Result): Pool {
  const known = pools.get(result);
  if (known) return known;
  for (const [old, pool] of [...pools].slice(0, Math.max(0, pools.size + 1 - mostPools))) {
    pool.close();
    pools.delete(old);
  }
  const pool = new Pool(result);
  pools.set(result, pool);
  return pool;
}

export interface Answer {
  /** What these are the answers to. */
  circumstances: Circumstances;
  /** By id; of the circumstances asked about and no others. */
  designs: ReadonlyMap<string, WhatIfDesign>;
  /** Once all designs are there. */
  verdict?: Verdict;
  /** Milliseconds from the question: to the first design, to all. */
  took: { first?: number; all?: number };
  failed?: string;
}

/**
 * @param ids the designs that are asked about
 * @param first the design to ask about first: what was recommended
 * @returns the latest answer that is whole (to be looked at until the next is), and what has come of the one under way
 */
export function useWhatIf(
  result: Result,
  ids: readonly string[],
  circumstances: Circumstances,
  first: string | undefined,
): { now: Answer; whole: Answer | undefined } {
  const [now, setNow] = useState<Answer>({ circumstances, designs: new Map(), took: {} });
  const [whole, setWhole] = useState<Answer>();
  const latest = useRef(first);
  latest.current = first;
  useEffect(() => {
    const inquiry = poolOf(result).inquire(circumstances);
    const asked = performance.now();
    const took: Answer["took"] = {};
    const designs = new Map<string, WhatIfDesign>();
    const since = (): number => performance.now() - asked;
    const show = (more: Partial<Answer> = {}): Answer => {
      const answer = { circumstances, designs: new Map(designs), took: { ...took }, ...more };
      setNow(answer);
      return answer;
    };
    const order = [...ids].sort((a, b) => Number(b === latest.current) - Number(a === latest.current));
    const ask = async (): Promise<void> => {
      await Promise.all(
        order.map(async (id, i) => {
          designs.set(id, await inquiry.design(id, i === 0 ? 0 : 1));
          took.first ??= since();
          // The rest comes together with the verdict: numbers that move one by one are no answer.
          if (designs.size === 1) show();
        }),
      );
      const all = ids.map((id) => designs.get(id)!);
      const verdict = await inquiry.verdict(all);
      took.all = since();
      setWhole(show({ verdict }));
    };
    ask().catch((error: unknown) =>
      setNow({ circumstances, designs: new Map(), took, failed: (error as Error).message }),
    );
    return () => inquiry.cancel();
  }, [result, circumstances, ids]);
  return { now, whole };
}
