/** @file The first thing a reader sees: what to do, whether it meets what was asked, and why not something else. */
import { qualityOf, transportText, wordsOf, type Check, type DesignResult } from "@split-et-impera/core/design";
import { designName, marks, sentence, type Context } from "./context.ts";
import {
  bound,
  bytes,
  count,
  interval,
  inUnit,
  percent,
  plural,
  plusMinus,
  rate,
  seconds,
  subject,
  trim,
} from "./format.ts";
import { html, type Markup } from "./html.ts";
import { qualityWords } from "./quality.ts";
import { wayOverHosts } from "./way.ts";

export function verdictSection(context: Context): Markup {
  const { result, chosen } = context;
  const { verdict } = result;
  const state = verdict.recommended === undefined ? "missed" : "met";
  return html`<section id="verdict" class="hero ${state}" aria-label="Verdict">
    <p class="eyebrow">${verdict.recommended === undefined ? "No design fits" : "Recommended design"}</p>
    <p class="sentence">${sentence(context, verdict.says)}</p>
    ${chosen && way(context, chosen)} ${chosen && chosen.checks.length > 0 && checks(chosen.checks)}
    <ul class="reasons">
      ${verdict.nearest && verdict.recommended === undefined && nearest(context)}
      ${
        verdict.ties.length > 0 &&
        html`<li>
          <b>Tie</b> These samples cannot tell the recommended design from
          ${list(verdict.ties.map((id) => designName(context, id)))}.
        </li>`
      }
      ${
        verdict.runnerUp &&
        html`<li>
          <b>Runner-up</b> ${designName(context, verdict.runnerUp.id)}: ${sentence(context, verdict.runnerUp.because)}
        </li>`
      }
      ${verdict.instead.map(({ id, because }) => html`<li><b>Why not</b> ${designName(context, id)}: ${sentence(context, because)}</li> `)}
      ${baseline(context)}
    </ul>
  </section> `;
}

/** The smallest change of the requirements under which something fits. */
function nearest(context: Context): Markup {
  const { id, relax } = context.result.verdict.nearest!;
  const changes = relax.map(({ requirement, to }) => html`<q>${requirement}</q> became <strong>${to}</strong>`);
  return html`<li>
    <b>Nearest</b> ${designName(context, id)}${relax.length > 0 && html` would fit if ${list(changes)}`}.
  </li>`;
}

/** What not splitting would give, so that a split has to justify itself. */
function baseline(context: Context): Markup | undefined {
  const { result, chosen } = context;
  const local = result.designs.find((design) => design.kind === "LC");
  if (!local || local === chosen) return undefined;
  const host = result.study.frames.host;
  const { show, word } = qualityWords(result);
  return html`<li>
    <b>Not splitting</b> All on ${host} answers in ${seconds(local.latency.p95.value)} (p95) at
    ${show(qualityOf(local.quality).value)} ${word}; the unchanged model scores
    ${show(qualityOf(result.whole.quality).value)}.
  </li>`;
}

function list(items: readonly Markup[]): Markup {
  return html`${items.map((item, i) => html`${i > 0 && (i === items.length - 1 ? " and " : ", ")}${item}`)}`;
}

/** What runs where: the capturing host, the link, the other host, with the time that each takes of a mean frame. */
function way(context: Context, design: DesignResult): Markup {
  const { study } = context.result;
  const here = study.frames.host;
  const there = Object.keys(study.hosts).find((name) => name !== here);
  if (Object.keys(study.hosts).length > 2 && design.crossings.length > 0) return wayOverHosts(context, design);
  const { parts } = design;
  const wait = parts.queue > 0.000_05 && html` <span class="soft">+ ${seconds(parts.queue)} waiting</span>`;
  if (design.crossings.length === 0 || there === undefined) {
    return html`<ol class="way">
      <li class="host">
        <b>${here}</b><span>${exitText(context, design)}the whole network</span
        ><em>${seconds(parts.head + parts.encode + parts.decode + parts.tail)}${wait}</em>
      </li>
    </ol>`;
  }
  const link = study.links.find(({ between }) => between.includes(here) && between.includes(there));
  const { codec: kind = "", order, bottleneck } = wordsOf(design);
  const codec = order === undefined ? kind : `${kind} in ${order} order`;
  const [{ transport } = { transport: undefined }] = design.crossings;
  const squeeze = bottleneck === undefined ? codec : `${bottleneck}× bottleneck, ${codec}`;
  const split = wordsOf(design).cut !== undefined;
  const first = split ? html`head up to ${cutName(context, design)}; ${squeeze}` : html`capture; ${squeeze}`;
  const early = exitText(context, design);
  const loss = link && link.loss.rate > 0 && `, ${lossText(link.loss.rate)} loss`;
  return html`<ol class="way">
    <li class="host">
      <b>${here}</b><span>${early}${first}</span><em>${seconds(parts.head + parts.encode)}${wait}</em>
    </li>
    <li class="link">
      <b
        >${bytes(design.bytes)} per frame,
        ${transport && transportText(transport).replace(transport.kind, transport.kind.toUpperCase())}</b
      ><span>${link && html`${trim(rate(link.rate))}, ${trim(seconds(link.delay))}${loss}`}</span
      ><em>${seconds(parts.wire)}</em>
    </li>
    <li class="host">
      <b>${there}</b
      ><span>${!split ? "the whole network" : bottleneck === undefined ? "tail" : "decoder and tail"}</span
      ><em>${seconds(parts.decode + parts.tail)}</em>
    </li>
    ${parts.answer > 0 && html`<li class="link back"><b>answer</b><span>${bytes(study.frames.answer.bytes)} to ${study.frames.answer.host}</span><em>${seconds(parts.answer)}</em></li>`}
  </ol>`;
}

/** Who is answered by an exit, before the rest is told. */
function exitText({ names }: Context, design: DesignResult): Markup | undefined {
  const { exit } = wordsOf(design);
  const { exited } = design;
  if (exit === undefined || !exited) return undefined;
  return html`exit at <span class="design" title="${exit}">${names.tensor(exit)}</span> answers
    ${percent(exited.share.value)} <span title="${interval(exited.share, percent)}">${plusMinus(exited.share)}</span>;
    else `;
}

const cutName = (context: Context, design: DesignResult): Markup => {
  const { cut = "" } = wordsOf(design);
  return html`<span class="design" title="${cut}">${context.names.tensor(cut)}</span>`;
};

/** One card per requirement: the value, the bound, and how far apart they are. */
function checks(all: readonly Check[]): Markup {
  return html`<ul class="checks" aria-label="Requirements of this design">
    ${all.map(checkCard)}
  </ul>`;
}

function checkCard(check: Check): Markup {
  const { requirement, state, value } = check;
  const full = Math.max(value, requirement.value, 1e-12) * 1.12;
  const share = (amount: number): string => `${(100 * Math.max(0, Math.min(1, amount / full))).toFixed(1)}%`;
  return html`<li class="${state}">
    <span class="what">${subject(requirement)}</span>
    <strong>${inUnit(requirement.metric, value)}</strong>
    <span class="bar" aria-hidden="true"
      ><i style="width:${share(value)}"></i><b style="left:${share(requirement.value)}"></b
    ></span>
    <span class="how"
      ><span class="mark">${marks[state]}</span> ${state}
      <span class="bound" title="${requirement.text}">${bound(requirement)}</span></span
    >
    <span class="room">${room(check)}</span>
  </li>`;
}

/** The distance to the bound in words. */
function room(check: Check): string {
  if (!Number.isFinite(check.margin)) return check.state === "met" ? "met" : "no value";
  const distance = percent(Math.abs(check.margin), Math.abs(check.margin) < 0.1 ? 1 : 0);
  if (check.state === "undecided") return "too close to call at this sample size";
  if (check.margin >= 0) return `${distance} to spare`;
  if (check.requirement.operator === ">=") return `${distance} short`;
  return check.margin < -2 ? `${count(Number((1 - check.margin).toPrecision(2)))} times the bound` : `${distance} over`;
}

/** How the choice moves with the loss of the link. */
export function verdictsByLoss(context: Context): Markup | undefined {
  const { sweep } = context.result;
  if (sweep.length === 0) return undefined;
  return html`<div class="scroll" role="region" aria-labelledby="by-loss" tabindex="0">
    <table class="plain">
      <caption id="by-loss">
        The verdict at each loss rate
      </caption>
      <thead>
        <tr>
          <th scope="col">Loss</th>
          <th scope="col">Fit</th>
          <th scope="col">Design</th>
          <th scope="col">Verdict</th>
        </tr>
      </thead>
      <tbody>
        ${sweep.map(
          ({ loss, verdict, designs }) =>
            html`<tr>
              <th scope="row">${lossText(loss)}</th>
              <td class="nowrap">
                <span class="mark ${verdict.recommended === undefined ? "missed" : "met"}"
                  >${verdict.recommended === undefined ? marks.missed : marks.met}</span
                >
                ${verdict.fitting.length} of ${plural(designs.length, "design")}
              </td>
              <td>
                ${verdict.recommended !== undefined ? designName(context, verdict.recommended) : verdict.nearest ? html`<span class="soft">nearest:</span> ${designName(context, verdict.nearest.id)}` : "none"}
              </td>
              <td>${sentence(context, verdict.says)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** A loss rate without digits that say nothing: `1 %`, `0.5 %`. */
export function lossText(loss: number): string {
  return `${Number((loss * 100).toPrecision(3))}\u00A0%`;
}
