/** @file The early exits of a study: what they learned, how sure they have to be, and what that costs. */
import type { ExitResult } from "@split-et-impera/core/design";
import { figureOf } from "@split-et-impera/core/training";
import type { Context } from "./context.ts";
import { grouped, interval, percent, plusMinus } from "./format.ts";
import { html, type Child, type Markup } from "./html.ts";

/** Nothing where no exit was trained. */
export function exitsSection(context: Context): Markup {
  const { exits = [], study } = context.result;
  const asked = study.explore.exits;
  if (exits.length === 0 || !asked) return html``;
  const head = [
    "Exit at",
    "Looks at",
    "Weights",
    "Learned",
    "Threshold",
    "Held back leave",
    "lose",
    "at most",
    "Test images leave",
  ];
  return html`<section id="exits">
    <h2>Early exits</h2>
    <p class="lead">
      A small head on ${study.frames.host} answers where it is sure; other frames go on. Its threshold is the least at
      which training samples that it did not learn from show with ${percent(asked.confidence)} confidence that no more
      than ${percent(asked.loss)} of quality is lost against the whole model. The test images had no part in that.
    </p>
    <div class="scroll" role="region" aria-label="Early exits" tabindex="0">
      <table class="plain">
        <thead>
          <tr>
            ${head.map((text, i) => html`<th scope="col" class="${i === 0 ? "left" : "right"}">${text}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${exits.map((exit) => row(context, exit))}
        </tbody>
      </table>
    </div>
  </section> `;
}

function row({ result, names }: Context, { cut, features, parameters, epochs, calibration }: ExitResult): Markup {
  const { threshold, samples, share, lost, bound } = calibration;
  const learned = epochs.length > 0 ? figureOf(epochs.at(-1)!) : undefined;
  const design = result.designs.find(
    ({ exited, segments, exits = [] }) => exited && exits.some(({ after }) => segments[after]!.to.join(",") === cut),
  );
  const cells: Child[] = [
    `${grouped(features)} numbers`,
    grouped(parameters),
    learned ? percent(learned.value) : "–",
    threshold === undefined ? "none: never answers" : threshold === 0 ? "0: always answers" : threshold.toPrecision(4),
    `${percent(share)} of ${grouped(samples)}`,
    percent(lost, 2),
    percent(bound, 2),
    design?.exited
      ? html`<span title="${interval(design.exited.share, percent)}"
          >${percent(design.exited.share.value)} <small>${plusMinus(design.exited.share)}</small></span
        >`
      : "–",
  ];
  return html`<tr>
    <th scope="row" title="${cut}">${names.tensor(cut)}</th>
    ${cells.map((cell) => html`<td class="right">${cell}</td>`)}
  </tr> `;
}
