/** @file What losses do: over TCP the latency grows, over UDP the quality falls. */
import { deadlineOf } from "@split-et-impera/core/study";
import { qualityOf, wordsOf, type DesignResult } from "@split-et-impera/core/design";
import { figure } from "./chart.ts";
import { designName, boundOnQuality, type Context } from "./context.ts";
import { bound, seconds, subject, sortKey } from "./format.ts";
import { latestOf, offScale } from "./hatch.ts";
import { html, type Markup } from "./html.ts";
import { lossPlot, type LossChart } from "./lossplot.ts";
import { protectionFigures } from "./protections.ts";
import { lossText, verdictsByLoss } from "./verdict.ts";
import { qualityWords } from "./quality.ts";

export function lossSection(context: Context): Markup {
  const { sweep, designs } = context.result;
  if (sweep.length === 0) {
    return html`<section id="loss">
      <h2>What losses do</h2>
      <p class="lead">
        The study names no loss rates to compare (<code>losses</code> under <code>explore</code>), so only the link's
        own loss was simulated.
      </p>
    </section> `;
  }
  const missing = (transport: "tcp" | "udp"): Markup | undefined =>
    designs.some((design) => wordsOf(design).transport === transport)
      ? undefined
      : html`<p class="lead">No design of this study uses ${transport.toUpperCase()}.</p>`;
  return html`<section id="loss">
    <h2>What losses do</h2>
    <p class="lead">
      TCP repeats what is lost, so that answers come later; UDP does not, so that the tail answers from tensors with
      holes.
    </p>
    ${missing("tcp") ?? lossFigure(context, latencyChart(context))}
    ${missing("udp") ?? lossFigure(context, qualityChart(context))} ${protectionFigures(context)}
    ${verdictsByLoss(context)}
  </section> `;
}

function latencyChart(context: Context): LossChart {
  const { result } = context;
  const stated = result.study.requirements.filter((requirement) => requirement.metric === "latency");
  const bounds = stated.map((requirement) => ({
    value: requirement.value,
    text: `${subject(requirement)} ${bound(requirement)}`,
  }));
  const deadline = deadlineOf(result.study);
  return {
    id: "loss-tcp",
    title: "Latency against loss, over TCP",
    axisLabel: "p95 latency",
    transport: "tcp",
    designs: selection(context, "tcp"),
    value: ({ p95, overload }) => (overload ? Infinity : p95),
    latest: latestOf(result.study),
    off: (point) => offScale(point, point.p95),
    show: seconds,
    cell: ({ overload, p95, median }) =>
      overload ? html`overloaded` : html`${seconds(p95)} <small>p50 ${seconds(median)}</small>`,
    bounds: bounds.length > 0 ? bounds : [{ value: deadline, text: `one frame, ${seconds(deadline)}` }],
  };
}

function qualityChart(context: Context): LossChart {
  const least = boundOnQuality(context.result);
  const { word, Word, show, give } = qualityWords(context.result);
  return {
    id: "loss-udp",
    title: `${Word} against loss, over UDP`,
    axisLabel: word,
    transport: "udp",
    designs: selection(context, "udp"),
    value: ({ quality }) => qualityOf(quality).value,
    interval: ({ quality }) => {
      const { lo, hi } = qualityOf(quality);
      return [lo, hi];
    },
    show,
    cell: ({ quality }) => html`${show(qualityOf(quality).value)} <small>${give(qualityOf(quality))}</small>`,
    bounds: least ? [{ value: least.value, text: `${subject(least.requirement)} ${bound(least.requirement)}` }] : [],
    log: false,
  };
}

/**
 * At most seven designs, so that the lines stay readable: those that a verdict names, the best two that send the
 * input, the best at each cut (by requirements met, then by the objective), and LC for comparison.
 */
function selection(context: Context, transport: "tcp" | "udp"): DesignResult[] {
  const { result } = context;
  const verdicts = [result.verdict, ...result.sweep.map((point) => point.verdict)];
  const named = new Set(verdicts.flatMap((v) => [v.recommended, v.nearest?.id, v.runnerUp?.id]));
  const unmet = ({ checks }: DesignResult): number => checks.filter(({ state }) => state !== "met").length;
  const over = result.designs
    .filter((design) => wordsOf(design).transport === transport)
    .sort((a, b) => unmet(a) - unmet(b));
  const cuts = new Set<string | undefined>();
  const bestPerCut = over.filter((design) => {
    const { cut } = wordsOf(design);
    return cut !== undefined && !cuts.has(cut) && cuts.add(cut);
  });
  const remote = over.filter((design) => design.kind === "RC").slice(0, 2);
  const wanted = [...over.filter((design) => named.has(design.id)).slice(0, 3), ...remote, ...bestPerCut];
  const kept = new Set(
    wanted
      .slice(0, 9)
      .filter((design, i) => wanted.indexOf(design) === i)
      .slice(0, 6),
  );
  return result.designs.filter((design) => kept.has(design) || design.kind === "LC");
}

function lossFigure(context: Context, chart: LossChart): Markup {
  const all = context.result.designs.filter((design) => wordsOf(design).transport === chart.transport);
  const shown = chart.designs.filter((design) => design.kind !== "LC").length;
  const rule = chart.bounds.length > 0 ? " The dashed red line is the requirement." : "";
  const bars = chart.interval
    ? " Vertical bars are 95 % intervals; lines stand a little apart so that these can be told apart."
    : "";
  const drawn = new Set(chart.designs.map(({ id }) => id));
  const off = context.result.sweep.some(({ designs }) =>
    designs.some((point) => drawn.has(point.id) && chart.off?.(point) !== undefined),
  );
  const strip = off ? " In the hatched strip, latency grows from frame to frame or nothing is answered." : "";
  const part =
    shown === all.length
      ? `All ${all.length} designs over ${chart.transport.toUpperCase()}`
      : `The best ${shown} of ${all.length} designs over ${chart.transport.toUpperCase()}: those that a verdict names, those that send the input, and the best at each cut`;
  return figure({
    id: chart.id,
    title: chart.title,
    caption: html`${part}.${rule}${bars} Blue lines send the input, orange ones a tensor; grey is everything on
    ${context.result.study.frames.host}${chart.designs.some(({ id }) => id === context.result.verdict.recommended) && "; the thick one is recommended"}.${strip}`,
    draw: (size) => [lossPlot(context, chart, size)],
    below: numbers(context, chart, all),
  });
}

function numbers(context: Context, chart: LossChart, designs: readonly DesignResult[]): Markup {
  const { sweep } = context.result;
  return html`<details>
    <summary>Numbers of all ${designs.length} designs</summary>
    <div class="scroll" role="region" aria-label="${chart.title}" tabindex="0">
      <table class="plain sortable">
        <thead>
          <tr>
            <th scope="col" data-order="ascending">Design</th>
            ${sweep.map(({ loss }) => html`<th scope="col" class="right" data-order="${chart.transport === "tcp" ? "ascending" : "descending"}">${lossText(loss)} loss</th>`)}
          </tr>
        </thead>
        <tbody>
          ${designs.map(
            (design) =>
              html`<tr>
                <th scope="row">${designName(context, design.id)}</th>
                ${sweep.map(({ designs }) => {
                  const point = designs.find(({ id }) => id === design.id);
                  return point
                    ? html`<td class="right" data-key="${sortKey(chart.value(point))}">${chart.cell(point)}</td>`
                    : html`<td class="right">–</td>`;
                })}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
