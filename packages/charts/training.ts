/** @file How bottlenecks learned: the loss per epoch, and the accuracy, or the agreement with the unchanged model. */
import { bottleneckName, type TrainingResult } from "@split-et-impera/core/design";
import { figureOf, type Figure, type Score } from "@split-et-impera/core/training";
import { figure, legend } from "./chart.ts";
import type { Context } from "./context.ts";
import { percent } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { keyOf, trainingPlot } from "./training-plot.ts";
import { sampleNoun } from "./quality.ts";

/** Lines in the chart at most; the table has all. */
const mostLines = 9;

/** Nothing where no bottleneck was trained, and for results of older versions. */
export function trainingSection(context: Context): Markup {
  const { training = [] } = context.result;
  const trained = training.filter(({ epochs }) => epochs.length > 0);
  if (trained.length === 0) return html``;
  const shown = trained.slice(0, mostLines);
  const joint = shown.some(({ epochs }) => epochs.some(({ phase }) => phase === "joint"));
  const lossy = shown.some((one) => one.lossy);
  const held = shown.some(({ epochs }) => epochs.some((epoch) => epoch.held));
  const known = shown.map(({ epochs }) => figureOf(epochs.at(-1)!)?.figure).find((figure) => figure !== undefined);
  const noun = sampleNoun(context.result);
  const title = `Loss ${known ? `and ${known} ` : ""}by epoch`;
  return html`<section id="training">
    <h2>How bottlenecks learned</h2>
    ${figure({
      id: "training-curves",
      title,
      legend: legend(
        shown.map((one, i) => {
          const last = figureOf(one.epochs.at(-1)!);
          return [`${nameOf(context, one)}${last ? `: ${percent(last.value)}` : ""}`, ...keyOf(i)];
        }),
      ),
      caption: html`${shown.length < trained.length && `The first ${shown.length} of ${trained.length} bottlenecks. `}
      Means over the training ${noun}s of an epoch, augmented, while it
      trains${known && `; at a name stands the last epoch's ${known}`}. How good a bottleneck is on test ${noun}s stands
      in the table of designs.${lossy && ` Of those trained for losses these are the figures under losses.`} The loss is
      ${lossWords(known)} and the reconstruction
      error.${joint && ` Where a line begins anew, everything is trained end to end, by ${lossWords(known)} alone.`}${held && ` Rings are ${noun}s that are held back.`}
      A loss that still falls at its end asks for more epochs.`,
      draw: (size) => [trainingPlot(shown, "loss", size), ...(known ? [trainingPlot(shown, known, size)] : [])],
      below: numbers(context, trained, title),
    })}
  </section> `;
}

const percentOf = (score: Score): string => {
  const found = figureOf(score);
  return found ? percent(found.value) : "";
};

const nameOf = ({ names }: Context, one: TrainingResult): string => `${names.brief(one.cut)} ${bottleneckName(one)}`;

/** What is made small, by what is known of the answers. */
const lossWords = (known: Figure | undefined): string =>
  known === "agreement"
    ? "the squared difference of the outputs from the unchanged model's, relative to these,"
    : known === "accuracy"
      ? "the cross-entropy"
      : "the task's own";

function numbers(context: Context, training: readonly TrainingResult[], title: string): Markup {
  const most = Math.max(...training.map(({ epochs }) => epochs.length));
  return html`<details>
    <summary>Numbers of all ${training.length} bottlenecks</summary>
    <div class="scroll" role="region" aria-label="${title}" tabindex="0">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Epoch</th>
            ${training.map((one) => html`<th scope="col" class="right">${nameOf(context, one)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${Array.from(
            { length: most },
            (_, i) =>
              html`<tr>
                <th scope="row">${i + 1}</th>
                ${training.map(({ epochs: { [i]: epoch } }) => html`<td class="right">${epoch && html`${epoch.loss.toPrecision(3)} <small>${percentOf(epoch)}</small>`}</td>`)}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
