/** @file The charts' result for tests, with the optimum over its cuts. */
import type { Result, SaliencyPoint } from "@split-et-impera/core/design";
import type { Study } from "@split-et-impera/core/study";
import { chartResult, hosts, type FixtureOptions } from "../../charts/testing/fixture.ts";
import { withDesigns } from "../stages/design/optimum-words.ts";
import { solveOptimum, type PricedModel } from "../stages/design/optimum.ts";

/** The same network in pieces between its cuts, as the optimum takes it. */
function priced(study: Study, points: readonly SaliencyPoint[]): PricedModel {
  const legal = points.filter((point) => point.legal);
  const share = 1 / (legal.length + 1);
  const seconds = (whole: number): number[] => Array.from({ length: legal.length + 1 }, () => whole * share);
  return {
    study,
    hosts,
    cuts: legal.map(({ tensor, bytes }) => ({ name: tensor, values: bytes / 4 })),
    seconds: { camera: seconds(0.062), server: seconds(0.0045) },
    sent: [{ codec: "raw", bytes: 3072 }],
    memory: () => ({ here: 0, there: 0 }),
    candidates: points.filter(({ candidate }) => candidate).map(({ tensor }) => tensor),
  };
}

/** A result that hangs together, the same for the same options. */
export function syntheticResult(options: FixtureOptions = {}): Result {
  const result = chartResult(options);
  const optimum = result.saliency && solveOptimum(priced(result.study, result.saliency.points));
  if (!optimum) return result;
  return { ...result, optimum: withDesigns(optimum, { hosts, designs: result.designs, added: false, candidates: 1 }) };
}
