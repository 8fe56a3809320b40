/** @file Charts: Observable Plot draws them in Node; the page's style sheet gives them their colours. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { clean, html, trusted, type Child, type Markup } from "./html.ts";

/** Widths in pixels at which every chart is drawn: one for a page, one for a telephone. The style sheet shows one. */
export const widths = { wide: 1000, narrow: 380 } as const;
export type Size = keyof typeof widths;

/** What the axes share: small muted text, thin lines. */
export const fontSize = 12;
export const axis = { color: "var(--muted)", fontSize, tickSize: 4, labelArrow: "none" } as const;
export const grid = { stroke: "var(--line)", strokeOpacity: 1 } as const;
/** A halo in the colour of the page keeps text readable where it crosses lines. */
export const halo = { stroke: "var(--surface)", strokeWidth: 4, paintOrder: "stroke" } as const;

const { document } = parseHTML("<!doctype html><html><head></head><body></body></html>");

/** An SVG of a plot; `label` is what a screen reader says. */
export function draw(label: string, options: Plot.PlotOptions): Markup {
  const svg = Plot.plot({ ...options, document, className: "plot", ariaLabel: label });
  // Plot sets its own style sheet; the page's serves here, and the picture scales by its viewBox.
  svg.querySelector("style")?.remove();
  svg.removeAttribute("font-family");
  svg.setAttribute("role", "img");
  // The document escapes what is in names, but passes control characters on.
  const markup: string = clean(svg.outerHTML);
  return trusted(markup.replace(/(\d\.\d{2})\d+/g, "$1"));
}

export interface FigureOptions {
  id: string;
  title: string;
  caption: Child;
  /** One or more charts above each other, drawn for either width. */
  draw(size: Size): readonly Markup[];
  /** What stands between title and chart: a legend. */
  legend?: Legend;
  /** What stands below: the numbers as a table. */
  below?: Child;
}

/** A titled figure with a caption, drawn wide and narrow. */
export function figure(options: FigureOptions): Markup {
  const { markup } = html`<figure id="${options.id}" aria-labelledby="${options.id}-title">
    <h3 id="${options.id}-title">${options.title}</h3>
    ${options.legend}
    <div class="wide">${options.draw("wide")}</div>
    <div class="narrow">${options.draw("narrow")}</div>
    <figcaption>${options.caption}</figcaption>
    ${options.below}
  </figure> `;
  return { markup, figures: [options] };
}

/** A key: its text, its colour, and its shape where that is no box. */
export type LegendEntry = readonly [text: string, colour: string, shape?: string];

/** A row of keys, as markup and as data. */
export interface Legend extends Markup {
  readonly entries: readonly LegendEntry[];
}

/** A row of keys for colours: `[["met", "var(--met)"], ...]`. */
export function legend(entries: readonly LegendEntry[]): Legend {
  const { markup } = html`<ul class="legend">
    ${entries.map(
      ([text, colour, shape]) => html`<li><i class="key ${shape ?? "box"}" style="--key:${colour}"></i>${text}</li>`,
    )}
  </ul>`;
  return { markup, entries };
}

/** Pixels that `text` takes at most at size `size` in the fonts a page may fall back to. */
export function textWidth(text: string, size = fontSize): number {
  return Array.from(text).length * size * 0.55;
}

/**
 * Moves positions apart until neighbours are `gap` apart, as little as possible and within `lo` to `hi`, keeping their
 * order: what labels at the ends of lines need.
 */
export function spread(positions: readonly number[], gap: number, lo: number, hi: number): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a]! - positions[b]!);
  // Pool adjacent violators: blocks of touching labels sit at the mean of what their members want.
  const blocks: { sum: number; members: number[] }[] = [];
  const start = (block: { sum: number; members: number[] }): number => {
    const height = (block.members.length - 1) * gap;
    return Math.max(lo, Math.min(hi - height, block.sum / block.members.length - height / 2));
  };
  for (const i of order) {
    let block = { sum: positions[i]!, members: [i] };
    let above = blocks.at(-1);
    while (above && start(above) + above.members.length * gap > start(block)) {
      blocks.pop();
      block = { sum: above.sum + block.sum, members: [...above.members, ...block.members] };
      above = blocks.at(-1);
    }
    blocks.push(block);
  }
  const result: number[] = Array.from({ length: positions.length });
  for (const block of blocks) {
    const first = start(block);
    for (const [row, i] of block.members.entries()) result[i] = first + row * gap;
  }
  return result;
}

/** Whether values reach so far that only a logarithmic axis shows them all. */
export function spansDecades(values: readonly number[]): boolean {
  const positive = values.filter((value) => value > 0);
  return positive.length > 1 && Math.max(...positive) / Math.min(...positive) > 12;
}

export interface Axis {
  type: "log" | "linear";
  domain: [number, number];
  /** Round values to mark: about as many as asked for. */
  ticks(about: number): number[] | number;
  /** Position in the domain, 0 to 1, of a value; and back. */
  place(value: number): number;
  value(place: number): number;
}

/** An axis that holds the values with some room, from zero where it is linear and `zero` is asked for. */
export function axisFor(
  values: readonly number[],
  options: { zero?: boolean; log?: boolean; most?: number } = {},
): Axis {
  const finite = values.filter((value) => Number.isFinite(value));
  const log = (options.log ?? spansDecades(finite)) && finite.some((value) => value > 0);
  if (log) {
    const positive = finite.filter((value) => value > 0);
    const lo = Math.min(...positive) / 1.25;
    const hi = Math.max(...positive) * 1.25;
    const decades = Math.log(hi / lo);
    return {
      type: "log",
      domain: [lo, hi],
      ticks: (about) => logTicks(lo, hi, about),
      place: (value) => Math.log(Math.max(value, lo) / lo) / decades,
      value: (place) => lo * Math.exp(place * decades),
    };
  }
  let lo = finite.length > 0 ? Math.min(...finite) : 0;
  let hi = finite.length > 0 ? Math.max(...finite) : 1;
  const room = (hi - lo || Math.abs(hi) || 1) * 0.06;
  lo = options.zero && lo >= 0 ? 0 : lo - room;
  hi = Math.min(hi + room, options.most ?? Infinity);
  return {
    type: "linear",
    domain: [lo, hi],
    ticks: (about) => about,
    place: (value) => (value - lo) / (hi - lo),
    value: (place) => lo + place * (hi - lo),
  };
}

/** 1, 2, 5, 10, ... or, where these are too many, powers of ten, then every other power. */
function logTicks(lo: number, hi: number, about: number): number[] {
  const powers = Array.from({ length: 40 }, (_, i) => i - 15);
  const within = (steps: readonly number[], every = 1): number[] =>
    powers
      .filter((power) => power % every === 0)
      .flatMap((power) => steps.map((step) => Number(`${step}e${power}`)))
      .filter((value) => value >= lo && value <= hi);
  const choices = [within([1, 2, 5]), within([1, 3]), within([1]), within([1], 2), within([1], 3)];
  return choices.find((ticks) => ticks.length <= about + 1) ?? choices.at(-1)!;
}
