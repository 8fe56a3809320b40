/** @file Why a pipeline placement is the best: what binds, how much room the others have, and the runner-up's price. */
import { InputError } from "../../../errors/index.ts";
import type { StagePlacement, StageProblem } from "./problem.ts";
import { placeStages, type StageOptions } from "./solve.ts";

export interface StageExplanation {
  /** The stage with the largest load, and the part of its load that weighs most. */
  binding: { stage: number; host: string; load: number; part: "compute" | "input" | "output"; share: number };
  /** Per stage: how much its load may grow before it binds. */
  slack: number[];
  /** Hosts of each kind that stay idle. */
  idle: { host: string; count: number }[];
  /** The best placement that has another stage in place of the binding one; absent where there is none. */
  runnerUp?: { value: number; price: number; gap: number; placement: StagePlacement };
}

/** Explains the answer of `placeStages`. The runner-up costs about one more search under the same limits. */
export function explainStages(
  problem: StageProblem,
  placement: StagePlacement,
  options: StageOptions,
): StageExplanation {
  const { stages } = placement;
  let stage = 0;
  stages.forEach(({ load }, i) => load > stages[stage]!.load && (stage = i));
  const bound = stages[stage]!;
  const parts = (["compute", "input", "output"] as const).map((part) => ({ part, time: bound[part] }));
  const largest = parts.reduce((a, b) => (b.time > a.time ? b : a));
  const idle = problem.kinds.flatMap((kind, k) => {
    const count = kind.count - stages.filter((stage) => stage.kind === k).length;
    return count > 0 ? [{ host: kind.name, count }] : [];
  });
  const explanation: StageExplanation = {
    binding: {
      stage,
      host: problem.kinds[bound.kind]!.name,
      load: bound.load,
      part: largest.part,
      share: bound.load > 0 ? largest.time / bound.load : 0,
    },
    slack: stages.map(({ load }) => bound.load - load),
    idle,
  };
  try {
    const other = placeStages(problem, { ...options, without: { kind: bound.kind, nodes: bound.nodes } });
    explanation.runnerUp = {
      value: other.value,
      price: other.value - placement.value,
      gap: other.gap,
      placement: other,
    };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
  return explanation;
}
