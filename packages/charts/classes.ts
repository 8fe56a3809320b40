/** @file What each class loses: the quality of the chosen design beside the whole model's, class by class. */
import type { ClassResult } from "@split-et-impera/core/design";
import type { Estimate } from "@split-et-impera/core/statistics";
import { figure, legend } from "./chart.ts";
import { classPlot, type ClassRow } from "./class-plot.ts";
import { designName, kindColour, type Context } from "./context.ts";
import { grouped, interval, percent, plusMinus } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { qualityWords, sampleNoun } from "./quality.ts";

/** Classes in the chart at most; the table has all. */
const mostRows = 24;

/** Nothing for results of older versions, and for data of one class. */
export function classesSection(context: Context): Markup {
  const { byClass } = context.result;
  const { chosen } = context;
  const own = byClass?.designs.find(({ id }) => id === chosen?.id);
  if (!byClass || !chosen || !own) return html``;
  const rows = byClass.classes
    .map((name, i): ClassRow => ({ name, whole: byClass.whole[i]!, quality: own.quality[i]!, drop: own.drop[i]! }))
    .toSorted((a, b) => b.drop.value - a.drop.value);
  const sure = rows.filter(({ drop }) => drop.lo > 0).length;
  const shown = rows.slice(0, mostRows);
  return html`<section id="classes">
    <h2>${qualityWords(context.result).Word} by class</h2>
    ${figure({
      id: "class-quality",
      title: "What each class loses",
      legend: legend([
        ["the whole model", "var(--ink)", "ring"],
        [context.names.label(chosen.id), kindColour[chosen.kind], "dot"],
      ]),
      caption: html`${shown.length < rows.length ? `The ${shown.length} of ${rows.length} classes that lose most` : "Classes in the order of what they lose"},
      with their test ${sampleNoun(context.result)}s in brackets; lines are 95 % intervals. At the right, what the
      design loses in percentage points, bold where that is more than chance
      (${sure === 0 ? "none" : `${sure} of ${rows.length}`}; by chance alone one class in forty would be).`,
      draw: (size) => [classPlot(shown, kindColour[chosen.kind], size, qualityWords(context.result).word)],
      below: numbers(context, byClass),
    })}
  </section> `;
}

function numbers(context: Context, { classes, whole, designs }: ClassResult): Markup {
  const cell = (estimate: Estimate): Markup =>
    html`<td class="right" data-key="${estimate.value}" title="${interval(estimate, percent)}">
      ${percent(estimate.value)} <small>${plusMinus(estimate)}</small>
    </td>`;
  return html`<details>
    <summary>Numbers of all ${classes.length} classes</summary>
    <div class="scroll" role="region" aria-label="${qualityWords(context.result).Word} by class" tabindex="0">
      <table class="plain sortable">
        <thead>
          <tr>
            <th scope="col" data-order="ascending">Class</th>
            <th scope="col" class="right" data-order="descending">Images</th>
            <th scope="col" class="right" data-order="ascending">Whole model</th>
            ${designs.map(
              ({ id }) =>
                html`<th scope="col" class="right" data-order="ascending">${designName(context, id)}</th>
                  <th scope="col" class="right" data-order="descending">Drop</th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${classes.map(
            (name, i) =>
              html`<tr>
                <th scope="row">${name}</th>
                <td class="right" data-key="${whole[i]!.n}">${grouped(whole[i]!.n)}</td>
                ${cell(whole[i]!)} ${designs.map(({ quality, drop }) => html`${cell(quality[i]!)} ${cell(drop[i]!)}`)}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
