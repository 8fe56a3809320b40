/** @file The recommended design simulated once more, from what the result keeps: what its charts of hosts and frames show. */
import {
  canSimulate,
  closelyOf,
  basisName,
  simulatorOf,
  type Closely,
  type Result,
} from "@split-et-impera/core/design";
import type { Context } from "./context.ts";

const known = new WeakMap<Result, Closely>();

/** Undefined where no design is recommended or nearest, and of results of older versions, which do not keep what this takes. */
export function closelyChosen({ result, chosen }: Context): Closely | undefined {
  if (!chosen || !canSimulate(result) || !Object.hasOwn(result.basis.designs, basisName(chosen))) return undefined;
  const found = known.get(result) ?? closelyOf(result.study, simulatorOf(result.basis, result.study).steps(chosen));
  known.set(result, found);
  return found;
}
