/** @file What the match recommends at other rates and losses of the link: every cell simulated, no cell guessed. */
import {
  checkDesign,
  noParts,
  over,
  quickestLatencies,
  summariseFrames,
  sustainedRate,
  type LossMapResult,
  type TransportName,
  type Verdict,
} from "@split-et-impera/core/design";
import { uplinkOf, withLoss, withUplink, type Metric, type Study } from "@split-et-impera/core/study";
import { clusteredDifference } from "@split-et-impera/core/statistics";
import { evaluate, stepsOf, type Evaluated, type EvaluateOptions } from "./evaluate.ts";
import type { Prepared } from "./prepared.ts";
import type { Workbench } from "./workbench.ts";

/** The link's rate is multiplied by these, three to a decade: a twentieth to twenty times. */
const factors = Array.from({ length: 9 }, (_, i) => 10 ** ((i - 4) / 3));

/** A design at the study's own rate, which is all that does not depend on the link. */
export interface Known {
  prepared: Prepared;
  transport: TransportName | undefined;
  /** At the study's losses, by loss. */
  at: ReadonlyMap<number, Evaluated>;
}

export interface LossMapInput {
  bench: Workbench;
  designs: readonly Known[];
  losses: readonly number[];
  options: Omit<EvaluateOptions, "loss">;
  match(designs: readonly Evaluated[]): Verdict;
  update(status: string): void;
}

/**
 * The recommended design per loss and rate. At other rates than the study's, designs are simulated only where they could
 * meet every requirement: not where frames that arrive whole and meet no loss would come too late.
 */
export async function lossMapOf(input: LossMapInput): Promise<LossMapResult> {
  const { bench, designs, losses, options, match, update } = input;
  const { study, signal } = bench;
  const given = uplinkOf(study).link.rate;
  const rates = factors.map((factor) => given * factor);
  const recommended: (string | null)[][] = losses.map(() => []);
  for (const rate of rates) {
    const there = withUplink(study, () => ({ rate }));
    // At the study's own rate all are simulated already.
    const able = rate === given ? designs : designs.filter((one) => couldFit(bench, there, one, options));
    for (const [row, loss] of losses.entries()) {
      const found: Evaluated[] = [];
      for (const { prepared, transport, at } of able) {
        signal.throwIfAborted();
        const same = rate === given || transport === undefined ? at.get(loss) : undefined;
        found.push(same ?? (await evaluate({ ...bench, study: there }, prepared, transport, { ...options, loss })));
        // Ctrl-C needs a turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
      recommended[row]!.push((found.length > 0 && match(found).recommended) || null);
      update(`${recommended.flat().length} of ${rates.length * losses.length} rates and losses`);
    }
  }
  return { frames: study.frames.count, rates, losses: [...losses], recommended };
}

/** Whether a design meets every requirement with all frames whole and at their quickest. */
function couldFit(
  bench: Workbench,
  study: Study,
  { prepared, transport, at }: Known,
  { baseline, deadline }: LossMapInput["options"],
): boolean {
  const [known] = [...at.values()];
  const steps = stepsOf(bench, study, prepared, transport ? over(prepared.design, transport) : prepared.design);
  const quickest = Array.from(quickestLatencies(study, steps), (latency) => ({
    latency,
    parts: noParts(),
    missing: none,
  }));
  const { throughputInterval: _atTheGivenRate, ...result } = known!.result;
  const { clean } = result.accuracy;
  const metrics = {
    ...result,
    accuracy: { clean, delivered: clean },
    accuracyDrop: prepared.exact
      ? { value: 0, lo: 0, hi: 0, n: baseline.length }
      : clusteredDifference({ scores: baseline }, { scores: prepared.correct }),
    ...summariseFrames(quickest, deadline),
    throughput: sustainedRate(withLoss(study, 0), steps),
    overload: undefined,
  };
  // Over UDP the frames are judged too: what the images leave undecided they may decide.
  const judged = new Set<Metric>(transport === "udp" ? ["accuracy", "accuracy-drop"] : []);
  return checkDesign(metrics, study.requirements).every(
    ({ state, requirement }) => state === "met" || (state === "undecided" && judged.has(requirement.metric)),
  );
}

const none = new Uint32Array();
