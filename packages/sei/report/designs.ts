/** @file The table of designs: sortable, filterable, the baselines among them. */
import { qualityOf, type DesignResult } from "@split-et-impera/core/design";
import {
  designName,
  marks,
  overloadText,
  prunedText,
  roleOf,
  stateOf,
  type Context,
  qualityWords,
  sampleNoun,
} from "@split-et-impera/charts";
import {
  bound,
  bytes,
  fps,
  grouped,
  inUnit,
  interval,
  percent,
  plural,
  plusMinus,
  seconds,
  subject,
  sortKey,
} from "@split-et-impera/charts";
import { html, type Child, type Markup } from "@split-et-impera/charts";

export function designsSection(context: Context): Markup {
  const { result } = context;
  const { designs } = result;
  const fitting = designs.filter((design) => stateOf(design) === "met").length;
  const pareto = designs.filter((design) => design.pareto).length;
  return html`<section id="designs">
    <h2>Designs</h2>
    <p class="lead">
      ${plural(designs.length, "design")} simulated under the same random losses,
      ${plural(result.study.frames.count, "frame")} each, best first. ${qualityWords(result).Word} is on
      ${plural(result.data.testImages, `test ${sampleNoun(result)}`)}; ± is half the 95 % interval, in percentage
      points. ${prunedText(result)}
    </p>
    ${requirementList(context)}
    <fieldset class="filter">
      <legend class="hidden">Show</legend>
      <label><input type="radio" name="show" checked /> All ${designs.length}</label>
      <label><input type="radio" name="show" id="show-met" /> Meet everything ${fitting}</label>
      <label><input type="radio" name="show" id="show-pareto" /> Pareto ${pareto}</label>
    </fieldset>
    <div class="scroll" role="region" aria-label="Table of designs" tabindex="0">
      <table class="designs sortable">
        <thead>
          <tr>
            ${columns(context).map(
              (column, i) =>
                html`<th
                  scope="col"
                  class="${i === 0 ? "name" : column.align}"
                  title="${column.title}"
                  data-order="${column.better}"
                >
                  ${column.head}
                </th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${designs.map((design) => row(context, design))}
        </tbody>
      </table>
    </div>
    <p class="notes">
      <span class="tag pareto">◆</span> Pareto: no other design is at least as good in ${result.front.join(", ")}, and
      better in one. <b>Overloaded</b>: frames come faster than they are answered, so that a latency would only tell how
      many were simulated. <b>Late</b>: share of frames answered after the deadline or never. <b>Lost</b>: frames never
      answered. <b>Sustains</b>: frames a second that the slowest stage carries. <b>Memory</b>: parameters and peak
      activations on ${result.study.frames.host}.
    </p>
  </section> `;
}

/** The requirements, numbered as in the table's second column. */
function requirementList(context: Context): Markup | undefined {
  const { requirements } = context.result.study;
  if (requirements.length === 0) return html`<p class="lead">The study sets no requirements.</p>`;
  return html`<ol class="requirements" aria-label="Requirements, in the order of the marks">
    ${requirements.map((requirement) => html`<li>${subject(requirement)} ${bound(requirement)}</li>`)}
  </ol>`;
}

interface Column {
  head: Child;
  title: string;
  align: "left" | "right";
  /** Which end comes first when the reader sorts. */
  better: "ascending" | "descending";
  /** What to sort by. */
  key(design: DesignResult): number | string;
  cell(design: DesignResult): Markup;
}

function columns(context: Context): Column[] {
  const { result } = context;
  const host = result.study.frames.host;
  const words = qualityWords(result);
  const latency = (head: string, statistic: "median" | "p95" | "p99"): Column => ({
    head,
    title: `latency from capture to answer, ${statistic}`,
    align: "right",
    better: "ascending",
    key: ({ latency, overload }) => (overload ? Infinity : latency[statistic].value),
    cell: ({ latency, overload }) =>
      overload
        ? html`<span class="soft" title="${overloadText(overload)}">overloaded</span>`
        : html`<span title="${interval(latency[statistic], seconds)}">${seconds(latency[statistic].value)}</span>`,
  });
  const numeric = (
    head: Child,
    title: string,
    better: Column["better"],
    key: (design: DesignResult) => number,
    show: (value: number) => string,
  ): Column => ({ head, title, align: "right", better, key, cell: (design) => html`${show(key(design))}` });
  return [
    {
      head: "Design",
      title: "kind, cut, codec, bottleneck, transport",
      align: "left",
      better: "ascending",
      key: ({ id }) => id,
      cell: (design) => nameCell(context, design),
    },
    {
      head: "Meets",
      title: "requirements in the order above: met, missed or undecided",
      align: "left",
      better: "descending",
      key: ({ checks }) => checks.reduce((sum, { state }) => sum + { met: 1, undecided: 0.01, missed: 0 }[state], 0),
      cell: checkMarks,
    },
    {
      head: words.Word,
      title: "with the link's loss",
      align: "right",
      better: words.more ? "descending" : "ascending",
      key: ({ quality }) => qualityOf(quality).value,
      cell: ({ quality, clean }) =>
        html`<span title="${words.full(qualityOf(quality))}; without loss ${words.show(qualityOf(clean).value)}"
          >${words.show(qualityOf(quality).value)} <small>${words.give(qualityOf(quality))}</small></span
        >`,
    },
    numeric(
      "Drop",
      `by how much ${words.word} is worse than the unchanged model's`,
      "ascending",
      (design) => qualityOf(design.drop).value,
      words.show,
    ),
    ...exitColumns(context),
    latency("p50", "median"),
    latency("p95", "p95"),
    latency("p99", "p99"),
    {
      head: "Late",
      title: "frames answered after the deadline, or never",
      align: "right",
      better: "ascending",
      key: ({ deadlineMisses }) => deadlineMisses.value,
      cell: ({ deadlineMisses }) =>
        html`<span title="${interval(deadlineMisses, percent)}">${percent(deadlineMisses.value)}</span>`,
    },
    numeric("Lost", "frames never answered", "ascending", (design) => design.framesLost, grouped),
    numeric("Bytes", "payload sent per frame", "ascending", (design) => design.bytes, bytes),
    numeric("Sustains", "frames a second", "descending", (design) => design.throughput, fps),
    numeric(
      html`Memory<span class="hidden"> on ${host}</span>`,
      `parameters and peak activations on ${host}`,
      "ascending",
      (design) => design.memory[host] ?? Number.NaN,
      bytes,
    ),
  ];
}

/** Where some design has an exit: who leaves there. */
function exitColumns({ result }: Context): Column[] {
  if (!result.designs.some(({ exited }) => exited)) return [];
  return [
    {
      head: "Exits",
      title: "share of the test images that leave at an early exit",
      align: "right",
      better: "descending",
      key: ({ exited }) => exited?.share.value ?? 0,
      cell: ({ exited }) =>
        exited
          ? html`<span
              title="${interval(exited.share, percent)}; for ${percent(exited.fallback.value)} of the frames the exit's answer stood when the deadline came"
              >${percent(exited.share.value)} <small>${plusMinus(exited.share)}</small></span
            >`
          : html`<span class="soft">–</span>`,
    },
  ];
}

function row(context: Context, design: DesignResult): Markup {
  const role = roleOf(context.result.verdict, design.id);
  const classes = [stateOf(design), design.pareto && "is-pareto", role === "recommended" && "recommended"];
  const cells = columns(context).map((column, i) => {
    const key = column.key(design);
    const value = typeof key === "number" ? sortKey(key) : key;
    return i === 0
      ? html`<th scope="row" class="name" data-key="${value}">${column.cell(design)}</th>`
      : html`<td class="${column.align}" data-key="${value}">${column.cell(design)}</td>`;
  });
  return html`<tr class="${classes.filter(Boolean).join(" ")}">
    ${cells}
  </tr> `;
}

function nameCell(context: Context, design: DesignResult): Markup {
  const role = roleOf(context.result.verdict, design.id);
  return html`<i class="kind ${design.kind}" aria-hidden="true"></i>${designName(context, design.id)}${
      design.pareto && html` <span class="tag pareto" title="Pareto">◆<span class="hidden"> Pareto</span></span>`
    }${role && html` <span class="tag ${role}">${role}</span>`}${
      context.result.optimum?.designs.includes(design.id) && html` <span class="tag">optimum over all cuts</span>`
    }`;
}

/** One symbol per requirement; the words are for screen readers and in the titles. */
function checkMarks({ checks }: DesignResult): Markup {
  if (checks.length === 0) return html`<span class="soft">–</span>`;
  return html`<span class="marks"
    >${checks.map(({ requirement, state, value }) => {
      const text = `${subject(requirement)} ${inUnit(requirement.metric, value)}, ${state} (${bound(requirement)})`;
      return html`<span class="mark ${state}" title="${text}"
        >${marks[state]}<span class="hidden"> ${text}; </span></span
      >`;
    })}</span
  >`;
}
