/** @file What ran when over a trace of the link's rate: the policy, and plans that knew more. */
import * as Plot from "@observablehq/plot";
import type { Policy, Stretch, Trial } from "@split-et-impera/core/policy";
import { axis, axisFor, draw, figure, fontSize, legend, textWidth, widths, type Size } from "./chart.ts";
import { designName, kindColour, type Context } from "./context.ts";
import { percent, rate, seconds, trim } from "./format.ts";
import { html, type Markup } from "./html.ts";

export function policyTrial(context: Context, policy: Policy, trial: Trial): Markup {
  const rows = rowsOf(trial);
  const used = [...new Set(rows.flatMap(({ plan }) => plan.map(({ design }) => design)))];
  const colours = coloursOf(context, used);
  return figure({
    id: "policy-trial",
    title: "What runs when, as the link's rate changes",
    legend: legend(used.map((id) => [context.names.label(id), colours.get(id)!])),
    caption: html`Above, the rate that the link carries in each ${trim(seconds(policy.every))}; below, the designs. At a
    change ${trim(seconds(policy.pause))} of frames are lost. The policy is told each window when it is over; the next
    row before it begins.`,
    draw: (size) => [ratePlot(trial, policy, size), planPlot(rows, colours, trial, size)],
    below: numbers(context, rows, trial),
  });
}

interface Row {
  name: string;
  plan: readonly Stretch[];
  outcome: Trial["policy"];
}

const rowsOf = (trial: Trial): Row[] =>
  (
    [
      ["best fixed", trial.fixed[0]!],
      ["policy", trial.policy],
      ["foreseen", trial.foreseen],
      ["all known", trial.clairvoyant],
    ] as const
  ).map(([name, outcome]) => ({ name, plan: outcome.plan, outcome }));

/** A colour for every design: its kind's, the first of a kind the strongest. */
function coloursOf({ designs }: Context, ids: readonly string[]): Map<string, string> {
  const colours = new Map<string, string>();
  for (const [kind, alike] of Map.groupBy(ids, (id) => designs.get(id)!.kind)) {
    alike.forEach((id, i) => {
      const share = alike.length === 1 ? 60 : Math.round(85 - (60 * i) / (alike.length - 1));
      colours.set(id, `color-mix(in srgb, ${kindColour[kind]} ${share}%, var(--surface))`);
    });
  }
  return colours;
}

const marginLeft = Math.ceil(textWidth("500 kbit/s")) + 14;

function ratePlot({ rates, seconds: end }: Trial, { every }: Policy, size: Size): Markup {
  const carried = rates.filter((one) => one > 0);
  const y = axisFor(carried, { log: true });
  const [least] = y.domain;
  const points = rates.flatMap((one, i) => [i, i + 1].map((at) => ({ x: at * every, y: Math.max(least, one) })));
  return draw("The link's rate over the trace", {
    width: widths[size],
    height: 150,
    marginTop: 14,
    marginBottom: 8,
    marginLeft,
    style: { fontSize: `${fontSize}px` },
    x: { domain: [0, end], axis: null },
    y: { type: y.type, domain: y.domain, label: null },
    marks: [
      Plot.axisY({ ...axis, ticks: y.ticks(4), text: (value: number) => trim(rate(value)), label: null }),
      Plot.line(points, { x: "x", y: "y", stroke: "var(--ink)", strokeWidth: 1.2 }),
    ],
  });
}

function planPlot(
  rows: readonly Row[],
  colours: ReadonlyMap<string, string>,
  { seconds: end }: Trial,
  size: Size,
): Markup {
  const bars = rows.flatMap(({ name, plan }) =>
    plan.map(({ design, from }, i) => ({ name, design, from, to: plan[i + 1]?.from ?? end })),
  );
  return draw("Which design runs when", {
    width: widths[size],
    height: 36 * rows.length + 44,
    marginTop: 4,
    marginBottom: 38,
    marginLeft,
    style: { fontSize: `${fontSize}px` },
    x: { domain: [0, end], label: null },
    y: { domain: rows.map(({ name }) => name), label: null, padding: 0.25 },
    marks: [
      Plot.axisY({ ...axis, tickSize: 0, label: null }),
      Plot.axisX({
        ...axis,
        ticks: size === "wide" ? 8 : 4,
        text: (value: number) => trim(seconds(value)),
        label: "time",
        labelAnchor: "center",
      }),
      Plot.barX(bars, {
        x1: "from",
        x2: "to",
        y: "name",
        fill: ({ design }: { design: string }) => colours.get(design)!,
      }),
    ],
  });
}

function numbers(context: Context, rows: readonly Row[], { policy }: Trial): Markup {
  return html`<div class="scroll" role="region" aria-label="What each would have got" tabindex="0">
    <table class="plain">
      <thead>
        <tr>
          <th scope="col">What runs</th>
          <th scope="col" class="right">in time</th>
          <th scope="col" class="right">windows met</th>
          <th scope="col" class="right">quality</th>
          <th scope="col" class="right">worth</th>
          <th scope="col" class="right">than the policy</th>
          <th scope="col" class="right">changes</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ name, plan, outcome }) =>
            html`<tr>
              <th scope="row">
                ${name}${plan.length === 1 && name === "best fixed" && html`: ${designName(context, plan[0]!.design)}`}
              </th>
              <td class="right">${percent(outcome.inTime)}</td>
              <td class="right">${percent(outcome.met)}</td>
              <td class="right">${percent(outcome.quality)}</td>
              <td class="right">${percent(outcome.worth)}</td>
              <td class="right">${points(outcome.worth - policy.worth)}</td>
              <td class="right">${plan.length - 1}</td>
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

/** A difference of shares, in points with its sign. */
const points = (share: number): string => `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`;
