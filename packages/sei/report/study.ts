/** @file What was asked and how it was answered: the study in full, sample sizes, seeds, machine, and the command. */
import { bottleneckName, mainMetric, transportsTried, transportText, type Result } from "@split-et-impera/core/design";
import { modelWords, namedCutText, type Study } from "@split-et-impera/core/study";
import { formatPercent } from "@split-et-impera/core/units";
import { taskKinds, tasks, type Quality } from "@split-et-impera/core/task";
import type { Context } from "@split-et-impera/charts";
import {
  bound,
  bytes,
  count,
  duration,
  fps,
  grouped,
  plural,
  rate,
  seconds,
  subject,
  trim,
  inUnit,
  metricWord,
  qualityWords,
  sampleNoun,
} from "@split-et-impera/charts";
import { html, type Child, type Markup } from "@split-et-impera/charts";
import { lossText } from "@split-et-impera/charts";
import { directionExtras, directionText, linkExtras } from "../study/link-words.ts";
import { againBox, type Origin } from "./origin.ts";

export function studySection(context: Context, origin?: Origin): Markup {
  const { result } = context;
  return html`<section id="study">
    <h2>The study</h2>
    <div class="cards">
      ${card("Model", modelRows(result))} ${card("Data", dataRows(result))}
      ${card("Hosts and link", placeRows(result.study))} ${card("Requirements and objective", goalRows(result.study))}
      ${card("Explored", exploreRows(result.study, qualityWords(result).answer))} ${card("Ran on", machineRows(result))}
    </div>
    ${stages(result)} ${againBox(result, origin)}
    <details>
      <summary>The study, resolved (SI units)</summary>
      <pre><code>${JSON.stringify(result.study, null, 2)}</code></pre>
    </details>
  </section> `;
}

type Row = readonly [term: string, value: Child];

function card(title: string, rows: readonly Row[]): Markup {
  return html`<div class="card">
    <h3>${title}</h3>
    <dl>
      ${rows.map(
        ([term, value]) =>
          html`<dt>${term}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
  </div> `;
}

/** The task that the study names, or that which has such a first metric. */
function taskWord({ task }: Study, quality: Quality): string {
  const first = mainMetric(quality);
  return task?.kind ?? taskKinds.find((kind) => tasks[kind].metrics[0]!.name === first) ?? "";
}

function modelRows({ model, whole, study }: Result): Row[] {
  return [
    ["task", taskWord(study, whole.quality)],
    ["file", html`<code title="${modelWords(study.model)}">${model.file}</code>, ${bytes(model.bytes)}`],
    ["parameters", count(model.parameters)],
    ["multiply-accumulates", count(model.macs)],
    ["operators", grouped(model.operators)],
    ["input", html`<code>${model.input.name}</code> ${model.input.shape.join("×")}`],
    ["output", html`<code>${model.output.name}</code> ${model.output.shape.join("×")}`],
    ...Object.entries(whole.quality).map(([metric, { value, lo, hi, n }]): Row => [
      metricWord(metric),
      `${inUnit(metric, value)} (${inUnit(metric, lo)} to ${inUnit(metric, hi)}), n = ${grouped(n)}`,
    ]),
  ];
}

function dataRows(result: Result): Row[] {
  const { data, study, saliency } = result;
  const noun = sampleNoun(result);
  const { normalise, layout } = study.data;
  return [
    ["set", `${data.name} (${study.data.format})`],
    ["test", plural(data.testImages, noun)],
    ["training", plural(data.trainImages, noun)],
    ["saliency", saliency ? plural(saliency.images, noun) : "not computed"],
    [
      "classes",
      `${data.classes.length}: ${data.classes.slice(0, 12).join(", ")}${data.classes.length > 12 ? ", …" : ""}`,
    ],
    ["mean", normalise.mean.join(", ")],
    ["std", normalise.std.join(", ")],
    ...(normalise.channels ? [["channels", normalise.channels] as Row] : []),
    ["layout", layout],
    ...(data.notes ?? []).map((note): Row => ["to know", note]),
  ];
}

function linkRows(link: Study["links"][number]): Row[] {
  const { queue, back } = link;
  return [
    ["link", `${link.between.join(" to ")}, ${link.duplex} duplex`],
    ["rate, delay", `${trim(rate(link.rate))}, ${trim(seconds(link.delay))} one way`],
    [
      "loss",
      `${lossText(link.loss.rate)}${link.loss.burst > 1 ? `, runs of ${link.loss.burst} on average` : ", independent"}`,
    ],
    ["queue", typeof queue === "number" ? plural(queue, "packet") : bytes(queue.bytes)],
    ["header", `${bytes(link.header)} per packet`],
    ...directionExtras(link).map((text): Row => ["also", text]),
    ...(back ? [["back", directionText(back)] satisfies Row] : []),
    ...linkExtras(link).map((text): Row => ["also", text]),
  ];
}

const coding = (time: number): string => (time === 0 ? "in hardware" : `in ${trim(seconds(time))}`);

function placeRows({ hosts, links, frames }: Study): Row[] {
  const host = ([name, { speed, profile, memory, encode, decode, cores, batch }]: [
    string,
    Study["hosts"][string],
  ]): Row => [
    name,
    html`${profile === undefined ? `${Number(speed.toPrecision(3))} × this machine` : html`profile <code>${profile}</code>`}${memory !== undefined && `, ${bytes(memory)}`}${encode !== undefined && `, makes pictures ${coding(encode)}`}${decode !== undefined && `, reads pictures ${coding(decode)}`}${cores !== undefined && `, ${plural(cores, "core")}`}${batch && `, batches of ${batch.size} within ${trim(seconds(batch.timeout))}`}`,
  ];
  return [
    ...Object.entries(hosts).map(host),
    ...links.flatMap(linkRows),
    ["frames", `${trim(fps(frames.rate))} from ${frames.host}, ${grouped(frames.count)} simulated per design`],
    ["answer", `${bytes(frames.answer.bytes)} to ${frames.answer.host}`],
  ];
}

function goalRows({ requirements, objective, seed }: Study): Row[] {
  return [
    ...requirements.map((requirement): Row => [
      subject(requirement),
      html`<span title="${requirement.text}">${bound(requirement)}</span>`,
    ]),
    ["best is", objective.map(metricWord).join(", then ")],
    ["seed", String(seed)],
  ];
}

function exploreRows({ explore }: Study, answer: string): Row[] {
  const { candidates, bottlenecks, inputs = [], losses, saliency } = explore;
  const target = `${saliency.target === "label" ? "true" : "predicted"} ${answer}`;
  const all = answer === "class" ? ", all classes" : "";
  return [
    ["scenarios", explore.scenarios.join(", ")],
    [
      "cuts",
      candidates.from === "saliency"
        ? `the curve's maxima, at most ${candidates.most}`
        : candidates.names.map(namedCutText).join(", "),
    ],
    ["saliency for", `${target}${saliency.classes.length > 0 ? `, ${saliency.classes.join(", ")}` : all}`],
    ["codecs", [...explore.codecs, ...(explore.search ? ["search"] : [])].join(", ")],
    ...(explore.orders ? [["orders", explore.orders.join(", ")] satisfies Row] : []),
    [
      "inputs",
      inputs.map(({ format, quality }) => (quality === undefined ? format : `${format} ${quality}`)).join(", "),
    ],
    ["without bottleneck", explore.plain ? "yes" : "no"],
    ...bottlenecks.map((one): Row => [
      `bottleneck ${bottleneckName(one)}`,
      one.kind === "pca"
        ? "principal components, fitted"
        : `${one.epochs.frozen} epochs frozen, ${one.epochs.joint} joint, rate ${one.learningRate}, batch ${one.batch}${one.lossy ? `, trained for losses of ${one.lossy.losses.map((share) => formatPercent(share)).join(", ")}` : ""}`,
    ]),
    [
      "transports",
      transportsTried(explore)
        .map((one) => transportText(one))
        .join(", "),
    ],
    ["losses", losses.length > 0 ? losses.map(lossText).join(", ") : "only the link's"],
  ];
}

function machineRows({ machine, version }: Result): Row[] {
  return [
    ["engine", machine.engine],
    ["platform", machine.platform],
    ["processor", machine.cpu],
    ["threads", String(machine.threads)],
    ["version", `split-et-impera ${version}`],
  ];
}

function stages({ stages }: Result): Markup | undefined {
  if (stages.length === 0) return undefined;
  const sum = stages.reduce((total, stage) => total + stage.seconds, 0);
  const most = Math.max(...stages.map((stage) => stage.seconds), 1e-9);
  return html`<table class="plain stages">
    <caption>
      Wall time, ${duration(sum)} in total
    </caption>
    <thead>
      <tr>
        <th scope="col">Stage</th>
        <th scope="col" class="right">Time</th>
        <th scope="col"><span class="hidden">Share</span></th>
        <th scope="col">From cache</th>
      </tr>
    </thead>
    <tbody>
      ${stages.map(
        (stage) =>
          html`<tr>
            <th scope="row">${stage.name}</th>
            <td class="right">${duration(stage.seconds)}</td>
            <td class="share"><i style="width:${((100 * stage.seconds) / most).toFixed(1)}%"></i></td>
            <td>${stage.cached ? "yes" : ""}</td>
          </tr> `,
      )}
    </tbody>
  </table>`;
}
