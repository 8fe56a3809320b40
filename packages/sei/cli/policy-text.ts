/** @file A policy and its trial in words. */
import { namesOf } from "@split-et-impera/charts";
import type { Result } from "@split-et-impera/core/design";
import {
  cellAt,
  type Condition,
  type Outcome,
  type Policy,
  type TableWork,
  type Trial,
} from "@split-et-impera/core/policy";
import { formatDuration, formatPercent, formatRate } from "@split-et-impera/core/units";
import { table } from "./table.ts";

/** What is worth less is worth nothing. */
const LEAST = 0.01;
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/** A letter for each design of the table; of more than 26 a number. */
const sign = (index: number): string => letters[index] ?? String(index + 1);

export function policyText(result: Result, policy: Policy, work: TableWork, own: Condition): string {
  const { axes, designs, cells } = policy;
  const { label } = namesOf(result);
  const here = cellAt(axes, own);
  const lines = [
    `The best of ${result.designs.length} designs by the link's rate, round trip and loss; ` +
      `small letters: nothing is sure to fit there, and this is worth most (a point: no more than ${formatPercent(LEAST)} of its frames); ` +
      `[ ]: the study's own link.`,
    ...designs.map(({ id }, i) => `  ${sign(i)}  ${label(id)}`),
  ];
  for (const [l, loss] of axes.losses.entries()) {
    const rows = axes.rtts.map((rtt, r) => [
      formatDuration(rtt),
      ...axes.rates.map((_, i) => {
        const { best, fits, worth } = cells[l]![r]![i]!;
        const text = fits ? sign(best) : worth[best]! < LEAST ? "." : sign(best).toLowerCase();
        return l === here.loss && r === here.rtt && i === here.rate ? `[${text}]` : ` ${text} `;
      }),
    ]);
    const head = [`${formatPercent(loss)} loss`, ...axes.rates.map((rate) => formatRate(rate))];
    lines.push(
      "",
      table(
        head,
        rows,
        Array.from({ length: head.length }, (_, i) => i),
      ),
    );
  }
  const never = work.all - work.simulated - work.bounded;
  const rest = never > 0 ? `; ${never} miss a requirement over any link` : "";
  lines.push(
    "",
    `Simulated ${work.simulated} of ${work.all} designs in cells; of ${work.bounded} others frames that wait for nothing would be too late, or worth less${rest}.`,
  );
  return lines.join("\n");
}

export function trialText(result: Result, trial: Trial, { pause, every, frames }: Policy): string {
  const { label } = namesOf(result);
  const row = (what: string, { inTime, met, quality, worth, plan }: Outcome): string[] => [
    what,
    formatPercent(inTime),
    formatPercent(met),
    formatPercent(quality),
    formatPercent(worth),
    String(plan.length - 1),
  ];
  const [best] = trial.fixed;
  const gained = trial.foreseen.worth - trial.policy.worth;
  return [
    "",
    `Over ${formatDuration(trial.seconds)} of the trace, ${formatDuration(every)} a window, ${formatDuration(pause)} without answers at each change:`,
    table(
      ["", "in time", "windows met", "quality", "worth", "changes"],
      [
        row(`best fixed: ${label(best!.plan[0]!.design)}`, best!),
        row("policy", trial.policy),
        row("policy, each window foreseen", trial.foreseen),
        row("best plan found, all known", trial.clairvoyant),
      ],
      [1, 2, 3, 4, 5],
    ),
    `In time: within ${formatDuration(frames.deadline)}. Worth: of all frames those in time, less what their answers are worse than the unchanged model's.`,
    `A perfect prediction of the next window would change the worth by ${(100 * gained).toFixed(1)} points.`,
  ].join("\n");
}
