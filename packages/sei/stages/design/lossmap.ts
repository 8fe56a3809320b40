/** @file What the match recommends at other rates and losses of the link: every cell simulated, no cell guessed. */
import { checkDesign, mayFit, over, timesAtBest, type LossMapResult } from "@split-et-impera/core/design";
import { uplinkOf, type Study } from "@split-et-impera/core/study";
import type { Evidence } from "@split-et-impera/core/task";
import type { Context, Stage } from "../context.ts";
import type { About } from "./about.ts";
import { atRate, evaluateAhead, type Cell } from "./jobs.ts";
import { evaluate, stepsOf, type Candidate, type Evaluated, type Grounds } from "./evaluate.ts";

/** The link's rate is multiplied by these, three to a decade: a twentieth to twenty times. */
const factors = Array.from({ length: 9 }, (_, i) => 10 ** ((i - 4) / 3));

/** The greatest of them. */
export const fastest = factors.at(-1)!;

/** A design at the study's own rate, which is all that does not depend on the link. */
export interface Known extends Candidate {
  /** At the study's losses, by loss. */
  at: ReadonlyMap<number, Evaluated>;
}

export interface LossMapInput {
  grounds: Grounds;
  designs: readonly Known[];
  losses: readonly number[];
  /** Whether at other rates than the study's too. */
  elsewhere: boolean;
  baseline: readonly Evidence[];
  /** What the study is about, for whoever does work ahead. */
  about: About;
  recommended(designs: readonly Evaluated[]): string | undefined;
}

/**
 * The recommended design per loss and rate. At other rates than the study's, designs are simulated only where they could
 * meet every requirement: not where frames would come too late though they wait for nothing.
 */
export const lossMapStage: Stage<LossMapInput, LossMapResult> = {
  name: "loss-map",
  version: 5,
  key({ grounds: { subject, prices }, designs, losses, elsewhere }) {
    const { modelHash, testKey, trainKey, study } = subject;
    const { links, frames, hosts, requirements, objective, seed } = study;
    return [
      [modelHash, testKey, trainKey, links, frames, hosts, requirements, objective, seed, losses, elsewhere],
      [prices, designs.map(({ prepared, at }) => [prepared.key, [...at.values()].map(({ result }) => result)])],
    ];
  },
  run: lossMapOf,
};

async function lossMapOf(input: LossMapInput, context: Context): Promise<LossMapResult> {
  const { grounds, designs, losses, elsewhere, baseline, recommended: recommend } = input;
  const { study } = grounds.subject;
  const given = uplinkOf(study).link.rate;
  const rates = elsewhere ? factors.map((factor) => given * factor) : [given];
  // At the study's own rate all are simulated already.
  const ables = rates.map((rate) =>
    rate === given ? designs : designs.filter((one) => couldFit(grounds, atRate(study, rate), losses, one)),
  );
  const known = (rate: number, loss: number, { transport, at }: Known): Evaluated | undefined =>
    rate === given || transport === undefined ? at.get(loss) : undefined;
  const cells = (one: Known): Cell[] =>
    rates.flatMap((rate, i) =>
      losses.flatMap((loss) =>
        ables[i]!.includes(one) && !known(rate, loss, one) ? [{ rate, loss, asked: true }] : [],
      ),
    );
  const asked = designs.map((candidate) => ({ candidate, cells: cells(candidate) }));
  const outcomes = await evaluateAhead(input.about, grounds, asked, context);
  const failed = designs.filter((_, i) => outcomes[i]!.state === "failed");
  const recommended: (string | null)[][] = losses.map(() => []);
  for (const [k, rate] of rates.entries()) {
    const there = atRate(study, rate);
    const able = ables[k]!.filter((one) => !failed.includes(one));
    for (const [row, loss] of losses.entries()) {
      const missing = able.filter((one) => !known(rate, loss, one));
      const found = new Map<Known, Evaluated>();
      let i = 0;
      for await (const one of evaluate(grounds, missing, { study: there, loss, baseline, asked: true }, context)) {
        found.set(missing[i++]!, one.value);
      }
      const all = able.map((one) => known(rate, loss, one) ?? found.get(one)!);
      recommended[row]!.push(recommend(all) ?? null);
      context.update(`${recommended.flat().length} of ${rates.length * losses.length} rates and losses`);
    }
  }
  return { frames: study.frames.count, rates, losses: [...losses], recommended };
}

/** Whether a design may meet every requirement at some loss, with all frames at their quickest and nothing lost of their answers. */
function couldFit(
  grounds: Grounds,
  study: Study,
  losses: readonly number[],
  { prepared, transport, at }: Known,
): boolean {
  const [known] = [...at.values()];
  const design = transport ? over(prepared.design, transport, study) : prepared.design;
  const { throughputInterval: _atTheGivenRate, ...result } = known!.result;
  const metrics = {
    ...result,
    quality: result.clean,
    drop: known!.cleanDrop,
    ...timesAtBest(study, stepsOf(grounds, study, prepared, design), { losses }),
    overload: undefined,
  };
  return mayFit(design, checkDesign(metrics, study.requirements));
}
