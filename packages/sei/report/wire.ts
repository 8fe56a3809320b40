/** @file The page of `sei wire`: one cut's bytes and losses, in a frame that loads nothing from anywhere. */
import {
  html,
  inUnit,
  lossySection,
  metricWord,
  oneLine,
  pictureFamilies,
  pictureFamily,
  rateSection,
  trusted,
  type LossyCurves,
  type RateCurves,
  type RatePoint,
  type RateWords,
} from "@split-et-impera/charts";
import { codecName } from "@split-et-impera/core/design";
import { protectionName } from "@split-et-impera/core/wire";
import type { WireFigures, WirePoint } from "../stages/wire/index.ts";
import { version } from "../version.ts";
import { page } from "./page.ts";

/** One self-contained HTML file, the same for the same figures. */
export function renderWire(figures: WireFigures, model: string): string {
  const { cut, metric, whole, search, judgedOn, searchedOn } = figures;
  const curves = curvesOf(figures);
  const named = cut.map(oneLine).join(", ");
  const found = search?.least
    ? html` Fewest bytes within what may be lost, by the search on training samples:
        <b>${codecName({ kind: search.least.codec, ...(search.least.step !== 1 && { step: search.least.step }) })}</b>,
        ${search.least.bytes.toFixed(0)} B at ${inUnit(metric, search.least.quality.value)}.`
    : html``;
  const lead = html`<p class="lead">
    ${oneLine(model)} cut at ${named}: ${metricWord(metric)} of ${judgedOn.samples} samples of ${judgedOn.data}, the
    whole model ${inUnit(metric, whole.quality.value)}; ranges, tables and steps from ${searchedOn.samples} samples of
    ${searchedOn.data}.${found}
  </p>`;
  const sections = html`${lead} ${rateSection(curves, rateWords)} ${lossySection(curves)}`.markup;
  return page({
    name: `On the wire at ${named}`,
    description: `${oneLine(model)} cut at ${named}: bytes and ${metricWord(metric)} of every way to send`,
    version,
    links: (
      [
        ["rate", "Bytes"],
        ["lossy", "Losses"],
      ] as const
    ).filter(([id]) => sections.includes(`<section id="${id}"`)),
    body: trusted(sections),
    footer: html`Made by split-et-impera ${version}. Messages are real ones, losses are drawn, answers are the model's.`,
  });
}

const rateWords: RateWords = {
  heading: "Bytes",
  hollow: "hollow: other steps, found on training samples",
  caption: html`To the left is fewer bytes. Vertical bars are 95 % intervals; all ways are judged on the same samples,
  so that their differences are surer than the bars. Messages of the cut carry no headers; pictures are whole files.`,
};

/** Pictures behind what crosses the cut. */
const families = {
  packed: { text: "cut, packed", colour: "var(--sc)", dash: "6,4" },
  rans: { text: "cut, rANS", colour: "var(--sc)" },
  bottleneck: { text: "cut, bottleneck", colour: "var(--ee)" },
  ...pictureFamilies,
};

function curvesOf({ metric, whole, points, images, loss }: WireFigures): RateCurves & LossyCurves {
  return {
    metric,
    whole: whole.quality,
    families,
    rate: [...points, ...images].map(pointOf),
    loss: loss.map(({ codec, made, order, protection, concealment, loss: share, burst, quality }) => ({
      way: [
        ...(made === null ? [] : [made]),
        order,
        concealment,
        ...(protection.kind === "none" ? [] : [protectionName(protection)]),
      ].join(", "),
      codec,
      loss: share,
      burst,
      quality,
    })),
  };
}

function pointOf({ codec, step, made, bytes, quality }: WirePoint): RatePoint {
  const name = codecName({ kind: codec, ...(step !== 1 && { step }) });
  return {
    name: made === null ? name : `${made} ${name}`,
    family: made === null ? familyOf(codec) : "bottleneck",
    usual: step === 1,
    hollow: step !== 1,
    bytes,
    quality,
  };
}

const familyOf = (codec: string): keyof typeof families =>
  pictureFamily(codec) ?? (codec.startsWith("rans") ? "rans" : "packed");
