/** @file Where the answer changes: break-even points in words, and maps over rate and speed, rate and loss. */
import { changesOf, leftOutText } from "@split-et-impera/charts";
import type { Context } from "@split-et-impera/charts";
import { plural } from "@split-et-impera/charts";
import { html, type Markup } from "@split-et-impera/charts";
import { lossMapFigure } from "@split-et-impera/charts";
import { speedMapFigure } from "@split-et-impera/charts";

export function whereSection(context: Context): Markup {
  const { optimum } = context.result;
  return html`<section id="where">
    <h2>Where the answer changes</h2>
    ${
      optimum &&
      html`<p class="lead">
        Of the placements of the model itself, by adding up: compute, bytes at the link's rate and delay, without loss
        or waiting. One number varies at a time; the study's own stands in brackets. The last row is simulated and asks
        the requirements, of all designs. ${leftOutText(optimum.leftOut)}
      </p>`
    }
    ${breakEvenList(context)} ${optimum && speedMapFigure(context, optimum)} ${lossMapFigure(context)}
    <p class="notes">
      ${optimum && `The first map adds up, exactly. `}The ${optimum ? "second" : "map"} simulates
      ${plural(context.result.lossMap.frames, "frame")} per design in every cell, with bottlenecks, codecs, TCP and
      queues, and asks the study's requirements; designs whose frames would come too late even whole and undisturbed are
      left out there.
    </p>
  </section> `;
}

function breakEvenList(context: Context): Markup {
  return html`<dl class="evens">
    ${changesOf(context).map(
      ({ what, own, stretches }) =>
        html`<dt>${what} <span class="soft">(${own})</span></dt>
          <dd>${stretches.map(({ range, answer }) => html`<span>${range}: <b>${answer}</b></span> `)}</dd> `,
    )}
  </dl>`;
}
