/** @file The designs that a reader looks at first. */
import type { DesignResult, Result } from "./result.ts";

/**
 * Whatever the verdict names (recommended or nearest, runner-up, what comes to mind instead, ties), LC, and the RC that
 * stands first; the most important ones where there are more than `most`.
 * @returns in the order of the result
 */
export function namedDesigns({ designs, verdict }: Pick<Result, "designs" | "verdict">, most: number): DesignResult[] {
  const { recommended, nearest, runnerUp, instead, ties } = verdict;
  const first = (kind: DesignResult["kind"]): string | undefined => designs.find((design) => design.kind === kind)?.id;
  const named = [
    recommended,
    nearest?.id,
    first("LC"),
    first("RC"),
    runnerUp?.id,
    ...instead.map(({ id }) => id),
    ...ties,
  ];
  const kept = new Set([...new Set(named.filter((id) => id !== undefined))].slice(0, most));
  return designs.filter(({ id }) => kept.has(id));
}
