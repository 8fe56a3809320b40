/** @file What bytes buy: at every cut the codecs that a search tried, beside the designs and the pictures that could be sent instead. */
import {
  bottleneckName,
  codecName,
  qualityOf,
  wordsOf,
  type CodecSearchResult,
  type DesignResult,
} from "@split-et-impera/core/design";
import type { Estimate } from "@split-et-impera/core/statistics";
import { moreIsBetter } from "@split-et-impera/core/study";
import type { Context } from "./context.ts";
import { bytes, grouped, plural, trim } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { mainEstimate, qualityWords, sampleNoun } from "./quality.ts";
import { pictureFamilies, pictureFamily, rateSection, type Family, type RatePoint } from "./wire-rates.ts";

/** Curves at most; the table has all. */
const mostCurves = 8;

const cutColours = ["--sc", "--ee", "--part-answer", "--part-middle"].map((name) => `var(${name})`);

/** A tensor sent as the model's input is no picture. */
const input: Family = { text: "input as a tensor", colour: "var(--rc)", dash: "2,4", key: "dots" };

/** Nothing where no codec was searched for, and for results of older versions. */
export function ratesSection(context: Context): Markup {
  const { result } = context;
  const { searches = [] } = result;
  if (searches.length === 0) return html``;
  const shown = searches.slice(0, mostCurves);
  const { word, Word } = qualityWords(result);
  const noun = sampleNoun(result);
  const samples = shown.flatMap(({ tried }) => tried.samples);
  const families = { ...familiesOf(context, shown), input, ...pictureFamilies };
  // Rows of hosts have cuts of their own, where nothing is searched for.
  const sent = messagesOf(result.designs).filter((one) => Object.hasOwn(families, familyOf(context, one)));
  const datagrams = sent.some((design) => wordsOf(design).transport !== "tcp");
  const small = shown.some(({ bottleneck }) => bottleneck);
  const curves = {
    ...mainEstimate(result),
    families,
    rate: [...shown.flatMap((one) => searched(context, one, sent)), ...sent.map((one) => designed(context, one))],
  };
  return rateSection(curves, {
    heading: `${Word} against bytes`,
    hollow: `hollow: tried by the search, on training ${noun}s`,
    caption: html`${shown.length < searches.length && `The first ${shown.length} of ${searches.length} cuts. `}To the
    left is fewer bytes. Lines of cuts join integers of 8 bits to 1, entropy-coded, with the usual steps; the search
    judges on ${range(samples)} training ${noun}s, and its choice, beside the line, is what takes the fewest bytes
    within what may be lost. Filled marks are designs, on test ${noun}s, nothing lost on the way; lines of pictures join
    the qualities that the study tries. A mark stands as far from the whole model as it is on the samples that it was
    judged on${small && `; behind a bottleneck hollow ones stand as far from what that leaves on test ${noun}s`}.
    Vertical bars are 95 % intervals of that
    difference${datagrams && `, and of the ${word} itself where a design goes in datagrams only`}. Bytes are those of a
    message, without headers.`,
    below: numbers(context, searches),
  });
}

const nameOf = ({ names }: Context, { cut, bottleneck }: Pick<CodecSearchResult, "cut" | "bottleneck">): string =>
  [names.brief(cut), ...(bottleneck ? [bottleneckName(bottleneck)] : [])].join(" ");

/** The name of a cut's line, which is no picture's whatever the tensor is called. */
const lineOf = (context: Context, search: Pick<CodecSearchResult, "cut" | "bottleneck">): string =>
  `cut at ${nameOf(context, search)}`;

/** A colour per cut; broken lines are behind bottlenecks. */
function familiesOf(context: Context, searches: readonly CodecSearchResult[]): Record<string, Family> {
  const cuts = [...new Set(searches.map(({ cut }) => cut))];
  return Object.fromEntries(
    searches.map((one) => [
      lineOf(context, one),
      {
        text: lineOf(context, one),
        colour: cutColours[cuts.indexOf(one.cut) % cutColours.length]!,
        ...(one.bottleneck && { dash: "6,4" }),
      },
    ]),
  );
}

/** The trials of a search as they are drawn: rANS with its usual steps, and what was found. */
function searched(context: Context, search: CodecSearchResult, sent: readonly DesignResult[]): RatePoint[] {
  const { tried, least } = search;
  const { metric } = mainEstimate(context.result);
  const base = uncoded(context, search, sent);
  if (!base) return [];
  const lines = tried.codec.filter((codec) => codec.startsWith("rans"));
  const shortest = lines.at(-1);
  return tried.codec.flatMap((codec, i): RatePoint[] => {
    const step = tried.step[i]!;
    const usual = step === 1 && codec.startsWith("rans");
    if (!usual && !(codec === least?.codec && step === least.step)) return [];
    return [
      {
        name: codecText(codec, step),
        family: lineOf(context, search),
        usual,
        hollow: true,
        // What was found is a design too, and named there.
        quiet: !usual || codec !== shortest,
        bytes: tried.bytes[i]!,
        quality: lessBy(base, lostAt(search, i), metric),
      },
    ];
  });
}

/** What a trial lost; its interval, of results that keep none, is the value. */
function lostAt({ tried }: CodecSearchResult, i: number): Estimate {
  const value = tried.drop[i]!;
  return { value, lo: tried.lo?.[i] ?? value, hi: tried.hi?.[i] ?? value, n: tried.samples[i]! };
}

/**
 * What a cut has on test samples with nothing coded: without a bottleneck that of the whole model; else that of the design with the
 * longest messages there, and what its codec cost the search.
 */
function uncoded(context: Context, search: CodecSearchResult, sent: readonly DesignResult[]): Estimate | undefined {
  const { whole, metric } = mainEstimate(context.result);
  if (!search.bottleneck) return whole;
  const own = sent.filter((one) => familyOf(context, one) === lineOf(context, search));
  const [longest] = own.toSorted((a, b) => b.bytes - a.bytes);
  const i = longest ? trialOf(search, wordsOf(longest).codec!) : -1;
  if (i < 0) return undefined;
  const gain = -search.tried.drop[i]!;
  return lessBy(designed(context, longest!).quality, { value: gain, lo: gain, hi: gain, n: 0 }, metric);
}

/** Where a codec with its steps stands among the trials, by its name; -1: nowhere. */
const trialOf = ({ tried }: CodecSearchResult, name: string): number =>
  tried.codec.findIndex((codec, i) => codecText(codec, tried.step[i]!) === name);

/** Of designs that send one message unprotected, one for each message: over TCP, where nothing is lost, if there is one. */
function messagesOf(designs: readonly DesignResult[]): DesignResult[] {
  const found = new Map<string, DesignResult>();
  for (const design of designs) {
    const [crossing] = design.crossings;
    if (design.crossings.length !== 1 || design.exits || crossing!.transport.protection) continue;
    const { cut, codec } = wordsOf(design);
    const message = JSON.stringify([cut, crossing!.bottleneck, codec]);
    if (!found.has(message) || crossing!.transport.kind === "tcp") found.set(message, design);
  }
  return [...found.values()];
}

function familyOf(context: Context, design: DesignResult): string {
  const { cut, codec = "" } = wordsOf(design);
  const { bottleneck } = design.crossings[0]!;
  if (cut === undefined) return pictureFamily(codec) ?? "input";
  return lineOf(context, { cut, ...(bottleneck && { bottleneck }) });
}

function designed(context: Context, design: DesignResult): RatePoint {
  const { cut, codec = "", transport } = wordsOf(design);
  const { whole, metric } = mainEstimate(context.result);
  return {
    name: codec,
    family: familyOf(context, design),
    usual: cut === undefined,
    hollow: false,
    bytes: design.bytes,
    quality: transport === "tcp" ? lessBy(whole, qualityOf(design.drop), metric) : qualityOf(design.clean),
  };
}

/** By how much something is worse than the whole model, as a quality beside that. */
function lessBy(whole: Estimate, drop: Estimate, metric: string): Estimate {
  const { value, n } = drop;
  if (!moreIsBetter(metric))
    return { value: whole.value + value, lo: whole.value + drop.lo, hi: whole.value + drop.hi, n };
  return { value: whole.value - value, lo: whole.value - drop.hi, hi: whole.value - drop.lo, n };
}

const codecText = (kind: string, step: number): string => codecName({ kind, ...(step !== 1 && { step }) });

function range(samples: readonly number[]): string {
  const [least, most] = [Math.min(...samples), Math.max(...samples)];
  return least === most ? grouped(least) : `${grouped(least)} to ${grouped(most)}`;
}

/** A row for each codec with its usual steps and for each find, a pair of columns for each cut. */
function numbers(context: Context, searches: readonly CodecSearchResult[]): Markup {
  const { word, show, give } = qualityWords(context.result);
  const all = searches.flatMap(({ tried, least }) => [
    ...tried.codec.filter((_, i) => tried.step[i] === 1),
    ...(least ? [codecText(least.codec, least.step)] : []),
  ]);
  const rows = [...new Set(all)];
  return html`<details>
    <summary>Numbers of ${plural(rows.length, "codec")} tried</summary>
    <div class="scroll" role="region" aria-label="Codecs tried" tabindex="0">
      <table class="plain sortable">
        <thead>
          <tr>
            <th scope="col">Codec</th>
            ${searches.map(
              (one) =>
                html`<th scope="col" class="right">${nameOf(context, one)}, bytes</th>
                  <th scope="col" class="right">${word} lost</th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              html`<tr>
                <th scope="row">${row}</th>
                ${searches.map((one) => {
                  const i = trialOf(one, row);
                  const { tried } = one;
                  if (i < 0)
                    return html`<td class="right">–</td>
                      <td class="right">–</td>`;
                  const chosen = one.least && codecText(one.least.codec, one.least.step) === row;
                  return html`<td class="right" data-key="${tried.bytes[i]}">
                      ${trim(bytes(tried.bytes[i]!))}${chosen && html` <span class="tag">found</span>`}
                    </td>
                    <td
                      class="right"
                      data-key="${tried.drop[i]}"
                      title="${plural(tried.samples[i]!, "training sample")}"
                    >
                      ${show(tried.drop[i]!)}${tried.lo && tried.hi && html` <small>${give(lostAt(one, i))}</small>`}
                    </td>`;
                })}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
